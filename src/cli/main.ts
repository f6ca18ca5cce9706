import { realpath } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { visible, visibleLine } from '../borders/terminal.ts'
import { asFailure } from '../errors.ts'
import { limiterFor } from '../proof/container/limiter.ts'
import { counted } from '../report/summary.ts'
import { run } from '../run.ts'
import type { Transform } from '../transform.ts'
import { performUserns } from '../userns/host/perform.ts'
import type { UsernsRequest } from '../userns/request.ts'
import type { ProcessTarget, TargetOutcome } from '../work.ts'
import { discover, type Found } from '../workspace/discover.ts'
import { decode, readText, tidy } from '../workspace/files.ts'
import { parseArguments } from './arguments.ts'
import { clean } from './clean.ts'
import { wantsColour, withVisibleText } from './colour.ts'
import { exitCode } from './exit-code.ts'
import { type Interruption, watchSignals } from './interrupt.ts'
import type { Io, Output } from './io.ts'
import { optionsFrom } from './options.ts'
import { showProfile } from './profile.ts'
import type { Work } from './request.ts'
import { showResults, tellRest } from './show.ts'
import { carried, checkFound } from './usage.ts'
import { writeResults } from './write-results.ts'

/** What does the work, so that tests can do it otherwise. */
export interface Services {
  readonly processTarget: ProcessTarget
  readonly transforms: readonly Pick<Transform, 'name' | 'summary'>[]
}

// How long the work may take to notice that it was ended, before what it made is removed.
const noticeMs = 5000

/** One call of the command line. Returns the exit code; never throws. */
export async function main(argv: readonly string[], streams: Io, services: Services): Promise<number> {
  const io = withVisibleText(streams)
  const progress = openProgress(streams.stderr)
  const abandoned = (otherwise: readonly string[]): void => {
    progress.clear()
    if (otherwise.length > 0)
      io.stderr.write(
        `harden-image: ended before all that it made was removed; this removes it:\n${otherwise.join('\n')}\n`,
      )
  }
  const interruption = watchSignals(io.signals, abandoned, (reason) => {
    progress.clear()
    tellBug(stackOf(reason), io)
  })
  const ended = call(argv, io, services, interruption, progress).catch((error: unknown) =>
    complain(error, io, progress, interruption),
  )
  try {
    const code = await Promise.race([ended, interruption.interrupted])
    if (interruption.signal.aborted) {
      progress.show('interrupted: removing what was made')
      await Promise.race([ended, delay(noticeMs, undefined, { ref: false })])
    }
    return code
  } finally {
    const errors = await interruption.cleanUp()
    progress.clear()
    for (const error of errors) io.stderr.write(`harden-image: cleaning up: ${message(error)}\n`)
    interruption.close()
  }
}

async function call(
  argv: readonly string[],
  io: Io,
  services: Services,
  interruption: Interruption,
  progress: Progress,
): Promise<number> {
  const request = parseArguments(argv)
  if (request.kind === 'work') return work(request, io, services, interruption, progress)
  if (request.kind === 'userns') return userns(request, io)
  if (request.kind === 'clean') return clean(request, io, interruption.signal)
  io.stdout.write(request.kind === 'print' ? request.text : transformList(services.transforms, request.format))
  return 0
}

async function userns(request: UsernsRequest, io: Io): Promise<number> {
  const colour = wantsColour(io.stdout, io.env)
  const { stdout, stderr, code } = await performUserns(request, { cwd: io.cwd, env: io.env, colour })
  io.stdout.write(stdout)
  io.stderr.write(stderr)
  return code
}

async function work(
  request: Work,
  io: Io,
  services: Services,
  interruption: Interruption,
  progress: Progress,
): Promise<number> {
  const names = services.transforms.map(({ name }) => name)
  const { optionsFor, excludes, trust } = await optionsFrom(request, io, names)
  const { found, empty } = await discover(request.targets, io.cwd, excludes, trust)
  checkFound(request, found)
  const carries = carried(request, found)
  await tidyBeside(found)
  let done = 0
  const outcomes = await run(found, {
    progress: request.quiet ? () => undefined : progress.show,
    onCleanUp: interruption.onCleanUp,
    signal: interruption.signal,
    room: limiterFor(targetsAtATime(request)),
    optionsFor,
    readText: ({ target, path }) => (path === null ? decode(io.stdin, 'stdin') : readText(path, target)),
    processTarget: (item, options, ports) => {
      done++
      if (found.length > 1) progress.step(`${done}/${found.length} ${item.target}`)
      return services.processTarget(item, options, ports)
    },
  })
  const { signal } = interruption
  if (signal.aborted) {
    progress.clear()
    if (request.write || request.output !== null) io.stderr.write('interrupted: nothing was written\n')
    return exitCode([], request)
  }
  const [only] = outcomes
  if (request.profile !== null && only !== undefined) {
    progress.clear()
    const code = await showProfile(request, request.profile, only, io, signal)
    tellBugs([only], io)
    return code
  }
  const written = await writeResults(request, outcomes, { cwd: io.cwd, signal })
  progress.clear()
  if (signal.aborted) {
    for (const { result } of written.outcomes) if (result.error) io.stderr.write(`${result.error.message}\n`)
    for (const name of written.notWritten) io.stderr.write(`${name} was not written: interrupted\n`)
    const { length: done } = written.files
    io.stderr.write(
      `interrupted: ${counted(done, 'file')} written, ${counted(written.notWritten.length, 'file')} not\n`,
    )
    return exitCode([], request)
  }
  const rules = new Map(services.transforms.map(({ name, summary }) => [name, summary]))
  const shown = showResults(carries, written.outcomes, rules, io)
  const told = tellRest(request, carries, { ...written, outcomes: shown }, empty, io)
  tellBugs(told, io)
  return exitCode(
    told.map(({ result }) => result),
    request,
  )
}

/** Last, so that nothing that is told comes after a stack. Several targets may meet one bug. */
function tellBugs(outcomes: readonly TargetOutcome[], io: Io): void {
  const bugs = outcomes.filter(({ bug }) => bug !== undefined)
  for (const stack of new Set(bugs.map(({ bug }) => stackOf(bug)))) tellBug(stack, io)
}

/** What a run that was killed while it wrote has left beside the files, which need no other change by now. */
async function tidyBeside(found: readonly Found[]): Promise<void> {
  const paths = found.flatMap(({ path, error }) => (path === null || error !== null ? [] : [path]))
  const folders = await Promise.all(paths.map(async (path) => dirname(await realpath(path).catch(() => path))))
  await Promise.all([...new Set(folders)].map(tidy))
}

/** A proof mostly waits, so one for each core; all else is work of this process alone. */
function targetsAtATime({ prove, settings: { jobs = null } }: Work): number {
  if (!prove) return 1
  return jobs === null ? availableParallelism() : Math.min(jobs, availableParallelism())
}

/** What was expected gets one line and what to do; a bug keeps its stack. */
function complain(error: unknown, io: Io, progress: Progress, { signal }: Interruption): number {
  progress.clear()
  // What an interrupted step throws is not news.
  if (signal.aborted) return 2
  const { code, message, hint } = asFailure(error)
  if (code !== 'bug') {
    io.stderr.write(`harden-image: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
    return 2
  }
  tellBug(stackOf(error), io)
  return 2
}

function tellBug(stack: string, io: Io): void {
  io.stderr.write(`harden-image: this is a bug, please report it with the lines below\n${stack}\n`)
}

/** What was thrown may quote what was read. */
function stackOf(error: unknown): string {
  return visible(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

type Entry = Pick<Transform, 'name' | 'summary'>

/** The verb `transforms`. */
function transformList(transforms: readonly Entry[], format: 'text' | 'json'): string {
  const entries = transforms.map(({ name, summary }) => ({ name, summary }))
  if (format === 'json') return `${JSON.stringify(entries, null, 2)}\n`
  const width = Math.max(0, ...entries.map(({ name }) => name.length))
  return entries.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).join('')
}

/** What is being done now: a line that changes on a terminal, one line after the other elsewhere. */
interface Progress {
  show(line: string): void
  /** Of the many short steps, which only a terminal shows. */
  step(line: string): void
  /** Before anything else is written to a terminal. */
  clear(): void
}

const eraseLine = '\r\u001b[2K'

function openProgress(output: Output): Progress {
  let shown = ''
  const live = output.isTTY === true
  const put = (text: string) => {
    const line = visibleLine(text)
    if (line === shown) return
    shown = line
    output.write(live ? `${eraseLine}${cut(line, (output.columns ?? 80) - 1)}` : `${line}\n`)
  }
  return {
    show: put,
    step: (line) => {
      if (live) put(line)
    },
    clear: () => {
      if (live && shown !== '') output.write(eraseLine)
      shown = ''
    },
  }
}

/** A line that wraps could not be erased again. */
function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}
