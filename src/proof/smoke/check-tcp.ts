import { directReach } from '../../engine/reach.ts'
import type { TcpCheck } from '../../smoke-check.ts'
import { hostOf, NOT_REACHED, portOf } from './address.ts'
import { firstMatch } from './first-match.ts'
import type { Outcome, SmokeTarget } from './run-checks.ts'

const ANSWER_WAIT = 5000
const MOST_BYTES = 64 << 10

/** Connects, sends, and reads until the pattern is there, the other side ends, or the wait is over. */
export function checkTcp(check: TcpCheck, target: SmokeTarget): Promise<Outcome> {
  const { expect: pattern } = check
  const host = hostOf(target)
  if (host === null) return Promise.resolve({ passed: false, value: NOT_REACHED })
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
    reach.connect(host, portOf(check.port, target), over.signal).then((socket) => {
      connected = true
      over.signal.addEventListener('abort', () => socket.destroy())
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (text.length > MOST_BYTES || (pattern !== null && firstMatch(pattern, [text]) !== -1)) finish()
      })
      socket.on('end', finish)
      socket.on('close', finish)
      if (check.send !== null) socket.write(check.send)
      if (pattern === null) finish()
    }, finish)
  })
}

function outcomeOf(connected: boolean, text: string, pattern: string | null): Outcome {
  if (!connected) return { passed: false, value: 'closed' }
  if (pattern === null) return { passed: true, value: 'open' }
  const found = firstMatch(pattern, [text])
  if (typeof found === 'string') return { passed: false, value: found, output: text.slice(0, 500) }
  if (found === 0) return { passed: true, value: `answers ${pattern}` }
  return { passed: false, value: text === '' ? 'no answer' : 'another answer', output: text.slice(0, 500) }
}
