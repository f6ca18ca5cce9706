import type { Engine, Mount, RunSpec } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { ProfileUser } from '../../manifests/profile.ts'
import type { ReportCell } from '../../report/report.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import { causeOf } from '../cause.ts'
import { type Comparison, compare } from '../checks/index.ts'
import { type ContainerOptions, runContainer, runOnce } from '../container/container.ts'
import type { Limiter } from '../container/limiter.ts'
import type { RunRecord } from '../container/run-record.ts'
import { besideOptions, type KeptPorts } from '../container/run-specs.ts'

/** One way in which a result is run, beside the run that is compared. */
export type Condition = FirstCondition | LastCondition

interface Named {
  /** Unique; the report and the table of conditions in docs/reference/checks.md call it so. */
  readonly name: string
  /** What fails under it: the text of that row. */
  readonly summary: string
}

/** It need not wait for what the result itself was seen to do. */
export interface FirstCondition extends Named {
  /** `cause`: it is also run with a result that does not work, since it may be why. */
  readonly when: 'start' | 'cause'
  /** It is run again where the mounts that it takes turn out to be others. */
  readonly usesMounts?: true
  /** A result that fails it has not passed. */
  isRequired(request: FirstConditionsRequest): boolean
  /** The run that was compared was under it already. */
  isCompared(request: FirstConditionsRequest): boolean
  run(request: FirstConditionsRequest): Promise<ReportCell>
}

export interface LastCondition extends Named {
  readonly when: 'end'
  /** The name of one before it in the list, whose outcome it needs. */
  readonly after?: string
  /** Nothing is said of it where it was not run. */
  readonly isOptional?: true
  /** Null where there is nothing to run. */
  run(request: ConditionsRequest, before: ReportCell | null): Promise<ReportCell | null>
}

/** What every condition is compared with, and how. */
export interface Beside {
  readonly engine: Engine
  /** Of the original. */
  readonly facts: ImageFacts
  readonly smoke: readonly SmokeCheck[]
  readonly signal: AbortSignal
  readonly limiter: Limiter
  readonly baseline: RunRecord
  /** Which port of the baseline is which now. */
  readonly moved: ReadonlyMap<number, number>
}

/** Of the conditions that need not wait for what the result itself was seen to do. */
export interface FirstConditionsRequest extends Beside, KeptPorts {
  /** The result as an image of the engine. */
  readonly image: string
  /** What a read-only root is expected to need: by what the original wrote. */
  readonly mounts: readonly Mount[]
  /** It has to work with any uid; then the run that was compared had one. */
  readonly arbitraryUid: boolean
}

export interface ConditionsRequest extends FirstConditionsRequest {
  /** Who it runs as; null where no number is known. */
  readonly user: Pick<ProfileUser, 'uid' | 'gid'> | null
  /** What a read-only root needs to be writable, by what the result itself wrote. */
  readonly mounts: readonly Mount[]
  /** Volumes that a root run of the original has filled. */
  readonly filled: readonly Mount[]
  /** The original as people call it; null where it was only built here. */
  readonly reference: string | null
}

export interface ConditionRun {
  readonly cell: ReportCell
  /** Null where the engine could not make such a container. */
  readonly record: RunRecord | null
}

/**
 * Runs a result under one condition and compares all that it does with the baseline, the user's own check too. One that
 * counts, and fails while the program is up, is run once more: on a busy machine an answer can miss its time.
 */
export async function runUnder(beside: Beside, spec: RunSpec, name: string, required: boolean): Promise<ConditionRun> {
  const first = await runOnceUnder(beside, spec, name, required)
  if (!mayBeChance(first)) return first
  return afterFailure(first, await runOnceUnder(beside, spec, name, required))
}

export function mayBeChance({ cell, record }: ConditionRun): boolean {
  return cell.required && cell.outcome === 'fail' && record?.state.running === true
}

/** What two runs show of which the first has failed: a pass says that it is the second. */
export function afterFailure({ cell: { reason } }: ConditionRun, second: ConditionRun): ConditionRun {
  if (second.cell.outcome !== 'pass') return second
  return { ...second, cell: { ...second.cell, reason: `it failed once (${reason}), and not when it was run again` } }
}

async function runOnceUnder(beside: Beside, spec: RunSpec, name: string, required: boolean): Promise<ConditionRun> {
  const { baseline, moved, limiter } = beside
  try {
    const record = await limiter(() => runBriefly(beside, spec))
    return { cell: { name, required, ...outcomeOf(compare(baseline, record, moved), baseline, record) }, record }
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

/** What of a run is not as it was. */
export function outcomeOf(
  { checks }: Pick<Comparison, 'checks'>,
  baseline: RunRecord,
  record: RunRecord,
): Pick<ReportCell, 'outcome' | 'reason'> {
  const reason = causeOf(checks, baseline, record)
  return reason === null ? { outcome: 'pass', reason: '' } : { outcome: 'fail', reason }
}

/** `required` where it should have been run and could not be: nothing rests on what was not seen. */
export function notAsked(name: string, reason: string, required = false): ReportCell {
  return { name, required, outcome: 'not asked', reason }
}

/** Of one that it was seen to stand without a run of its own. */
export function passed(name: string, reason: string): ReportCell {
  return { name, required: true, outcome: 'pass', reason }
}
