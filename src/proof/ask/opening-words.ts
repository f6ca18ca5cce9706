import { DNS_QUESTION } from './dns-question.ts'
import { STUN_REQUEST, sipOptions } from './udp-questions.ts'

/** What a client of one protocol says first, where the server waits for it. None logs in or changes anything. */
export interface Opening {
  readonly protocol: string
  readonly words: Buffer
}

const text = (protocol: string, words: string): Opening => ({ protocol, words: Buffer.from(words, 'latin1') })
const binary = (protocol: string, hex: string): Opening => ({
  protocol,
  words: Buffer.from(hex.replaceAll(' ', ''), 'hex'),
})

/** The sources are the specifications of the protocols. In this order the first one that is answered names the port. */
export const OPENINGS: readonly Opening[] = [
  // https://redis.io/docs/latest/develop/reference/protocol-spec/#inline-commands
  text('Redis', 'PING\r\n'),
  // https://zookeeper.apache.org/doc/current/zookeeperAdmin.html#sc_4lw
  text('ZooKeeper', 'srvr'),
  // https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest
  binary('PostgreSQL', '00000008 04d2162f'),
  // RFC 4511, 4.2: an anonymous bind
  binary('LDAP', '300c 020101 6007 020103 0400 8000'),
  // RFC 7766, 8
  { protocol: 'DNS', words: Buffer.concat([Buffer.from([0, DNS_QUESTION.length]), DNS_QUESTION]) },
  // MQTT 3.1.1, 3.1: CONNECT with a clean session and no client identifier
  binary('MQTT', '100c 0004 4d515454 04 02 003c 0000'),
  // AMQP 0-9-1, 4.2.2
  binary('AMQP', '414d5150 00 00 09 01'),
  // RFC 1928, 3: no authentication
  binary('SOCKS', '05 01 00'),
  {
    protocol: 'SIP',
    get words() {
      return sipOptions('TCP')
    },
  },
  { protocol: 'STUN', words: STUN_REQUEST },
  // RFC 9113, 3.4, and an empty SETTINGS frame
  binary('HTTP/2', '505249202a20485454502f322e300d0a0d0a534d0d0a0d0a 000000 04 00 00000000'),
  // FastCGI specification, 4.1: FCGI_GET_VALUES of FCGI_MPXS_CONNS
  binary('FastCGI', '01 09 0000 0011 0000 0f00 464347495f4d5058535f434f4e4e53'),
  // MongoDB wire protocol: OP_MSG with { hello: 1, $db: "admin" }
  binary(
    'MongoDB',
    '34000000 01000000 00000000 dd070000 00000000 00 1f000000 10 68656c6c6f00 01000000 02 24646200 06000000 61646d696e00 00',
  ),
  // CQL binary protocol v4, 4.1.3: OPTIONS
  binary('CQL', '04 00 0000 05 00000000'),
  // Kafka protocol: ApiVersions, version 0
  binary('Kafka', '0000000a 0012 0000 00000001 ffff'),
  // Erlang distribution protocol: NAMES_REQ
  binary('EPMD', '0001 6e'),
]
