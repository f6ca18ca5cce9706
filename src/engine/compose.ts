import { HardenError } from '../errors.ts'
import type { Engine, ExecResult } from './engine.ts'
import { answerOf } from './inspect.ts'

/** One container of a project. */
export interface ComposeContainer {
  readonly id: string
  readonly service: string
}

/** A project of one file. A call that ends badly is told in words; only one that cannot be made throws. */
export interface ComposeProject {
  /** What is wrong with the file; null for nothing. */
  config(): Promise<string | null>
  /**
   * Makes and starts all that is not there yet, in the order of `depends_on` and by its conditions. Gives what went
   * wrong, null for nothing: what came up by then stays up.
   */
  up(timeoutMs: number): Promise<string | null>
  /** All of them, those that have ended too. */
  containers(): Promise<readonly ComposeContainer[]>
  /** Dependents first. */
  stop(graceSeconds: number): Promise<string | null>
  /** Those that are there, as `up` does. */
  start(timeoutMs: number): Promise<string | null>
  /** Containers and networks of its own; volumes that have a name stay. */
  down(): Promise<string | null>
}

const CALL = 60_000

/** Throws `no-engine` where there is no Docker Compose. */
export async function openCompose(engine: Pick<Engine, 'compose' | 'name'>): Promise<NonNullable<Engine['compose']>> {
  const { compose } = engine
  if (compose === undefined)
    throw new HardenError('no-engine', `proving a stack needs docker compose: ${engine.name} has none`, {
      hint: 'use --engine docker',
    })
  const { exitCode, stderr } = await compose(['version', '--short'], { timeoutMs: CALL })
  if (exitCode === 0) return compose
  throw new HardenError('no-engine', `proving a stack needs docker compose: ${lastLine(stderr)}`, {
    hint: 'install the Compose plugin (docker-compose-plugin)',
  })
}

/** `file` says all that there is to know: neither an .env file nor a variable of this process counts. */
export function composeProject(
  compose: NonNullable<Engine['compose']>,
  { name, file, folder }: { readonly name: string; readonly file: string; readonly folder: string },
): ComposeProject {
  const project = [
    ...['--project-name', name, '--project-directory', folder, '--env-file', '/dev/null'],
    ...['--file', file, '--progress', 'plain'],
  ]
  const call = (args: readonly string[], timeoutMs = CALL): Promise<ExecResult> =>
    compose([...project, ...args], { timeoutMs })
  const wrong = async (args: readonly string[], timeoutMs = CALL): Promise<string | null> => {
    try {
      const { exitCode, stderr } = await call(args, timeoutMs)
      return exitCode === 0 ? null : lastLine(stderr)
    } catch (error) {
      if (error instanceof HardenError && error.code === 'timeout')
        return `it did not come so far within ${Math.round(timeoutMs / 1000)} s`
      throw error
    }
  }
  return {
    config: () => wrong(['config', '--quiet']),
    up: (timeoutMs) => wrong(['up', '--detach', '--no-build', '--pull', 'never', '--remove-orphans'], timeoutMs),
    containers: async () => {
      const { exitCode, stdout, stderr } = await call(['ps', '--all', '--no-trunc', '--format', 'json'])
      if (exitCode === 0) return containersOf(stdout)
      throw new HardenError('engine-failed', `docker compose could not list the containers: ${lastLine(stderr)}`)
    },
    stop: (graceSeconds) => wrong(['stop', '--timeout', String(graceSeconds)], CALL + graceSeconds * 10_000),
    start: (timeoutMs) => wrong(['start'], timeoutMs),
    down: () => wrong(['down', '--timeout', '0', '--remove-orphans'], 2 * CALL),
  }
}

interface RawContainer {
  readonly ID?: string
  readonly Service?: string
}

/** One JSON object a line; a list of them before Compose 2.21. */
export function containersOf(text: string): readonly ComposeContainer[] {
  const json = text.trim()
  const raw = json.startsWith('[')
    ? answerOf<readonly RawContainer[]>(json)
    : json.split('\n').flatMap((line) => (line === '' ? [] : [answerOf<RawContainer>(line)]))
  return raw.flatMap(({ ID: id = '', Service: service = '' }) => (id === '' ? [] : [{ id, service }]))
}

/** What it says last is what ended it; before that are the steps that it took. */
function lastLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^ ?(Container|Network|Volume) /.test(line))
  return lines.at(-1)?.trim() ?? 'it does not say why'
}
