import { setTimeout as delay } from 'node:timers/promises'
import { asFailure } from '../errors.ts'
import type { UsernsRequest } from '../userns/request.ts'
import { parseArguments } from './arguments.ts'
import { type Interruption, watchSignals } from './interrupt.ts'
import { type Io, openProgress, type Progress, stackOf, tellBug, wantsColour, withVisibleText } from './io.ts'
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
        `harden-image: ended before all that it made was removed; this removes it:\n${otherwise.join('\n')}\n`,
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
  if (request.kind === 'userns') return userns(request, io)
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

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The verb `transforms`. */
function transformList(transforms: Services['transforms'], format: 'text' | 'json'): string {
  const entries = transforms.map(({ name, summary }) => ({ name, summary }))
  if (format === 'json') return `${JSON.stringify(entries, null, 2)}\n`
  const width = Math.max(0, ...entries.map(({ name }) => name.length))
  return entries.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).join('')
}
