import { createSocket } from 'node:dgram'
import type { PortAnswer } from './run-record.ts'

const WAIT = 300
/** For one that has answered elsewhere. */
const KNOWN_WAIT = 5000
const AGAIN = 400
const ID = 0x4869
/** `version.bind CH TXT`: each name server answers it itself, if only to refuse. Source: RFC 4892. */
const QUESTION = Buffer.from([
  ...[ID >> 8, ID & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  ...[7, ...Buffer.from('version'), 4, ...Buffer.from('bind'), 0, 0, 16, 0, 3],
])

/**
 * Asks a UDP port with one harmless datagram. Only some protocols answer that; of the others it is known that the port
 * is bound, and no more.
 */
export function askUdp(address: string, port: number, known: PortAnswer['kind'] | null): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const finish = (kind: PortAnswer['kind'], detail = ''): void => {
      clearTimeout(timer)
      clearInterval(again)
      socket.close()
      resolve({ port, protocol: 'udp', kind, detail })
    }
    const timer = setTimeout(() => finish('bound'), known === 'answer' ? KNOWN_WAIT : WAIT)
    const send = (): void => socket.send(QUESTION, () => {})
    const again = setInterval(send, AGAIN)
    socket.once('message', (message) => finish('answer', wordOf(message)))
    // Nobody is there: the kernel says so to a connected socket.
    socket.once('error', () => finish('closed'))
    socket.connect(port, address, send)
  })
}

function wordOf(message: Buffer): string {
  const isDns = message.length >= 12 && message.readUInt16BE(0) === ID && (message[2] ?? 0) >= 0x80
  if (isDns) return `DNS, code ${(message[3] ?? 0) & 15}`
  return /^[\x21-\x7e]{1,40}/.exec(message.toString('latin1'))?.[0] ?? 'binary'
}
