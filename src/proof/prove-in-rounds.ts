import type { Hardened } from '../harden.ts'
import type { Operation } from '../plan/operation.ts'
import type { StagePlan } from '../plan/plan.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { startAhead } from './ahead.ts'
import { unexercised } from './compare/unexercised.ts'
import { unfitBaseline } from './compare/unfit.ts'
import { conclude } from './conclude.ts'
import { askHelp } from './learn/ask-help.ts'
import { learnedFrom } from './learn/learn.ts'
import { misplacedPorts } from './learn/misplaced-ports.ts'
import { observationOf } from './learn/observation.ts'
import { movedInVain, uselessCures } from './learn/useless-cures.ts'
import { minimize } from './minimize.ts'
import { proofReport } from './proof-report.ts'
import type { Proof, ProveRequest } from './prove.ts'
import { neededCapability } from './root/needed-capability.ts'
import { proveRoot } from './root/prove-root.ts'
import { lackedPrivilege } from './root/refused-privilege.ts'
import { refusesOthers, scriptsOf, switchNotTried } from './root/refuses-others.ts'
import { hasPassed, type Round, runRound } from './round.ts'
import { untracedOriginal } from './run/traced-run.ts'
import { removeVolumes } from './run/volumes.ts'
import { withEnd } from './smoke/run-checks.ts'

const MOST_ROUNDS = 5

export async function proveInRounds(request: ProveRequest): Promise<Proof> {
  const { engine, facts, times } = request
  const { live, begun, study, filled } = await request.original
  const seen = await live.peek()
  times.lap('original')
  const ahead = await startAhead(request, seen, { begun, study })
  const original = await study
  const baseline = { ...seen, smoke: withEnd(seen.smoke, original) }
  times.lap('original')
  const observation = observationOf(original, facts)
  const beside = { baseline, operations: observation.operations }
  const remarks = [...request.remarks, ...untracedOriginal(request.trace, original)]
  const first = planOf(request, request.harden(observation))
  const seenWork = { ...baseline, trace: original.trace }
  const unfit =
    unfitBaseline(seenWork, facts) ?? (first?.outcome === 'harden' ? await unexercised(request, seenWork) : null)
  const rounds: Round[] = []
  let learned: readonly Operation[] = []
  let spared: readonly string[] = []
  let help =
    unfit === null && first?.outcome === 'harden' ? await askHelp(request, first, observation.operations) : null
  const hardenWithout = (without: readonly string[]): Hardened =>
    request.harden({ ...observation, operations: [...observation.operations, ...learned], spared: without, help })
  const started = await ahead.roundFor(
    unfit === null && first?.outcome === 'harden' ? hardenWithout([]).result.output : null,
  )
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const hardened = hardenWithout(spared)
    const plan = planOf(request, hardened)
    if (plan === undefined || plan.outcome !== 'harden' || unfit !== null) {
      if (unfit === null && plan?.outcome === 'needs-root')
        return proveRoot(request, live, original, { hardened, plan, remarks }).finally(() => times.lap('capabilities'))
      const record = await live.finish()
      const lacking = unfit === null ? null : await lackedPrivilege(request, record)
      if (lacking !== null) {
        const kept = request.harden({ ...observation, needsRoot: lacking })
        const report = proofReport(engine.version, record, null, 0, [...remarks, unfit ?? ''])
        return { hardened: kept, report, failures: [] }
      }
      if (unfit === null) return { hardened, report: null, failures: [] }
      // Its log files are read only now.
      const why = unfitBaseline({ ...seenWork, logFiles: record.logFiles }, facts) ?? unfit
      const failures = plan?.outcome === 'harden' ? [why] : []
      return { hardened, report: proofReport(engine.version, record, null, 0, [...remarks, why]), failures }
    }
    if (rounds.some((other) => other.hardened.result.output === hardened.result.output)) break
    const current =
      (round === 1 ? started : null) ??
      (await runRound(request, { ...beside, original }, hardened, plan, request.before + round))
    const before = rounds.at(-1) ?? null
    rounds.push(current)
    const refused = learnedFrom(current, original, baseline, learned)
    const untried = learned.some(({ access }) => access === 'switch-user')
      ? []
      : switchNotTried(current, { ...scriptsOf(facts), refused })
    const news = [...refused, ...untried]
    const useless = [...uselessCures(before, current, request.stage), ...movedInVain(current, request.stage, news)]
    const misplaced = hasPassed(current) ? [] : misplacedPorts(current, planOf(request, current.hardened) ?? plan, news)
    const asPlanned = current.hardened.result.output === hardened.result.output
    if (asPlanned && news.length === 0 && useless.length === 0 && misplaced.length === 0) break
    learned = [...learned, ...news]
    spared = [...spared, ...useless, ...misplaced]
    const kept = misplaced.length === 0 || help !== null ? undefined : planOf(request, hardenWithout(spared))
    if (kept !== undefined) help = await askHelp(request, kept, observation.operations)
  }
  const last = rounds.at(-1)
  // A chroot that it did not come to is only inferred, and what cures it has had its round.
  const refused = (last === undefined ? [] : learnedFrom(last, original, baseline, [])).filter(
    ({ access }) => access !== 'chroot',
  )
  const needsRoot =
    last === undefined
      ? null
      : (refusesOthers(last, { ...scriptsOf(facts), refused }) ??
        (await neededCapability(request, baseline, original, last)))
  if (needsRoot !== null) {
    const hardened = request.harden({ ...observation, needsRoot })
    const plan = planOf(request, hardened)
    if (plan?.outcome === 'needs-root')
      return proveRoot(request, live, original, { hardened, plan, remarks }).finally(() => times.lap('capabilities'))
  }
  const least = request.minimize
    ? await minimize({ ...beside, request, original, hardenWithout, spared }, rounds)
    : { rounds, remarks: [] }
  const proof = await conclude(request, live, original, least.rounds, [...remarks, ...least.remarks], filled)
  await removeVolumes(engine, filled)
  return proof
}

function planOf({ stage }: Pick<ProveRequest, 'stage'>, { plan }: Hardened): StagePlan | undefined {
  return stagePlanOf(plan, stage)
}
