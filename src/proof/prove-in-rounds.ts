import type { Hardened } from '../harden.ts'
import type { StagePlan } from '../plan/plan.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { conclude } from './conclude.ts'
import { askHelp } from './learn/ask-help.ts'
import { learnedFrom } from './learn/learn.ts'
import { type Learning, taughtBy } from './learn/learning.ts'
import { minimize } from './minimize.ts'
import { type OriginalSeen, seeOriginal } from './original-seen.ts'
import type { Proof, ProveRequest } from './prove.ts'
import { neededCapability } from './root/needed-capability.ts'
import { proveRoot } from './root/prove-root.ts'
import { refusesOthers, scriptsOf } from './root/refuses-others.ts'
import { type Round, runRound } from './round.ts'
import { removeVolumes } from './run/volumes.ts'
import { withoutRound } from './without-round.ts'

const MOST_ROUNDS = 5

/** Of one target: plans and writes again with what was learned. */
type Planner = (learning: Learning) => Promise<Hardened>

export async function proveInRounds(request: ProveRequest): Promise<Proof> {
  const seen = await seeOriginal(request)
  const { live, original, baseline, observation, remarks, filled } = seen
  const hardenWith: Planner = ({ learned, spared, help }) =>
    request.harden({ ...observation, operations: [...observation.operations, ...learned], spared, help })
  const ran = await runRounds(request, seen, hardenWith)
  if ('proof' in ran) return ran.proof
  const { rounds, learning } = ran
  const needsRoot = await neededAsRoot(request, seen, rounds.at(-1))
  if (needsRoot !== null) {
    const hardened = await request.harden({ ...observation, needsRoot })
    const plan = planOf(request, hardened)
    if (plan?.outcome === 'needs-root') return proveRoot(request, live, original, { hardened, plan, remarks })
  }
  const { operations } = observation
  const hardenWithout = (spared: readonly string[]): Promise<Hardened> => hardenWith({ ...learning, spared })
  const { spared } = learning
  const least = request.minimize
    ? await minimize({ baseline, operations, request, original, hardenWithout, spared }, rounds)
    : { rounds, remarks: [] }
  const proof = await conclude(request, live, original, least.rounds, [...remarks, ...least.remarks], filled)
  await removeVolumes(request.engine, filled)
  return proof
}

type Ran = { readonly proof: Proof } | { readonly rounds: readonly Round[]; readonly learning: Learning }

/** Round after round until one teaches nothing new; a proof where there is nothing to run as non-root. */
async function runRounds(request: ProveRequest, seen: OriginalSeen, hardenWith: Planner): Promise<Ran> {
  const { baseline, original, observation, first, unfit, ahead } = seen
  const { operations } = observation
  const rounds: Round[] = []
  let learning: Learning = { learned: [], spared: [], help: null }
  const ask = async (plan: StagePlan | undefined): Promise<void> => {
    if (plan?.outcome === 'harden') learning = { ...learning, help: await askHelp(request, plan, operations) }
  }
  if (unfit === null) await ask(first)
  while (rounds.length < MOST_ROUNDS) {
    const hardened = await hardenWith(learning)
    const plan = planOf(request, hardened)
    const isRun = plan?.outcome === 'harden' && unfit === null
    const started = rounds.length === 0 ? await ahead.roundFor(isRun ? hardened.result.output : null) : null
    if (!isRun) return { proof: await withoutRound(request, seen, hardened) }
    if (rounds.some((other) => other.hardened.result.output === hardened.result.output)) break
    const number = request.before + rounds.length + 1
    const round = started ?? (await runRound(request, { baseline, operations, original }, hardened, plan, number))
    rounds.push(round)
    const taught = taughtBy(request, seen, rounds, planOf(request, round.hardened) ?? plan, learning)
    const asPlanned = round.hardened.result.output === hardened.result.output
    if (asPlanned && taught === null) break
    learning = taught ?? learning
    if (taught?.misplaced === true && learning.help === null) await ask(planOf(request, await hardenWith(learning)))
  }
  return { rounds, learning }
}

/** Why it must keep root, by what the last round was refused; null where nothing says so. */
async function neededAsRoot(
  request: ProveRequest,
  { original, baseline }: OriginalSeen,
  last: Round | undefined,
): Promise<string | null> {
  if (last === undefined) return null
  // A chroot that it did not come to is only inferred, and what cures it has had its round.
  const refused = learnedFrom(last, original, baseline, []).filter(({ access }) => access !== 'chroot')
  return (
    refusesOthers(last, { ...scriptsOf(request.facts), refused }) ??
    (await neededCapability(request, baseline, original, last))
  )
}

function planOf({ stage }: Pick<ProveRequest, 'stage'>, { plan }: Hardened): StagePlan | undefined {
  return stagePlanOf(plan, stage)
}
