import { directReach, type Reach } from '../../engine/reach.ts'
import type { PortAnswer } from '../run/run-record.ts'
import type { KnownAnswer } from './ask-port.ts'
import { UDP_QUESTIONS } from './udp-questions.ts'

const WAIT = 400
/** For one that has answered elsewhere. */
const KNOWN_WAIT = 5000
/** One after the other, so that a server mostly sees no more than the one that it understands. */
const STEP = 40
/** Each is asked again after so many steps, of which the rest are silent. */
const ROUND = 10

/**
 * Asks a UDP port with harmless datagrams of a few protocols, over and over. Who speaks none of them says nothing; of
 * those it is known that the port is bound, and no more.
 */
export function askUdp(
  address: string,
  port: number,
  known: KnownAnswer | null,
  reach: Reach = directReach,
): Promise<PortAnswer> {
  return new Promise((resolve) => {
    let over = false
    const finish = (kind: PortAnswer['kind'], detail = ''): void => {
      clearTimeout(timer)
      clearInterval(again)
      if (!over) socket.close()
      over = true
      resolve({ port, protocol: 'udp', kind, detail })
    }
    const timer = setTimeout(() => finish('bound'), known?.kind === 'answer' ? KNOWN_WAIT : WAIT)
    let asked = 0
    const send = (): void => {
      const question = UDP_QUESTIONS[asked++ % ROUND]
      if (question !== undefined) socket.send(question.datagram)
    }
    const again = setInterval(send, STEP)
    const socket = reach.exchange(address, port, {
      open: send,
      message: (message) => finish('answer', wordOf(message)),
      error: () => finish('closed'),
    })
  })
}

function wordOf(message: Buffer): string {
  for (const { answer } of UDP_QUESTIONS) {
    const known = answer(message)
    if (known !== null) return known
  }
  return /^[\x21-\x7e]{1,40}/.exec(message.toString('latin1'))?.[0] ?? 'binary'
}
