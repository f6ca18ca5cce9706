import { type RequestOptions as HttpOptions, type IncomingMessage, request } from 'node:http'
import type { Readable } from 'node:stream'
import { HardenError } from '../../errors.ts'
import { failureOf } from '../failure.ts'

export interface Reply {
  readonly status: number
  /** The body where it went well, else the daemon's `message`. */
  readonly text: string
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly timeoutMs?: number
}

export type ReadBody<T> = (body: Readable, contentType: string) => Promise<T>

type Method = 'GET' | 'POST' | 'DELETE'

/** The Docker Engine API on a Unix socket: https://docs.docker.com/reference/api/engine/ */
export interface Daemon {
  /** Throws for a time-out and when nothing answers, never for a status. */
  ask(method: Method, path: string, options?: RequestOptions): Promise<Reply>
  /** As ask, but any failure throws; `task` reads as "docker could not …". Gives the body. */
  call(task: string, method: Method, path: string, options?: RequestOptions): Promise<string>
  /** Streams the body to `read`; null for status 404. */
  stream<T>(task: string, path: string, read: ReadBody<T>, options?: RequestOptions): Promise<T | null>
  /** Ends what runs and refuses further requests but those of the returned Daemon, which is for cleaning up. */
  close(): Daemon
  /** Requests were ended: what they began, the engine may still make. */
  killed(): boolean
}

const defaultTimeoutMs = 60_000
const streamTimeoutMs = 15 * 60_000
const sessionIsOver = 'the docker session is over'

/** `version`: of the API, such as `1.44`; null for the daemon's own. */
export function openDaemon(socketPath: string, version: string | null): Daemon {
  const prefix = version === null ? '' : `/v${version}`
  const session = new AbortController()
  let running = 0
  let killed = false

  const make = (signal: AbortSignal | null): Daemon => {
    const send = async <T>(
      method: Method,
      path: string,
      { query = {}, body, timeoutMs = defaultTimeoutMs }: RequestOptions,
      read: (response: IncomingMessage) => Promise<T>,
    ): Promise<T> => {
      if (signal?.aborted) throw new HardenError('engine-failed', sessionIsOver)
      const timeout = AbortSignal.timeout(timeoutMs)
      running += 1
      let response: IncomingMessage | null = null
      try {
        const text = body === undefined ? undefined : JSON.stringify(body)
        const parameters = Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`
        response = await answerTo(
          {
            socketPath,
            method,
            path: `${prefix}${path}${parameters}`,
            signal: signal === null ? timeout : AbortSignal.any([signal, timeout]),
            headers: text === undefined ? {} : { 'Content-Type': 'application/json' },
          },
          text,
        )
        return await read(response)
      } catch (error) {
        if (signal?.aborted) throw new HardenError('engine-failed', sessionIsOver)
        if (timeout.aborted) throw tooLong(`${method} ${path}`, timeoutMs)
        // Whatever a reader makes of the half of an answer, this is the reason.
        const broken = response?.errored ?? null
        throw broken === null ? error : failureOf('docker', `answer ${method} ${path}`, `broken off: ${broken.message}`)
      } finally {
        running -= 1
      }
    }
    const ask = (method: Method, path: string, options: RequestOptions = {}): Promise<Reply> =>
      send(method, path, options, replyOf)

    return {
      ask,
      call: async (task, method, path, options) => {
        const { status, text } = await ask(method, path, options)
        if (status >= 400) throw failureOf('docker', task, text)
        return text
      },
      stream: (task, path, read, options = {}) =>
        send('GET', path, { timeoutMs: streamTimeoutMs, ...options }, async (response) => {
          if (response.statusCode === 404) {
            response.resume()
            return null
          }
          if ((response.statusCode ?? 0) >= 400) throw failureOf('docker', task, (await replyOf(response)).text)
          try {
            return await read(response, response.headers['content-type'] ?? '')
          } finally {
            // A reader may stop early, for good or bad.
            response.destroy()
          }
        }),
      close: () => {
        killed ||= running > 0
        session.abort()
        return make(null)
      },
      killed: () => killed,
    }
  }
  return make(session.signal)
}

function answerTo(options: HttpOptions, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A connection of its own for each: on a Unix socket it costs nothing, and none can have gone stale.
    const sent = request({ ...options, agent: false }, resolve)
    sent.on('error', (error) => reject(unreachable(error, options.socketPath ?? '')))
    sent.end(body)
  })
}

async function replyOf(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const status = response.statusCode ?? 0
  return { status, text: status >= 400 ? messageOf(text) : text }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { readonly message?: string }).message ?? text
  } catch {
    return text
  }
}

function unreachable(error: unknown, socketPath: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EACCES') return failureOf('docker', 'answer', `dial unix ${socketPath}: permission denied`)
  const gone = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code ?? '')
  return gone
    ? failureOf('docker', 'answer', `Cannot connect to the Docker daemon at unix://${socketPath}: ${message}`)
    : error
}

function tooLong(task: string, milliseconds: number): HardenError {
  return new HardenError('timeout', `docker did not answer ${task} within ${Math.round(milliseconds / 1000)} s`, {
    hint: 'see whether the engine is overloaded or waits for a network',
  })
}
