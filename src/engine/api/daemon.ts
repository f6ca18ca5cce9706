import { readFile } from 'node:fs/promises'
import { type RequestOptions as HttpOptions, type IncomingMessage, request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import type { Cli } from '../cli/process.ts'
import { failureOf } from '../failure.ts'
import { answerOf } from '../inspect.ts'

export interface Reply {
  readonly status: number
  /** The body where it went well, else the daemon's `message`. */
  readonly text: string
}

interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly timeoutMs?: number
  /** How long nothing at all may come; default as long as the whole may take. */
  readonly silenceMs?: number
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
      { query = {}, body, timeoutMs = defaultTimeoutMs, silenceMs = timeoutMs }: RequestOptions,
      read: (response: IncomingMessage) => Promise<T>,
    ): Promise<T> => {
      if (signal?.aborted) throw new HardenError('engine-failed', sessionIsOver)
      const timeout = AbortSignal.timeout(timeoutMs)
      const silence = new AbortController()
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
            signal: AbortSignal.any([...(signal === null ? [] : [signal]), timeout, silence.signal]),
            headers: text === undefined ? {} : { 'Content-Type': 'application/json' },
          },
          text,
          { ms: silenceMs, end: () => silence.abort() },
        )
        return await read(response)
      } catch (error) {
        if (signal?.aborted) throw new HardenError('engine-failed', sessionIsOver)
        if (timeout.aborted) throw tooLong(`${method} ${path}`, timeoutMs)
        if (silence.signal.aborted) throw tooLong(`${method} ${path}`, silenceMs)
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
        send(
          'GET',
          path,
          { timeoutMs: streamTimeoutMs, silenceMs: bounds.engineSilenceMs, ...options },
          async (response) => {
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
          },
        ),
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

function answerTo(
  options: HttpOptions,
  body: string | undefined,
  silence: { readonly ms: number; readonly end: () => void },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A connection of its own for each: on a Unix socket it costs nothing, and none can have gone stale.
    const sent = request({ ...options, agent: false }, resolve)
    sent.on('error', (error) => reject(unreachable(error, options.socketPath ?? '')))
    sent.setTimeout(silence.ms, silence.end)
    sent.end(body)
  })
}

async function replyOf(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const part of response) {
    const chunk = part as Buffer
    size += chunk.length
    if (size > bounds.engineAnswerBytes)
      throw new HardenError('engine-failed', `docker answers with more than ${bounds.engineAnswerBytes} bytes`, {
        hint: notAnEngine,
      })
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const status = response.statusCode ?? 0
  return { status, text: status >= 400 ? messageOf(text) : text }
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown }
    return typeof message === 'string' ? message : text
  } catch {
    return text
  }
}

const notAnEngine = 'check whether a Docker Engine listens there: docker context ls, and the variable DOCKER_HOST'

function unreachable(error: Error, socketPath: string): Error {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'EACCES') return failureOf('docker', 'answer', `dial unix ${socketPath}: permission denied`)
  if (code.startsWith('HPE_'))
    return new HardenError(
      'no-engine',
      `no docker engine answers: what listens at unix://${socketPath} speaks no HTTP`,
      {
        hint: notAnEngine,
      },
    )
  // An abort is told by its signal.
  if (code === 'ABORT_ERR' || code === '') return error
  return failureOf('docker', 'answer', `Cannot connect to the Docker daemon at unix://${socketPath}: ${message}`)
}

function tooLong(task: string, milliseconds: number): HardenError {
  return new HardenError('timeout', `docker did not answer ${task} within ${Math.round(milliseconds / 1000)} s`, {
    hint: 'check whether the engine is overloaded or waits for a network',
  })
}

/** Docker 23: since then a log says of itself whether it is framed. */
const oldest = 42
/** Docker 25: what this was written against. A daemon answers in older versions of the API than its own, down to some. */
const newest = 44

interface Endpoint {
  readonly daemon: Daemon
  /** Of `GET /info`. */
  readonly info: string
}

interface Version {
  readonly ApiVersion?: string
  readonly MinAPIVersion?: string
  readonly Components?: readonly { readonly Name?: string }[] | null
}

interface DockerConfig {
  readonly proxies?: unknown
}

/**
 * The Docker Engine that docker's CLI talks to, where that is one on a Unix socket of this machine. Null for all else,
 * also where something other than Docker answers, or where the CLI adds to containers what the daemon knows nothing of.
 */
export async function findEndpoint(
  cli: Cli,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
): Promise<Endpoint | null> {
  const socket = await socketOf(cli, timeoutMs)
  if (socket === null || (await addsProxies(env))) return null
  const { ApiVersion, MinAPIVersion, Components } = (await versionOf(socket, timeoutMs).catch(noneAnswers)) ?? {}
  const minor = minorOf(ApiVersion)
  if (minor < oldest || !Array.isArray(Components) || !Components.some(({ Name }) => Name === 'Engine')) return null
  const daemon = openDaemon(socket, `1.${Math.max(minorOf(MinAPIVersion), Math.min(minor, newest))}`)
  return { daemon, info: await daemon.call('answer', 'GET', '/info', { timeoutMs }) }
}

function minorOf(version = ''): number {
  return Number(/^1\.(\d+)$/.exec(version)?.[1] ?? 0)
}

async function versionOf(socket: string, timeoutMs: number): Promise<Version | null> {
  const { status, text } = await openDaemon(socket, null).ask('GET', '/version', { timeoutMs })
  return status >= 400 ? null : answerOf<Version>(text)
}

/** The CLI then says why, and what to do. */
function noneAnswers(error: unknown): null {
  if (error instanceof HardenError) return null
  throw error
}

/** By the CLI itself, which knows of contexts as well as of DOCKER_HOST. */
async function socketOf(cli: Cli, timeoutMs: number): Promise<string | null> {
  const args = ['context', 'inspect', '--format={{.Endpoints.docker.Host}}']
  const { exitCode, stdout } = await cli.run(args, { timeoutMs })
  return exitCode === 0 ? (/^unix:\/\/(\/.*)$/.exec(stdout.trim())?.[1] ?? null) : null
}

/** The CLI gives containers the proxies of its own configuration. */
async function addsProxies(env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const folder = env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker')
  try {
    const { proxies } = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as DockerConfig
    return proxies !== undefined
  } catch (error) {
    // What the CLI makes of a file that cannot be read, it says itself.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
