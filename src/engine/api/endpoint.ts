import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { HardenError } from '../../errors.ts'
import type { Cli } from '../cli-process.ts'
import { answerOf } from '../inspect.ts'
import { type Daemon, openDaemon } from './daemon.ts'

/** Docker 23: since then a log says of itself whether it is framed. */
const oldest = 42
/** Docker 25: what this was written against. A daemon answers in older versions of the API than its own, down to some. */
const newest = 44

export interface Endpoint {
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
