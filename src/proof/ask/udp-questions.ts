import { randomBytes } from 'node:crypto'
import { DNS_QUESTION, dnsAnswer } from './dns-question.ts'

/** One harmless datagram, and how an answer to it is told from others: a short text that is the same each time, or null. */
export interface UdpQuestion {
  readonly datagram: Buffer
  readonly answer: (message: Buffer) => string | null
}

const COOKIE = 0x2112a442

/** Binding, without attributes: a STUN or TURN server tells who asks its address. Source: RFC 8489, 5. */
export const STUN_REQUEST = Buffer.from('000100002112a442000000000000000000000000', 'hex')

/**
 * What a server can do; nobody is called. Another one each time: one that was there already is taken for sent again,
 * and not answered. Source: RFC 3261, 8.1.1.7 and 11, and RFC 3581 for `rport`.
 */
export function sipOptions(transport: 'UDP' | 'TCP'): Buffer {
  const id = randomBytes(8).toString('hex')
  return Buffer.from(
    [
      'OPTIONS sip:harden-image@localhost SIP/2.0',
      `Via: SIP/2.0/${transport} localhost;branch=z9hG4bK${id};rport`,
      'Max-Forwards: 70',
      `From: <sip:harden-image@localhost>;tag=${id}`,
      'To: <sip:harden-image@localhost>',
      `Call-ID: ${id}`,
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n'),
  )
}

/** A client's request, mode 3. Source: RFC 5905, 7.3. */
const NTP_REQUEST = Buffer.concat([Buffer.from([0x23]), Buffer.alloc(47)])

/** GetRequest of sysDescr, version 2c, community `public`. Source: RFC 3416, 4.2.1, and RFC 1901. */
const SNMP_REQUEST = Buffer.from(
  '302602010104067075626c6963a019020101020100020100300e300c06082b060102010101000500',
  'hex',
)

/** In the order in which they are asked. */
export const UDP_QUESTIONS: readonly UdpQuestion[] = [
  { datagram: DNS_QUESTION, answer: dnsAnswer },
  {
    datagram: STUN_REQUEST,
    answer: (message) =>
      message.length >= 20 && message.readUInt32BE(4) === COOKIE ? `STUN, type ${message.readUInt16BE(0)}` : null,
  },
  {
    get datagram() {
      return sipOptions('UDP')
    },
    answer: (message) => {
      const code = /^SIP\/2\.0 (\d{3})/.exec(message.toString('latin1'))?.[1]
      return code === undefined ? null : `SIP, code ${code}`
    },
  },
  {
    datagram: NTP_REQUEST,
    answer: (message) => (message.length >= 48 && ((message[0] ?? 0) & 7) === 4 ? 'NTP' : null),
  },
  {
    datagram: SNMP_REQUEST,
    // Version and community come back as they were.
    answer: (message) => (message[0] === 0x30 && message.includes(SNMP_REQUEST.subarray(2, 13)) ? 'SNMP' : null),
  },
]
