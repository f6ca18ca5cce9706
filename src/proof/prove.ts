import type { Mount } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import { baseName } from '../places.ts'
import { decided, type StagePlan, stagePlanOf } from '../plan/plan.ts'
import type { Observation } from '../plan/stage-input.ts'
import type { Hardened } from '../report/report.ts'
import {
  askedToWrite,
  emptyFolders,
  helpersOfOthers,
  leftBehind,
  namedFolders,
  readState,
  startsNothing,
  unaskedRoutes,
  unknownNames,
  unrunScripts,
  unseenWork,
  unsentPackets,
  unshownPlaces,
  untracedOriginal,
  untracedRun,
} from './caveats.ts'
import { operationsBy } from './checks/check.ts'
import { writableMounts } from './conditions/writable-mounts.ts'
import type { Container } from './container/container.ts'
import type { RunRecord } from './container/run-record.ts'
import { removeVolumes } from './container/run-specs.ts'
import { grantHelpers } from './helper-capability.ts'
import { type Doubt, unexercised, unfitBaseline } from './invalid-baseline.ts'
import { type JudgeRequest, judge, type Late } from './judge.ts'
import { askHelp, askOwnWay, type Learning, learnedFrom, taughtBy } from './lessons.ts'
import { type MinimizeRequest, minimize } from './minimize.ts'
import { lackedPrivilege, neededCapability, refusesOthers, scriptsOf, whoAsksForRoot } from './needs-root.ts'
import { observationOf } from './observation.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import { proveRoot } from './prove-root.ts'
import type { Proof, ProveRequest } from './request.ts'
import { dropRound, hasLowPort, hasPassed, type Round, runRound, runUnrefused } from './round.ts'
import { withEnd } from './smoke/run-checks.ts'
import { type SpeculativeRound, speculativeRound } from './speculation.ts'

/** Runs the original, plans from what it did, builds, runs the result locked down beside it, and goes round until it works. */
export async function prove(request: ProveRequest): Promise<Proof> {
  const first = await proveInRounds(request)
  const { late = null } = first
  const proof = late !== null && request.trace ? await proveLonger(request, first, late) : first
  return proof.report === null ? proof : { ...proof, report: request.times.on(proof.report) }
}

/** Failures that appear only after a while are learned from runs that are traced that long. */
function proveLonger(request: ProveRequest, { report }: Proof, late: Late): Promise<Proof> {
  request.progress('something failed only later: running both again, traced for longer')
  const original = request.again(late.after)
  return proveInRounds({ ...request, original, late, before: report?.rounds ?? 0 })
}

const MOST_ROUNDS = 5

/** Plans and writes one target again with what was learned. */
type Planner = (learning: Learning) => Promise<Hardened>

async function proveInRounds(request: ProveRequest): Promise<Proof> {
  const seen = await seeOriginal(request)
  const { live, original, baseline, observation, remarks, filled } = seen
  const hardenWith: Planner = ({ learned, ...rest }) =>
    request.harden({ ...observation, operations: [...observation.operations, ...learned], ...rest })
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
  const hardenWithout = (excluded: readonly string[]): Promise<Hardened> => hardenWith({ ...learning, excluded })
  const { excluded } = learning
  const least = request.minimize
    ? await minimize({ baseline, operations, request, original, hardenWithout, excluded }, rounds)
    : { rounds, remarks: [] }
  const proof = await conclude(request, seen, least.rounds, [...remarks, ...least.remarks], hardenWithout)
  await removeVolumes(request.engine, filled)
  return proof
}

type Ran = { readonly proof: Proof } | { readonly rounds: readonly Round[]; readonly learning: Learning }

/** Runs rounds until one teaches nothing new; gives a proof at once where there is nothing to run as non-root. */
async function runRounds(request: ProveRequest, seen: OriginalSeen, hardenWith: Planner): Promise<Ran> {
  const { baseline, original, observation, first, unfit, speculative } = seen
  const { operations } = observation
  const rounds: Round[] = []
  let learning: Learning = { learned: [], excluded: [], help: null, ownWay: null }
  let isSeenWhole = false
  let isAskedForWay = false
  const ask = async (plan: StagePlan | undefined): Promise<void> => {
    if (plan?.outcome === 'harden') learning = { ...learning, help: await askHelp(request, plan, operations) }
  }
  if (unfit === null) await ask(first)
  while (rounds.length < MOST_ROUNDS) {
    const hardened = await hardenWith(learning)
    const plan = planOf(request, hardened)
    const isRun = plan?.outcome === 'harden' && unfit === null
    const started =
      rounds.length === 0
        ? await speculative.roundFor(isRun ? { text: hardened.result.output, keepsLowPort: hasLowPort(plan) } : null)
        : null
    if (!isRun) return { proof: await withoutRound(request, seen, hardened) }
    if (rounds.some((other) => other.hardened.result.output === hardened.result.output)) break
    const number = request.before + rounds.length + 1
    const round = started ?? (await runRound(request, { baseline, operations, original }, hardened, plan, number))
    rounds.push(round)
    const refused = isAskedForWay ? [] : learnedFrom(round, original, baseline, learning.learned)
    if (!isAskedForWay && whoAsksForRoot(round, { ...scriptsOf(request.facts), refused }) !== null) {
      isAskedForWay = true
      const way = await askOwnWay(request, round, refused)
      learning = { ...learning, ownWay: way }
      if (way !== null) continue
    }
    const taught = taughtBy(request, seen, rounds, planOf(request, round.hardened) ?? plan, learning)
    const asPlanned = round.hardened.result.output === hardened.result.output
    if (asPlanned && taught === null) break
    const news = taught?.learned.slice(learning.learned.length) ?? []
    learning = taught ?? learning
    if (!isSeenWhole && isStopped(request, round, news)) {
      const open = await runUnrefused(request, seen, round, planOf(request, round.hardened) ?? plan)
      learning = { ...learning, learned: [...learning.learned, ...open.operations] }
      isSeenWhole = open.isWhole
    }
    if (taught?.misplaced === true && learning.help === null) await ask(planOf(request, await hardenWith(learning)))
  }
  return { rounds, learning }
}

/** Whether a round that was refused files says to be run with nothing refused: what else it needs shows only then. */
function isStopped({ trace }: ProveRequest, round: Round, news: readonly Operation[]): boolean {
  const isTraced = trace && round.run?.traced?.trace != null
  return isTraced && !hasPassed(round) && news.some(({ path }) => path !== null)
}

/** What runs of the original have shown. */
interface OriginalSeen {
  /** Still up. */
  readonly live: Container
  /** The untraced run, and the studied one. */
  readonly baseline: RunRecord
  readonly original: RunRecord
  readonly observation: Observation
  /** The plan from that run alone; absent where the stage has none. */
  readonly first: StagePlan | undefined
  /** Volumes that a root run of it has filled. */
  readonly filled: readonly Mount[]
  /** Why it cannot be compared with; null where it can. */
  readonly unfit: string | null
  /** The work that the comparison says nothing about, if any. */
  readonly doubt: Doubt | null
  readonly remarks: readonly string[]
  readonly speculative: SpeculativeRound
}

async function seeOriginal(request: ProveRequest): Promise<OriginalSeen> {
  const { facts, times } = request
  const { live, begun, study, filled, nobody } = await request.original
  const seen = await live.snapshot('logs')
  times.lap('original')
  // Checks of the user's own may want to see how the original ends.
  const early = request.smoke.length > 0 ? Promise.resolve(null) : begun
  const speculative = await speculativeRound(early, async (record) => {
    const observed = observationOf(record, facts)
    const hardened = await request.harden(observed)
    const plan = planOf(request, hardened)
    // For a port that stays, the program's help is asked first.
    const isSure = plan?.outcome === 'harden' && decided(plan, 'port').every(({ to }) => to !== null)
    if (!isSure || unfitBaseline(seen, facts) !== null) return null
    const { operations } = observed
    const from = { baseline: seen, operations, original: study }
    return { round: runRound(request, from, hardened, plan, request.before + 1) }
  })
  const original = await study
  const baseline = { ...seen, smoke: withEnd(seen.smoke, original) }
  times.lap('original')
  const observation = observationOf(original, facts)
  const work = workOf({ baseline, original })
  const first = planOf(request, await request.harden(observation))
  const unfit = unfitBaseline(work, facts)
  return {
    live,
    baseline,
    original,
    observation,
    first,
    filled,
    unfit,
    doubt: unfit === null && first?.outcome === 'harden' ? await unexercised(request, work) : null,
    remarks: [...request.remarks, ...unknownNames(nobody), ...untracedOriginal(request.trace, original)],
    speculative,
  }
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

/** The proof of what is not run as non-root: it must keep root, runs as another user already, or is nothing to compare with. */
async function withoutRound(request: ProveRequest, seen: OriginalSeen, hardened: Hardened): Promise<Proof> {
  const { unfit, live, original, remarks } = seen
  const plan = planOf(request, hardened)
  if (unfit === null && plan?.outcome === 'needs-root')
    return proveRoot(request, live, original, { hardened, plan, remarks })
  const record = await live.finish()
  if (unfit === null) return { hardened, report: null, failures: [] }
  const report = (why: string): Proof['report'] => proofReport(request.engine.version, record, null, 0, remarks, [why])
  const needsRoot = await lackedPrivilege(request, record)
  if (needsRoot !== null) {
    const kept = await request.harden({ ...seen.observation, needsRoot })
    return { hardened: kept, report: report(unfit), failures: [] }
  }
  // Its log files are read only at the end.
  const why = unfitBaseline({ ...workOf(seen), logFiles: record.logFiles }, request.facts) ?? unfit
  return { hardened, report: report(why), failures: [] }
}

/** Concludes with the last round that passed, watched to the end; else with the last round and what it lacks. */
async function conclude(
  request: ProveRequest,
  { live, original, filled, doubt }: OriginalSeen,
  rounds: readonly Round[],
  remarks: readonly string[],
  hardenWithout: MinimizeRequest['hardenWithout'],
): Promise<Proof> {
  const best = rounds.findLast(hasPassed) ?? rounds.at(-1)
  if (best === undefined) throw new Error('a proof has at least one round')
  for (const round of rounds) if (round !== best && hasPassed(round)) await dropRound(round)
  if (best.run === null) {
    const failures = [best.failure ?? 'the result does not build']
    const baseline = await live.finish()
    const report = proofReport(request.engine.version, baseline, null, request.before + rounds.length, [
      ...remarks,
      ...failures,
    ])
    return { hardened: best.hardened, report, failures }
  }
  const plan = planOf(request, best.hardened)
  const grants = plan === undefined ? [] : decided(plan, 'grant')
  const edits = plan === undefined ? [] : decided(plan, 'edit-file')
  const { baseline, run, late, pending } = await judge(
    judgeRequest(request, original, best, filled),
    live,
    original,
    best.run,
  )
  const seen = { baseline, round: best, hardenWithout }
  const { checks } = run.comparison
  const capability = plan === undefined ? null : await grantHelpers(request, plan, checks, seen)
  const reasons = [
    ...(doubt?.isRemark === false ? [doubt.message] : []),
    ...startsNothing(original, request.facts),
    ...unseenWork(baseline, original, run.record),
    ...askedToWrite(original, best.run.traced),
    ...readState({ grants }),
    ...unshownPlaces(plan?.unshown ?? []),
    ...namedFolders(request.facts, grants, plan?.account ?? null),
    ...emptyFolders(original, request.facts, grants, plan?.account ?? null, edits),
  ]
  // A check of the user's own that passes stands above them.
  const isChecked = request.smoke.length > 0
  const told = [
    ...(doubt?.isRemark === true ? [doubt.message] : []),
    ...remarks,
    ...leftBehind(original),
    ...untracedRun(original, best.run),
    ...unrunScripts(original, request.facts),
    ...unsentPackets(original, best.run.traced),
    ...helpersOfOthers(request.facts, plan?.account ?? null),
    ...unaskedRoutes(baseline, request.learned),
    ...pending,
    ...(isChecked ? reasons : []),
  ]
  const count = request.before + rounds.length
  return {
    hardened: best.hardened,
    report: proofReport(request.engine.version, baseline, run, count, told, isChecked ? [] : reasons),
    failures: [...(capability === null ? [] : [capability.message]), ...failuresOf(run)],
    capability,
    read: new Set(
      operationsBy(best.run.traced, 'done', ({ access, path }) => (access === 'read' ? path : null)).keys(),
    ),
    ...(best.run.traced?.trace ? { operations: best.run.traced.trace.operations } : {}),
    late: capability === null ? late : null,
  }
}

function judgeRequest(
  request: ProveRequest,
  original: RunRecord,
  { hardened, image, moved, keepsLowPort, run }: Round,
  filled: readonly Mount[],
): JudgeRequest {
  const plan = planOf(request, hardened)
  const user = plan?.account ?? null
  const own = { grants: plan === undefined ? [] : decided(plan, 'grant'), handed: plan?.handed ?? [] }
  const operations = run?.traced?.trace?.operations ?? observationOf(original, request.facts).operations
  const mountsFor = (more: readonly Operation[]): readonly Mount[] =>
    writableMounts([...operations, ...more], own, request.facts, user)
  const disarmed = plan === undefined ? [] : decided(plan, 'drop-capabilities').map(({ name }) => baseName(name))
  return { ...request, image, moved, keepsLowPort, user, mountsFor, filled, disarmed }
}

/** The reference run, and what the result was seen to do. */
function workOf({ baseline, original }: Pick<OriginalSeen, 'baseline' | 'original'>): RunRecord {
  return { ...baseline, trace: original.trace, traceRefused: original.traceRefused }
}
