import type { Engine, RunSpec } from '../../engine/engine.ts'
import type { ImageConfig } from '../../image/facts.ts'
import { NEVER_RAN, NOT_BELIEVED } from '../trace/trace.ts'
import { bringUp } from './bring-up.ts'
import type { Live } from './live.ts'
import type { RunRecord } from './run-record.ts'
import { runTwice, type StudyOptions, stay } from './whole-run.ts'

export interface Study {
  /** From start to stop and once more, traced where `config` says what the image starts; `begun` as runTwice has it. */
  run(config: ImageConfig | undefined, begun?: (record: RunRecord) => void): Promise<RunRecord>
  /** The record of it, or of an untraced run where the traced one shows nothing of what the program does. */
  checked(untraced: RunRecord, record: RunRecord): Promise<RunRecord>
}

/**
 * Runs of an original that are there to be learned from. Where strace may not trace, or the program does not stand to
 * be traced (it traces others, or itself), it is run without, and the record says why.
 */
export function studyOf(engine: Engine, spec: RunSpec, options: StudyOptions): Study {
  const untraced = async (reason: string): Promise<RunRecord> => {
    return { ...(await runTwice(engine, spec, options)), traceRefused: reason }
  }
  return {
    run: (config, begun) =>
      runTwice(engine, spec, config === undefined ? options : { ...options, trace: config }, begun),
    async checked(other, record) {
      const { trace, traceRefused } = record
      if (traceRefused?.startsWith(NEVER_RAN) === true) return untraced(traceRefused)
      return trace !== null && endsOtherwise(other, record) ? untraced('it ends when it is traced') : record
    },
  }
}

/** A traced run is slower, so that it still goes on says nothing. */
export function endsOtherwise({ state: usual }: RunRecord, { state }: RunRecord): boolean {
  return !state.running && (usual.running || usual.exitCode !== state.exitCode)
}

export interface TracedResult {
  /** Null where it was not traced; `untraced` says why it could not be, where it was asked for. */
  readonly traced: RunRecord | null
  readonly untraced: string | null
  /** It, where it was started twice and is still up: what it is refused only later shows in it. */
  readonly still: Live | null
}

/** A result, for which an untraced run would show nothing that the one beside it does not. */
export async function tracedResult(engine: Engine, spec: RunSpec, options: StudyOptions): Promise<TracedResult> {
  const live = await bringUp(engine, spec, options)
  await stay(live, options)
  // What did not come up would be waited for in vain once more.
  if (live.seen().ready) await live.restart()
  const { restart } = live.seen()
  // Checks of the user's own may want to see how it ends.
  const goesOn = restart?.state.running === true && options.stays === 0 && options.smoke.length === 0
  const record = await (goesOn ? live.study() : live.finish())
  if (record.trace !== null) return { traced: record, untraced: null, still: goesOn ? live : null }
  await live.drop()
  // What it did to its trace is a check of its own, and that fails.
  if (record.traceRefused?.startsWith(NOT_BELIEVED) === true)
    return { traced: record, untraced: record.traceRefused, still: null }
  return { traced: null, untraced: record.traceRefused, still: null }
}

export const NOT_TRACED: TracedResult = { traced: null, untraced: null, still: null }

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
