import { directReach } from '../../engine/reach.ts'
import type { TcpCheck } from '../../smoke-check.ts'
import { hostOf, portOf } from './address.ts'
import type { Outcome, SmokeTarget } from './run-checks.ts'

const ANSWER_WAIT = 5000
const MOST_BYTES = 64 << 10

/** Connects, sends, and reads until the pattern is there, the other side ends, or the wait is over. */
export function checkTcp(check: TcpCheck, target: SmokeTarget): Promise<Outcome> {
  const pattern = check.expect === null ? null : new RegExp(check.expect)
  return new Promise((resolve) => {
    let text = ''
    let connected = false
    const over = new AbortController()
    const finish = (): void => {
      clearTimeout(timer)
      over.abort()
      resolve(outcomeOf(connected, text, pattern))
    }
    const timer = setTimeout(finish, ANSWER_WAIT)
    const { reach = directReach } = target.engine
    reach.connect(hostOf(target), portOf(check.port, target), over.signal).then((socket) => {
      connected = true
      over.signal.addEventListener('abort', () => socket.destroy())
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (pattern?.test(text) || text.length > MOST_BYTES) finish()
      })
      socket.on('end', finish)
      socket.on('close', finish)
      if (check.send !== null) socket.write(check.send)
      if (pattern === null) finish()
    }, finish)
  })
}

function outcomeOf(connected: boolean, text: string, pattern: RegExp | null): Outcome {
  if (!connected) return { passed: false, value: 'closed' }
  if (pattern === null) return { passed: true, value: 'open' }
  if (pattern.test(text)) return { passed: true, value: `answers ${pattern.source}` }
  return { passed: false, value: text === '' ? 'no answer' : 'another answer', output: text.slice(0, 500) }
}
