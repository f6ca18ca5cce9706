import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { bounds } from '../../bounds.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import type { HttpCheck } from '../../smoke-check.ts'
import { hostOf, NOT_REACHED, portOf } from './address.ts'
import { firstMatch } from './first-match.ts'
import type { Outcome, SmokeTarget } from './run-checks.ts'

const ANSWER_WAIT = 10_000
/** Of one that goes on and on: what has come by then is its answer. */
const WHOLE_WAIT = 20_000

/** One request; redirects are not followed, so that what is compared is this answer. */
export async function checkHttp(check: HttpCheck, target: SmokeTarget): Promise<Outcome> {
  const port = check.port ?? [...target.ports.keys()][0]
  if (port === undefined) return { passed: false, value: 'no port is known: name one with port' }
  const host = hostOf(target)
  if (host === null) return { passed: false, value: NOT_REACHED }
  const at = [host, portOf(port, target)] as const
  const answer = await ask(check, ...at, target.signal, target.engine.reach).catch((error: unknown) => error)
  if (!isAnswer(answer)) return { passed: false, value: `no answer: ${codeOf(answer)}` }
  const { status, headers, body } = answer
  const type = headers['content-type']?.split(';')[0]?.trim()
  const value = type === undefined ? String(status) : `${status} ${type}`
  const wrong = wrongPart(check, answer)
  return wrong === null
    ? { passed: true, value }
    : { passed: false, value: wrong === '' ? value : `${value}, ${wrong}`, output: body.slice(0, 500) }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Null where all of it is as it should be; '' for the status, which is said anyway. */
function wrongPart(check: HttpCheck, { status, headers, body }: Answer): string | null {
  if (!(check.status?.includes(status) ?? status < 400)) return ''
  for (const [name, pattern] of Object.entries(check.headers)) {
    const value = headers[name.toLowerCase()]
    if (value === undefined) return `no header ${name}`
    const found = firstMatch(pattern, [String(value)])
    if (typeof found === 'string') return `${name}: ${found}`
    if (found < 0) return `${name}: ${String(value)}`
  }
  if (check.body === null) return null
  const found = firstMatch(check.body, [body])
  if (typeof found === 'string') return found
  return found < 0 ? `no ${check.body} in its body` : null
}

export async function ask(
  check: Pick<HttpCheck, 'path' | 'method' | 'data' | 'tls'>,
  host: string,
  port: number,
  signal: AbortSignal,
  reach: Reach = directReach,
): Promise<Answer> {
  const socket = await reach.connect(host, port, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WAIT)]))
  return new Promise((resolve, reject) => {
    const options = {
      // No agent: one would make a connection of its own, beside this one.
      ...{ host, port, path: check.path, method: check.method, timeout: ANSWER_WAIT, signal },
      // The certificate is the operator's business.
      createConnection: (): Socket => (check.tls ? connectTls({ socket, rejectUnauthorized: false }) : socket),
    }
    let end = (): void => void socket.destroy(new Error('timeout'))
    const enough = setTimeout(() => end(), WHOLE_WAIT)
    socket.once('close', () => clearTimeout(enough))
    const receive = (response: IncomingMessage): void => {
      let body = ''
      end = () => void response.destroy()
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length > bounds.pageBytes) response.destroy()
      })
      response.on('error', reject)
      response.on('close', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    }
    const sent = sentOver(socket, () => (check.tls ? tlsRequest(options, receive) : request(options, receive)))
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.end(check.data ?? undefined)
  })
}

/** Throws, and ends the connection, where what is asked is no request: a path with a space in it. */
function sentOver(socket: Socket, make: () => ClientRequest): ClientRequest {
  try {
    return make()
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'status' in value
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
