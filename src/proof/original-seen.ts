import type { Mount } from '../engine/engine.ts'
import type { StagePlan } from '../plan/plan.ts'
import type { Observation } from '../plan/stage-input.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { type Ahead, startAhead } from './ahead.ts'
import { unexercised } from './compare/unexercised.ts'
import { unfitBaseline } from './compare/unfit.ts'
import { observationOf } from './learn/observation.ts'
import type { ProveRequest } from './prove.ts'
import type { Live } from './run/live.ts'
import type { RunRecord } from './run/run-record.ts'
import { untracedOriginal } from './run/traced-run.ts'
import { withEnd } from './smoke/run-checks.ts'

/** What runs of the original have shown. */
export interface OriginalSeen {
  /** Still up. */
  readonly live: Live
  /** The untraced run, and the one that is learned from. */
  readonly baseline: RunRecord
  readonly original: RunRecord
  readonly observation: Observation
  /** The plan by that alone; absent where the stage has none. */
  readonly first: StagePlan | undefined
  /** Volumes that a root run of it has filled. */
  readonly filled: readonly Mount[]
  /** Why it cannot be compared with; null where it can. */
  readonly unfit: string | null
  readonly remarks: readonly string[]
  readonly ahead: Ahead
}

export async function seeOriginal(request: ProveRequest): Promise<OriginalSeen> {
  const { facts, times } = request
  const { live, begun, study, filled } = await request.original
  const seen = await live.peek()
  times.lap('original')
  const ahead = await startAhead(request, seen, { begun, study })
  const original = await study
  const baseline = { ...seen, smoke: withEnd(seen.smoke, original) }
  times.lap('original')
  const observation = observationOf(original, facts)
  const work = workOf({ baseline, original })
  const first = stagePlanOf((await request.harden(observation)).plan, request.stage)
  return {
    live,
    baseline,
    original,
    observation,
    first,
    filled,
    unfit: unfitBaseline(work, facts) ?? (first?.outcome === 'harden' ? await unexercised(request, work) : null),
    remarks: [...request.remarks, ...untracedOriginal(request.trace, original)],
    ahead,
  }
}

/** The run that is compared with, and what the other one was seen to do. */
export function workOf({ baseline, original }: Pick<OriginalSeen, 'baseline' | 'original'>): RunRecord {
  return { ...baseline, trace: original.trace, traceRefused: original.traceRefused }
}
