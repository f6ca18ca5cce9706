import { randomBytes } from 'node:crypto'

const ID = 0x4869

/** `version.bind CH TXT`: each name server answers it itself, if only to refuse. Source: RFC 4892. */
const DNS_QUESTION = Buffer.from([
  ...[ID >> 8, ID & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  ...[7, ...Buffer.from('version'), 4, ...Buffer.from('bind'), 0, 0, 16, 0, 3],
])

/** `DNS, code 5`; null where it is no answer to the question. */
export function dnsAnswer(message: Buffer): string | null {
  const isDns = message.length >= 12 && message.readUInt16BE(0) === ID && (message[2] ?? 0) >= 0x80
  return isDns ? `DNS, code ${(message[3] ?? 0) & 15}` : null
}

/** One harmless datagram, and how an answer to it is told from others: a short text that is the same each time, or null. */
interface UdpQuestion {
  readonly datagram: Buffer
  readonly answer: (message: Buffer) => string | null
}

const COOKIE = 0x2112a442

/** Binding, without attributes: a STUN or TURN server tells who asks its address. Source: RFC 8489, 5. */
const STUN_REQUEST = Buffer.from('000100002112a442000000000000000000000000', 'hex')

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
    // Success or error of a response: who sends the request back as it came speaks no STUN.
    answer: (message) =>
      message.length >= 20 && message.readUInt32BE(4) === COOKIE && ((message[0] ?? 0) & 1) === 1
        ? `STUN, type ${message.readUInt16BE(0)}`
        : null,
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

/** What a client of one protocol says first, where the server waits for it. None logs in or changes anything. */
export interface Opening {
  readonly protocol: string
  readonly words: Buffer
  /** Whether this, as latin1, begins as an answer in that protocol; a server of another one may answer its own error. */
  readonly isAnswer: (said: string) => boolean
}

const text = (protocol: string, words: string, answer: RegExp): Opening => ({
  protocol,
  words: Buffer.from(words, 'latin1'),
  isAnswer: (said) => answer.test(said),
})
/** `answer`: of its digits in hex. */
const binary = (protocol: string, hex: string, answer: RegExp): Opening => ({
  protocol,
  words: Buffer.from(hex.replaceAll(' ', ''), 'hex'),
  isAnswer: (said) => answer.test(Buffer.from(said, 'latin1').toString('hex')),
})

/** The sources are the specifications of the protocols. In this order the first one that is answered names the port. */
export const OPENINGS: readonly Opening[] = [
  // https://redis.io/docs/latest/develop/reference/protocol-spec/#inline-commands
  text('Redis', 'PING\r\n', /^[-+:$*]/),
  // https://zookeeper.apache.org/doc/current/zookeeperAdmin.html#sc_4lw
  text('ZooKeeper', 'srvr', /^(?:Zookeeper |srvr |This ZooKeeper )/),
  // https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest
  binary('PostgreSQL', '00000008 04d2162f', /^(?:53$|4e$|4500)/),
  // RFC 4511, 4.2: an anonymous bind
  binary('LDAP', '300c 020101 6007 020103 0400 8000', /^30(?:..){1,5}020101/),
  // RFC 7766, 8
  {
    protocol: 'DNS',
    words: Buffer.concat([Buffer.from([0, DNS_QUESTION.length]), DNS_QUESTION]),
    isAnswer: (said) => dnsAnswer(Buffer.from(said.slice(2), 'latin1')) !== null,
  },
  // MQTT 3.1.1, 3.1: CONNECT with a clean session and no client identifier
  binary('MQTT', '100c 0004 4d515454 04 02 003c 0000', /^2002/),
  // AMQP 0-9-1, 4.2.2
  binary('AMQP', '414d5150 00 00 09 01', /^(?:414d5150|010000)/),
  // RFC 1928, 3: no authentication
  binary('SOCKS', '05 01 00', /^05/),
  {
    protocol: 'SIP',
    get words() {
      return sipOptions('TCP')
    },
    isAnswer: (said) => said.startsWith('SIP/'),
  },
  binary('STUN', STUN_REQUEST.toString('hex'), /^01[01]1/),
  // RFC 9113, 3.4, and an empty SETTINGS frame
  binary('HTTP/2', '505249202a20485454502f322e300d0a0d0a534d0d0a0d0a 000000 04 00 00000000', /^00....0[47]/),
  // FastCGI specification, 4.1: FCGI_GET_VALUES of FCGI_MPXS_CONNS
  binary('FastCGI', '01 09 0000 0011 0000 0f00 464347495f4d5058535f434f4e4e53', /^010[ab]/),
  // MongoDB wire protocol: OP_MSG with { hello: 1, $db: "admin" }
  binary(
    'MongoDB',
    '34000000 01000000 00000000 dd070000 00000000 00 1f000000 10 68656c6c6f00 01000000 02 24646200 06000000 61646d696e00 00',
    /^.{16}01000000/,
  ),
  // CQL binary protocol v4, 4.1.3: OPTIONS
  binary('CQL', '04 00 0000 05 00000000', /^8[0-5]/),
  // Kafka protocol: ApiVersions, version 0
  binary('Kafka', '0000000a 0012 0000 00000001 ffff', /^00.{6}00000001/),
  // Erlang distribution protocol: NAMES_REQ
  binary('EPMD', '0001 6e', /^00001111/),
]
