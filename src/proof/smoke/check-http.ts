import { type IncomingMessage, request } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { HttpCheck } from '../../smoke-check.ts'
import { hostOf, NOT_REACHED, portOf } from './address.ts'
import { firstMatch } from './first-match.ts'
import type { Outcome, SmokeTarget } from './run-checks.ts'

const ANSWER_WAIT = 10_000
const MOST_BYTES = 4 << 20

/** One request; redirects are not followed, so that what is compared is this answer. */
export async function checkHttp(check: HttpCheck, target: SmokeTarget): Promise<Outcome> {
  const port = check.port ?? [...target.ports.keys()][0]
  if (port === undefined) return { passed: false, value: 'no port is known: name one with port' }
  const host = hostOf(target)
  if (host === null) return { passed: false, value: NOT_REACHED }
  const answer = await ask(check, host, portOf(port, target), target.signal).catch((error: unknown) => error)
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

export function ask(
  check: Pick<HttpCheck, 'path' | 'method' | 'data' | 'tls'>,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host, port, path: check.path, method: check.method, agent: false, timeout: ANSWER_WAIT, signal }
    const receive = (response: IncomingMessage): void => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length > MOST_BYTES) response.destroy()
      })
      response.on('error', reject)
      response.on('close', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    }
    // The certificate is the operator's business.
    const sent = check.tls ? tlsRequest({ ...options, rejectUnauthorized: false }, receive) : request(options, receive)
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.end(check.data ?? undefined)
  })
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'status' in value
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
