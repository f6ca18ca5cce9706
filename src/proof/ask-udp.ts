import { createSocket } from 'node:dgram'
import type { KnownAnswer } from './ask-port.ts'
import { DNS_QUESTION, dnsAnswer } from './dns-question.ts'
import type { PortAnswer } from './run-record.ts'

const WAIT = 300
/** For one that has answered elsewhere. */
const KNOWN_WAIT = 5000
const AGAIN = 400
/**
 * Asks a UDP port with one harmless datagram. Only some protocols answer that; of the others it is known that the port
 * is bound, and no more.
 */
export function askUdp(address: string, port: number, known: KnownAnswer | null): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const finish = (kind: PortAnswer['kind'], detail = ''): void => {
      clearTimeout(timer)
      clearInterval(again)
      socket.close()
      resolve({ port, protocol: 'udp', kind, detail })
    }
    const timer = setTimeout(() => finish('bound'), known?.kind === 'answer' ? KNOWN_WAIT : WAIT)
    const send = (): void => socket.send(DNS_QUESTION, () => {})
    const again = setInterval(send, AGAIN)
    socket.once('message', (message) => finish('answer', wordOf(message)))
    // Nobody is there: the kernel says so to a connected socket.
    socket.once('error', () => finish('closed'))
    socket.connect(port, address, send)
  })
}

function wordOf(message: Buffer): string {
  return dnsAnswer(message) ?? /^[\x21-\x7e]{1,40}/.exec(message.toString('latin1'))?.[0] ?? 'binary'
}
