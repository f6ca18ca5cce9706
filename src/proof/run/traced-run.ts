import type { Engine, RunSpec } from '../../engine/engine.ts'
import { type Container, runContainer } from '../container/container.ts'
import type { RunRecord } from '../container/run-record.ts'
import { type StudyOptions, stay } from '../original.ts'
import { NOT_BELIEVED } from '../trace/trace.ts'

export interface TracedResult {
  /** Null where it was not traced; `untraced` says why it could not be, where it was asked for. */
  readonly traced: RunRecord | null
  readonly untraced: string | null
  /** It, where it was started twice and is still up: what it is refused only later shows in it. */
  readonly tracedContainer: Container | null
}

/** A result, for which an untraced run would show nothing that the one beside it does not. */
export async function tracedResult(engine: Engine, spec: RunSpec, options: StudyOptions): Promise<TracedResult> {
  const live = await runContainer(engine, spec, options)
  await stay(live, options)
  // What did not come up would be waited for in vain once more.
  if ((await live.snapshot('seen')).ready) await live.restart()
  const { restart } = await live.snapshot('seen')
  // Checks of the user's own may want to see how it ends.
  const goesOn = restart?.state.running === true && options.stays === 0 && options.smoke.length === 0
  const record = await (goesOn ? live.snapshot('logs and trace') : live.finish())
  if (record.trace !== null) return { traced: record, untraced: null, tracedContainer: goesOn ? live : null }
  await live.remove()
  // What it did to its trace is a check of its own, and that fails.
  if (record.traceRefused?.startsWith(NOT_BELIEVED) === true)
    return { traced: record, untraced: record.traceRefused, tracedContainer: null }
  return { traced: null, untraced: record.traceRefused, tracedContainer: null }
}

export const NOT_TRACED: TracedResult = { traced: null, untraced: null, tracedContainer: null }

const UNSEEN = 'whether it can use what it wrote, and has the files and sockets that it had, was not compared'

/** What goes unseen of an original that was not traced, for the report. */
export function untracedOriginal(asked: boolean, { traceRefused }: RunRecord): readonly string[] {
  if (!asked) return [`not traced (--no-trace), so more is granted; ${UNSEEN}`]
  return traceRefused === null ? [] : [`not traced, so more is granted (${traceRefused}); ${UNSEEN}`]
}

/** The same of the result alone. */
export function untracedRun(original: RunRecord, { untraced }: TracedResult): readonly string[] {
  return untraced === null || original.trace === null ? [] : [`the result was not traced (${untraced}); ${UNSEEN}`]
}
