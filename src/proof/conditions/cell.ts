import type { Engine, RunSpec } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { ReportCell } from '../../report/report.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import { compare } from '../checks/index.ts'
import { type ContainerOptions, runContainer, runOnce } from '../container/container.ts'
import { tail } from '../container/files.ts'
import type { RunRecord } from '../container/run-record.ts'
import { besideOptions } from '../container/run-specs.ts'
import type { Room } from '../limiter.ts'

/** What every condition is compared with, and how. */
export interface Beside {
  readonly engine: Engine
  /** Of the original. */
  readonly facts: ImageFacts
  readonly smoke: readonly SmokeCheck[]
  readonly signal: AbortSignal
  readonly room: Room
  readonly baseline: RunRecord
  /** Which port of the baseline is which now. */
  readonly moved: ReadonlyMap<number, number>
}

export interface CellRun {
  readonly cell: ReportCell
  /** Null where the engine could not make such a container. */
  readonly record: RunRecord | null
}

/** Runs a result under one condition and compares all that it does with the baseline, the user's own check too. */
export async function runCell(beside: Beside, spec: RunSpec, name: string, required: boolean): Promise<CellRun> {
  const { baseline, moved, room } = beside
  try {
    const record = await room(() => runBriefly(beside, spec))
    return { cell: { name, required, ...outcomeOf(compare(baseline, record, moved), record) }, record }
  } catch (error) {
    if (!(error instanceof HardenError) || error.code !== 'engine-failed') throw error
    return { cell: notAsked(name, `the engine has no such run: ${error.message}`, required), record: null }
  }
}

/**
 * How it ends is judged of the run that was compared, and what it printed is only read for what fails. Checks of the
 * user's own may look at either.
 */
async function runBriefly(beside: Beside, spec: RunSpec): Promise<RunRecord> {
  const { engine, baseline, moved, smoke } = beside
  const options: ContainerOptions = { ...besideOptions(beside, baseline, moved), leavings: 'none' }
  if (smoke.length > 0) return runOnce(engine, spec, options)
  const live = await runContainer(engine, spec, options)
  const { parity, locked } = compare(baseline, await live.snapshot('seen'), moved)
  const record = parity && locked ? await live.snapshot('seen') : await live.snapshot('logs')
  // Nobody waits for it; what it leaves undone, the end of the session does.
  live.remove().catch(() => undefined)
  return record
}

/** What of a run is not as it was; its last words say more than the check. */
export function outcomeOf(
  { checks }: Pick<ReturnType<typeof compare>, 'checks'>,
  record: RunRecord,
): Pick<ReportCell, 'outcome' | 'reason'> {
  const failed = checks.find((check) => !check.passed)
  if (failed === undefined) return { outcome: 'pass', reason: '' }
  const words = tail(record.logs)
  const reason = `${failed.name}: was ${failed.baseline}, is ${failed.result}${words === '' ? '' : `; its last words: ${words}`}`
  return { outcome: 'fail', reason }
}

/** `required` where it should have been run and could not be: nothing rests on what was not seen. */
export function notAsked(name: string, reason: string, required = false): ReportCell {
  return { name, required, outcome: 'not asked', reason }
}
