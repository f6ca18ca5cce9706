import type { Mount } from '../engine/engine.ts'
import { decided, type StagePlan } from '../plan/plan.ts'
import type { Observation } from '../plan/stage-input.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { untracedOriginal } from './caveats.ts'
import type { Container } from './container/container.ts'
import type { RunRecord } from './container/run-record.ts'
import { unexercised, unfitBaseline } from './invalid-baseline.ts'
import { observationOf } from './learn/observation.ts'
import type { Original } from './original.ts'
import type { ProveRequest } from './prove.ts'
import { dropRound, hasPassed, type Round, runRound } from './round.ts'
import { withEnd } from './smoke/run-checks.ts'

/** What runs of the original have shown. */
export interface OriginalSeen {
  /** Still up. */
  readonly live: Container
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
  const seen = await live.snapshot('logs')
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

/**
 * A first round that begins while the original is started for the second time: what only that start shows is rare. It
 * counts where the plan in the end is the one that it began with; and where it failed, since it shows why all the same.
 */
interface Ahead {
  /** Its round, where it counts for a plan with this text; else null, and nothing is left of it. */
  roundFor(text: string | null): Promise<Round | null>
}

const NONE: Ahead = { roundFor: async () => null }

async function startAhead(
  request: ProveRequest,
  baseline: RunRecord,
  { begun, study }: Pick<Original, 'begun' | 'study'>,
): Promise<Ahead> {
  const record = await begun
  // Checks of the user's own may want to see how the original ends.
  if (record === null || request.smoke.length > 0) return NONE
  const observation = observationOf(record, request.facts)
  const hardened = await request.harden(observation)
  const plan = stagePlanOf(hardened.plan, request.stage)
  if (plan === undefined || !isSure(plan) || unfitBaseline(baseline, request.facts) !== null) return NONE
  const { operations } = observation
  const round = runRound(request, { baseline, operations, original: study }, hardened, plan, request.before + 1)
  // It is waited for later.
  round.catch(() => undefined)
  return {
    async roundFor(text) {
      const done = await round
      if (text !== null && (text === hardened.result.output || !hasPassed(done))) return done
      await dropRound(done)
      return null
    },
  }
}

/** A port that it could not move is asked of the program's help first. */
function isSure(plan: StagePlan): boolean {
  return plan.outcome === 'harden' && decided(plan, 'port').every(({ to }) => to !== null)
}
