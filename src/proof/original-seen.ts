import { decided, type StagePlan } from '../plan/plan.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import type { RunRecord } from './container/run-record.ts'
import { unfitBaseline } from './invalid-baseline.ts'
import { observationOf } from './observation.ts'
import type { Original } from './original.ts'
import type { ProveRequest } from './request.ts'
import { dropRound, hasPassed, type Round, runRound } from './round.ts'

/**
 * A first round that begins while the original is started for the second time: what only that start shows is rare. It
 * counts where the plan in the end is the one that it began with; and where it failed, since it shows why all the same.
 */
export interface Ahead {
  /** Its round, where it counts for a plan with this text; else null, and nothing is left of it. */
  roundFor(text: string | null): Promise<Round | null>
}

const NONE: Ahead = { roundFor: async () => null }

export async function startAhead(
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
