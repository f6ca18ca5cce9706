import { readdir, readFile, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as delay } from 'node:timers/promises'
import { execa, type Options, type Result, type ResultPromise } from 'execa'
import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import { isOver, makerOf, thisRun, tokenOf } from '../../made-by.ts'
import { isListed } from '../../run-list.ts'
import { failureOf } from '../failure.ts'
import { ENGINE_NAMES, ENGINES, type EngineName } from '../kinds.ts'

export interface CallResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

interface CallOptions {
  readonly timeoutMs?: number
  readonly input?: string | Readable
  /** Both streams to this file descriptor, in the order in which they were written; stdout and stderr stay empty. */
  readonly output?: number
  /** Where a relative path is meant from. */
  readonly cwd?: string
  /** Told each line of both streams as it comes, without its end. */
  readonly told?: (line: string) => void
}

/** One engine binary and the children that run it. */
export interface Cli {
  readonly name: EngineName
  /** Runs to the end. Throws for a time-out and when there is no such binary, never for an exit code. */
  run(args: readonly string[], options?: CallOptions): Promise<CallResult>
  /** As run, but any failure throws; `task` reads as "docker could not …". Gives stdout, trimmed. */
  call(task: string, args: readonly string[], options?: CallOptions): Promise<string>
  /**
   * Streams stdout to `read`. A failed call throws its own error, whatever became of the reading, unless what it said is
   * `harmless` to what was read.
   */
  stream<T>(
    task: string,
    args: readonly string[],
    read: (stdout: Readable) => Promise<T>,
    harmless?: RegExp,
  ): Promise<T>
  /** Kills what runs and refuses further calls but those of the returned Cli, which is for cleaning up. */
  close(): Promise<Cli>
  /** Calls were killed: what they began, the engine may still make. */
  killed(): boolean
}

interface CliOptions {
  readonly name: EngineName
  readonly binary: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const defaultTimeoutMs = 60_000
const streamTimeoutMs = 15 * 60_000
/** For what is to end: after them it is killed. */
const graceMs = 2000

/** A line that does not end is told in parts. */
function tellLines(stream: Readable, told: (line: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('data', (bytes: Buffer) => {
    const lines = (rest + decoder.write(bytes)).split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) told(line)
    if (rest.length > bounds.lineLength) {
      told(rest)
      rest = ''
    }
  })
  stream.on('end', () => {
    if (rest !== '') told(rest)
  })
}

export function createCli({ name, binary, env }: CliOptions): Cli {
  const running = new Set<ResultPromise>()
  let closed = false
  let killed = false

  const start = (args: readonly string[], options: Options, forced: boolean): ResultPromise => {
    if (closed && !forced) throw over(name)
    const child = execa(binary, [...args], {
      env: { ...env, ...markedAsOurs() } as Record<string, string>,
      extendEnv: false,
      reject: false,
      maxBuffer: bounds.engineAnswerBytes,
      stripFinalNewline: false,
      stdin: 'ignore',
      // Ctrl-C goes to a whole process group: in ours, the child would end before we know why, as if the engine had failed.
      detached: true,
      forceKillAfterDelay: graceMs,
      ...options,
    }) as unknown as ResultPromise
    // Its plugins are processes of their own, and hold on to its streams: what was killed is over with all of them.
    child.once('exit', (_, signal) => {
      if (signal !== null) killGroup(child.pid)
    })
    running.add(child)
    void child.finally(() => running.delete(child))
    return child
  }

  const make = (forced: boolean): Cli => {
    const run = async (args: readonly string[], options: CallOptions = {}): Promise<CallResult> => {
      const { timeoutMs = defaultTimeoutMs, input, output, cwd, told } = options
      const child = start(
        args,
        {
          timeout: timeoutMs,
          ...(cwd !== undefined && { cwd }),
          ...(input !== undefined && { stdin: 'pipe', input }),
          ...(output !== undefined && { stdout: output, stderr: output }),
        } as Options,
        forced,
      )
      if (told !== undefined)
        for (const stream of [child.stdout, child.stderr]) if (stream) tellLines(stream as Readable, told)
      const result = await child
      // A killed CLI may end in any way, so what it says about itself does not count.
      if (closed && !forced) throw over(name)
      const exitCode = exitCodeOf(result, name, binary, args, timeoutMs)
      return { exitCode, stdout: String(result.stdout ?? ''), stderr: String(result.stderr ?? '') }
    }
    return {
      name,
      run,
      call: async (task, args, options = {}) => {
        const { exitCode, stdout, stderr } = await run(args, options)
        if (exitCode !== 0) throw failureOf(name, task, stderr)
        return stdout.trim()
      },
      stream: async (task, args, read, harmless) => {
        // stdout is read here alone: buffered as well, an image would fill the memory.
        const child = start(args, { timeout: streamTimeoutMs, buffer: { stdout: false, stderr: true } }, forced)
        const stdout = child.stdout as Readable
        let enough = false
        const reading = read(stdout).finally(() => {
          // A reader that stops early, for good or bad, must not leave the child blocked on a full pipe.
          enough = !stdout.readableEnded
          if (enough) child.kill()
        })
        const [outcome, result] = await Promise.all([settled(reading), child])
        if (closed && !forced) throw over(name)
        if (!enough || result.code === 'ENOENT') {
          const exitCode = exitCodeOf(result, name, binary, args, streamTimeoutMs)
          const said = String(result.stderr ?? '')
          const isHarmless = outcome.status === 'fulfilled' && harmless?.test(said) === true
          if (exitCode !== 0 && !isHarmless) throw failureOf(name, task, said)
        }
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      },
      close: async () => {
        closed = true
        const children = [...running]
        killed ||= children.length > 0
        for (const child of children) child.kill()
        await Promise.allSettled(children)
        return make(true)
      },
      killed: () => killed,
    }
  }
  return make(false)
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nothing of it is left.
  }
}

async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [outcome] = await Promise.allSettled([promise])
  return outcome
}

function exitCodeOf(
  result: Result,
  name: EngineName,
  binary: string,
  args: readonly string[],
  timeoutMs: number,
): number {
  if (result.code === 'ENOENT') throw missing(name, binary)
  if (result.timedOut) throw timeout(name, args, timeoutMs)
  if (result.exitCode !== undefined) return result.exitCode
  const why = result.isTerminated ? `was stopped (${result.signal})` : `failed: ${result.originalMessage}`
  throw new HardenError('engine-failed', `${name} ${args[0]} ${why}`)
}

function over(name: EngineName): HardenError {
  return new HardenError('engine-failed', `the ${name} session is over`)
}

const NOT_FOUND = 'was not found on PATH'

/** There is no such program, so that nothing was asked. */
export function isMissing({ message }: HardenError): boolean {
  return message.endsWith(NOT_FOUND)
}

function missing(name: EngineName, binary: string): HardenError {
  return new HardenError('no-engine', `${binary} ${NOT_FOUND}`, {
    hint: `install ${name}, or choose another engine with --engine`,
  })
}

function timeout(name: EngineName, args: readonly string[], milliseconds: number): HardenError {
  return new HardenError('timeout', `${name} ${args[0]} did not end within ${Math.round(milliseconds / 1000)} s`, {
    hint: 'check whether the engine is overloaded or waits for a network',
  })
}

const variable = 'HARDEN_IMAGE_RUN'
/** What runs the engine's CLI, and its parts; a container's monitor has podman's environment and stays. */
const programs = new Set<string>([...ENGINE_NAMES, ...Object.values(ENGINES).flatMap(({ helpers }) => helpers)])

/** What each call of the engine's CLI has in its environment, so that a later run knows whose it was. */
function markedAsOurs(): Readonly<Record<string, string>> {
  return { [variable]: tokenOf(thisRun()) }
}

/**
 * Ends the calls of runs that were killed: a build would go on for minutes, and leave its image when all else is removed.
 * Of this user's processes only, and only where /proc tells. Never throws.
 */
export async function endOrphans(graceMs = 2000): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(async (pid) => ((await isOrphan(pid)) ? [pid] : [])))
  const orphans = found.flat()
  if (orphans.length === 0) return
  for (const pid of orphans) signal(pid, 'SIGTERM')
  await delay(graceMs, undefined, { ref: false })
  for (const pid of orphans) if (await isOrphan(pid)) signal(pid, 'SIGKILL')
}

async function isOrphan(pid: number): Promise<boolean> {
  try {
    if (!programs.has((await readFile(`/proc/${pid}/comm`, 'utf8')).trimEnd())) return false
    if ((await stat(`/proc/${pid}`)).uid !== thisRun().uid) return false
    const environment = (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0')
    const token = environment.find((one) => one.startsWith(`${variable}=`))?.slice(variable.length + 1) ?? ''
    const maker = makerOf(token)
    return maker !== null && isOver(maker) && isListed(maker)
  } catch {
    // It has ended, or it is hidden.
    return false
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}

/** Runs a user's shell command on this machine; stdout and stderr come back together. Never throws for its exit code. */
export async function runShell(
  command: string,
  options: { readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const result = await execa(command, {
    shell: true,
    all: true,
    reject: false,
    env: options.env,
    timeout: options.timeoutMs,
    cancelSignal: options.signal,
    stdin: 'ignore',
  })
  const timedOut = result.timedOut ? `\nno end after ${options.timeoutMs / 1000} s` : ''
  return { exitCode: result.exitCode ?? 124, output: `${result.all ?? ''}${timedOut}` }
}
