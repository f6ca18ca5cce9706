import type { ImageFacts } from '../image/facts.ts'
import type { StagePlan } from '../plan/plan.ts'
import type { Observation } from '../plan/stage-input.ts'
import { type Comparison, isPassed } from './checks/index.ts'
import type { RunRecord } from './container/run-record.ts'

/** What runs of the original have shown of one service. An image that runs alone is the only service of its stack. */
export interface ServiceSeen {
  readonly facts: ImageFacts
  /** The image that it runs, as the engine calls it. */
  readonly image: string
  /** Its usual run. */
  readonly baseline: RunRecord
  /** The run that is learned from: traced, where it could be. */
  readonly original: RunRecord
  readonly observation: Observation
  /** Capabilities that the original used, null where nobody traced it. Absent: runs of its own tell which of them it needs. */
  readonly used?: readonly string[] | null
}

/** One service in a round. */
export interface Tried {
  /** What was planned for it; null where nothing was, or where it may fail because of another service. */
  readonly plan: StagePlan | null
  /** The folder that it starts in. */
  readonly workdir: string
  /** Null where it did not build. */
  readonly run: TriedRun | null
}

export interface TriedRun {
  readonly record: RunRecord
  /** The same under the tracer; null where that was not asked for, or could not be. Of a program that is restarted it may have no trace. */
  readonly traced: RunRecord | null
  readonly comparison: Comparison
}

export function hasPassed({ run }: { readonly run: Pick<TriedRun, 'comparison'> | null }): boolean {
  return run !== null && isPassed(run.comparison)
}
