import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createContext, Script } from 'node:vm'
import { bounds } from '../../bounds.ts'
import { directReach, type Reach } from '../../engine/reach.ts'
import { HardenError } from '../../errors.ts'
import { readTarEntries, readTarTexts } from '../../image/sources/tar-text.ts'
import type { FileCheck, HttpCheck, LogCheck, TcpCheck } from '../../smoke-check.ts'
import type { SmokeOutcome, SmokeTarget } from './run-checks.ts'

/** What a check with such a pattern gives. */
export const TOO_SLOW = `the pattern took more than ${bounds.patternMs} ms`

/**
 * The index of the first text that a pattern of the user's matches, -1 for none, TOO_SLOW where that would take too long: both may be a
 * stranger's, and `(a+)+$` has no end. Patterns stay JavaScript's, as documented, which no linear matcher takes (re2js: no
 * look-ahead, no back-reference); a script of node:vm is one that V8 ends in the middle of a match.
 */
export function firstMatch(pattern: string, texts: readonly string[], flags = ''): number | typeof TOO_SLOW {
  Object.assign(room, { pattern, texts, flags })
  try {
    return find.runInContext(room, { timeout: bounds.patternMs }) as number
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return TOO_SLOW
    throw error
  } finally {
    Object.assign(room, { texts: [] })
  }
}

const room = createContext(Object.create(null))
const find = new Script(
  '{ const expression = new RegExp(pattern, flags); texts.findIndex((text) => expression.test(text)) }',
)

/** Where a container is reached from here; null where it is not: what answers on this machine's own ports is another. */
export function hostOf({ engine, state }: Pick<SmokeTarget, 'engine' | 'state'>): string | null {
  return engine.local && state.address !== '' ? state.address : null
}

const NOT_REACHED = 'not asked: the container has no address that is reached from here'

/** A port of the original, where it is now. */
function portOf(port: number, { ports }: Pick<SmokeTarget, 'ports'>): number {
  return ports.get(port) ?? port
}

const ANSWER_WAIT = 10_000
/** Of one that goes on and on: what has come by then is its answer. */
const WHOLE_WAIT = 20_000

/** One request; redirects are not followed, so that what is compared is this answer. */
export async function checkHttp(check: HttpCheck, target: SmokeTarget): Promise<SmokeOutcome> {
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
  check: Pick<HttpCheck, 'path' | 'method' | 'data' | 'tls'> & { readonly sends?: Readonly<Record<string, string>> },
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
      ...(check.sends === undefined ? {} : { headers: check.sends }),
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

const TCP_WAIT = 5000
const MOST_BYTES = 64 << 10

/** Connects, sends, and reads until the pattern is there, the other side ends, or the wait is over. */
export function checkTcp(check: TcpCheck, target: SmokeTarget): Promise<SmokeOutcome> {
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
      resolve(tcpOutcome(connected, text, pattern))
    }
    const timer = setTimeout(finish, TCP_WAIT)
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

function tcpOutcome(connected: boolean, text: string, pattern: string | null): SmokeOutcome {
  if (!connected) return { passed: false, value: 'closed' }
  if (pattern === null) return { passed: true, value: 'open' }
  const found = firstMatch(pattern, [text])
  if (typeof found === 'string') return { passed: false, value: found, output: text.slice(0, 500) }
  if (found === 0) return { passed: true, value: `answers ${pattern}` }
  return { passed: false, value: text === '' ? 'no answer' : 'another answer', output: text.slice(0, 500) }
}

export async function checkLog({ match, not }: LogCheck, { engine, container }: SmokeTarget): Promise<SmokeOutcome> {
  const lines = (await engine.logs(container)).split('\n')
  const found = firstMatch(match ?? not ?? '', lines)
  if (typeof found === 'string') return { passed: false, value: found }
  const line = lines[found]
  if (match !== null)
    return line === undefined
      ? { passed: false, value: 'not logged', output: lines.slice(-4).join('\n') }
      : { passed: true, value: 'logged' }
  return line === undefined ? { passed: true, value: 'not logged' } : { passed: false, value: 'logged', output: line }
}

/**
 * Read through the engine, so that no program of the image is needed and a stopped container can be looked at; but a
 * copy does not show what a tmpfs holds, so there the image's own programs are asked.
 */
export async function checkFile(check: FileCheck, target: SmokeTarget): Promise<SmokeOutcome> {
  const copied = await checkCopy(check, target)
  if (copied.passed || !target.state.running) return copied
  const { path, match } = check
  const argv = match === null ? ['ls', '-d', path] : ['cat', path]
  const told = await target.engine.exec(target.container, argv).catch((error: unknown) => {
    if (error instanceof HardenError) return null // it has ended meanwhile
    throw error
  })
  return told?.exitCode === 0 ? contentOutcome(match, told.stdout) : copied
}

async function checkCopy({ path, match }: FileCheck, { engine, container }: SmokeTarget): Promise<SmokeOutcome> {
  if (match === null) {
    const entries = await engine.copyOut(container, path, readTarEntries)
    return entries === null ? { passed: false, value: 'missing' } : contentOutcome(match, '')
  }
  const texts = await engine.copyOut(container, path, readTarTexts)
  if (texts === null) return { passed: false, value: 'missing' }
  return contentOutcome(match, [...texts.values()].join('\n'))
}

function contentOutcome(match: FileCheck['match'], text: string): SmokeOutcome {
  if (match === null) return { passed: true, value: 'there' }
  const found = firstMatch(match, [text], 'm')
  if (typeof found === 'string') return { passed: false, value: found }
  return found === 0
    ? { passed: true, value: `holds ${match}` }
    : { passed: false, value: `does not hold ${match}`, output: text.slice(0, 500) }
}
