import { setTimeout as delay } from 'node:timers/promises'
import { asFailure } from '../errors.ts'
import type { UsernsRequest } from '../userns/facts.ts'
import { nearestName } from '../words.ts'
import { parseArguments } from './arguments.ts'
import {
  type EndSignal,
  type Io,
  openProgress,
  type Progress,
  type Signals,
  stackOf,
  tellBug,
  wantsColour,
  withVisibleText,
} from './io.ts'
import { usage } from './request.ts'
import type { Services } from './work.ts'

// How long the work may take to notice that it was ended, before what it made is removed.
const noticeMs = 5000

/** One call of the command line; `load` gives what does the work, where there is any. Returns the exit code; never throws. */
export async function main(argv: readonly string[], streams: Io, load: () => Promise<Services>): Promise<number> {
  const io = withVisibleText(streams)
  const progress = openProgress(streams.stderr)
  const abandoned = (otherwise: readonly string[]): void => {
    progress.clear()
    if (otherwise.length > 0)
      io.stderr.write(
        `harden-image: ended before it could clean up; remove what is left with:\n${otherwise.join('\n')}\n`,
      )
  }
  const interruption = watchSignals(io.signals, abandoned, (reason) => {
    progress.clear()
    tellBug(stackOf(reason), io)
  })
  const ended = call(argv, io, load, interruption, progress).catch((error: unknown) =>
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
  load: () => Promise<Services>,
  interruption: Interruption,
  progress: Progress,
): Promise<number> {
  const request = parseArguments(argv)
  if (request.kind === 'work') {
    const { workOn } = await import('./work.ts')
    return workOn(request, io, await load(), interruption, progress)
  }
  if (request.kind === 'fleet') {
    const { fleet } = await import('./fleet.ts')
    return fleet(request, io, await load(), interruption, progress)
  }
  if (request.kind === 'lsp') return (await import('./lsp.ts')).lsp(request, io, load, interruption)
  if (request.kind === 'userns') return userns(request, io)
  if (request.kind === 'completion') {
    io.stdout.write((await import('./completion.ts')).completion(request.shell))
    return 0
  }
  if (request.kind === 'explain') {
    io.stdout.write(explained(request.name, (await import('../report/rule-pages.ts')).rulePages))
    return 0
  }
  if (request.kind === 'init') return (await import('./init.ts')).init(request, io)
  if (request.kind === 'plugin') return (await import('./plugin.ts')).plugin(request.action, io)
  if (request.kind === 'verify') return (await import('./attest.ts')).verify(request, io, interruption.signal)
  if (request.kind === 'clean') return (await import('./clean.ts')).clean(request, io, interruption.signal)
  io.stdout.write(request.kind === 'print' ? request.text : transformList((await load()).transforms, request.format))
  return 0
}

async function userns(request: UsernsRequest, io: Io): Promise<number> {
  const colour = wantsColour(io.stdout, io.env)
  const { performUserns } = await import('../userns/host/perform.ts')
  const { stdout, stderr, code } = await performUserns(request, { cwd: io.cwd, env: io.env, colour })
  io.stdout.write(stdout)
  io.stderr.write(stderr)
  return code
}

/** An expected error gets one line and a hint; a bug keeps its stack. */
function complain(error: unknown, io: Io, progress: Progress, { signal }: Interruption): number {
  progress.clear()
  // The error of an interrupted step is no news.
  if (signal.aborted) return 2
  const { code, message, hint } = asFailure(error)
  if (code !== 'bug') {
    io.stderr.write(`harden-image: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
    return 2
  }
  tellBug(stackOf(error), io)
  return 2
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The verb `transforms`. */
/** Throws HardenError `bad-usage` for a name that has no page. */
function explained(name: string | null, pages: ReadonlyMap<string, string>): string {
  const names = [...pages.keys()]
  if (name === null) return `${names.join('\n')}\n`
  const page = pages.get(name)
  if (page !== undefined) return page
  const meant = nearestName(name, names)
  throw usage(
    `no finding has the name ${name}`,
    meant === null ? 'harden-image explain lists them' : `did you mean ${meant}?`,
  )
}

function transformList(transforms: Services['transforms'], format: 'text' | 'json'): string {
  const entries = transforms.map(({ name, summary }) => ({ name, summary }))
  if (format === 'json') return `${JSON.stringify(entries, null, 2)}\n`
  const width = Math.max(0, ...entries.map(({ name }) => name.length))
  return entries.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).join('')
}

/** What has to be undone however the work ends, and the signals that end it early. */
export interface Interruption {
  readonly signal: AbortSignal
  /** The exit code of the first signal, as a shell reports it, or 2 for a bug; never settles without one. */
  readonly interrupted: Promise<number>
  /** `otherwise`: how a person does it where that is ended as well. */
  onCleanUp(run: () => Promise<void>, otherwise?: string): void
  /** Once, last registered first; one that fails does not keep the others from running. Returns what they threw. */
  cleanUp(): Promise<readonly unknown[]>
  /** Stops listening. */
  close(): void
}

// npx hands on what the terminal has sent to both: milliseconds in which a second signal is the first.
const TWICE = 500

interface CleanUpStep {
  readonly run: () => Promise<void>
  readonly otherwise: string | undefined
}

/**
 * `abandoned`: told what is not done, when a second signal ends the clean-up too. What is rejected and waited for by nobody is
 * a bug (`tellBug`), which must not end the process before what was made is removed; after a signal it is what was cut off.
 */
function watchSignals(
  signals: Signals,
  abandoned: (otherwise: readonly string[]) => void,
  tellBug: (reason: unknown) => void,
): Interruption {
  const controller = new AbortController()
  const steps: CleanUpStep[] = []
  const undone = new Set<CleanUpStep>()
  let resolve: (code: number) => void = () => undefined
  const interrupted = new Promise<number>((settle) => {
    resolve = settle
  })
  const close = () => {
    for (const [name, handle] of handlers) signals.off(name, handle)
    signals.off('unhandledRejection', rejected)
  }
  const rejected = (reason: unknown): void => {
    if (controller.signal.aborted) return
    tellBug(reason)
    controller.abort()
    resolve(2)
  }
  let since = 0
  const end = (name: EndSignal, code: number) => () => {
    if (!controller.signal.aborted) {
      since = performance.now()
      controller.abort()
      resolve(code)
      return
    }
    if (performance.now() - since < TWICE) return
    // A second signal ends the program as usual.
    close()
    abandoned([...undone].flatMap(({ otherwise }) => otherwise ?? []))
    signals.raise(name)
  }
  // As a shell reports them: 128 and the number of the signal.
  const handlers: readonly (readonly [EndSignal, () => void])[] = [
    ['SIGHUP', end('SIGHUP', 129)],
    ['SIGINT', end('SIGINT', 130)],
    ['SIGTERM', end('SIGTERM', 143)],
  ]
  for (const [name, handle] of handlers) signals.on(name, handle)
  signals.on('unhandledRejection', rejected)
  return {
    signal: controller.signal,
    interrupted,
    onCleanUp: (run, otherwise) => {
      const step = { run, otherwise }
      steps.push(step)
      undone.add(step)
    },
    async cleanUp() {
      const errors: unknown[] = []
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        await step.run().catch((error: unknown) => errors.push(error))
        undone.delete(step)
      }
      return errors
    },
    close,
  }
}
