import type { Mount } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import { baseName } from '../places.ts'
import { decided, type Grant, type StagePlan, stagePlanOf } from '../plan/plan.ts'
import type { HelpText } from '../plan/ports/told-port.ts'
import type { Observation } from '../plan/stage-input.ts'
import type { Hardened } from '../report/report.ts'
import {
  askedToWrite,
  helpersOfOthers,
  isKnownWrite,
  isRootWork,
  leftBehind,
  namedFolders,
  readState,
  startsNothing,
  unaskedRoutes,
  unaskedWrites,
  unknownNames,
  unrunScripts,
  unseenWork,
  unsentPackets,
  unshownPlaces,
  untracedOriginal,
  untracedRun,
  writesUntold,
} from './caveats.ts'
import { operationsBy } from './checks/check.ts'
import { foldersOf, unsteadyFiles } from './checks/files.ts'
import { ownPlaces, writableMounts } from './conditions/writable-mounts.ts'
import type { Container } from './container/container.ts'
import type { RunRecord } from './container/run-record.ts'
import { removeVolumes } from './container/run-specs.ts'
import { grantHelpers } from './helper-capability.ts'
import { type Doubt, unexercised, unfitBaseline } from './invalid-baseline.ts'
import { type JudgeRequest, judge, type Late } from './judge.ts'
import { askHelp, keptPorts } from './lessons.ts'
import { type MinimizeRequest, minimize } from './minimize.ts'
import { lackedPrivilege, originalUnder } from './needs-root.ts'
import { observationOf } from './observation.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import { proveRoot } from './prove-root.ts'
import type { Proof, ProveRequest, Shown } from './request.ts'
import { dropRound, hasLowPort, type Round, runRound, runUnrefused } from './round.ts'
import { type Bench, inRounds, type NextRun } from './rounds.ts'
import { withEnd } from './smoke/run-checks.ts'
import { type SpeculativeRound, speculativeRound } from './speculation.ts'
import { hasPassed } from './tried.ts'

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

/** An image by itself is a stack of one service, which no name tells from others. */
const ALONE = ''

async function proveInRounds(request: ProveRequest): Promise<Proof> {
  const seen = await seeOriginal(request)
  const { baseline, original, observation, remarks, filled } = seen
  const bench = benchOf(request, seen)
  const { rounds, evidence, idle } = await inRounds(bench)
  if (idle !== null) return withoutRound(request, seen, idle.hardened)
  const known = evidence.get(ALONE) ?? observation
  const { excluded = [] } = known
  const hardenWithout = (parts: readonly string[]): Promise<Hardened> => bench.harden({ ...known, excluded: parts })
  const { operations } = observation
  const least = request.minimize
    ? await minimize({ baseline, operations, request, original, hardenWithout, excluded }, rounds)
    : { rounds, remarks: [] }
  const proof = await conclude(request, seen, least.rounds, [...remarks, ...least.remarks], hardenWithout)
  await removeVolumes(request.engine, filled)
  return proof
}

interface Next extends NextRun {
  readonly hardened: Hardened
  /** Absent where the stage has none. */
  readonly plan: StagePlan | undefined
}

interface ImageBench extends Bench<Next, Round> {
  /** Plans and writes with what is known, and with what the program says of its ports. */
  readonly harden: (known: Observation) => Promise<Hardened>
}

function benchOf(request: ProveRequest, seen: OriginalSeen): ImageBench {
  const { baseline, original, observation, unfit, speculative } = seen
  const { engine, signal, facts } = request
  const { operations } = observation
  let early: SpeculativeRound | null = speculative
  let help: HelpText | null = null
  const asked = new Set<string>()
  const harden = (known: Observation): Promise<Hardened> => request.harden({ ...known, help })
  const planned = async (known: Observation): Promise<Next> => {
    const hardened = await harden(known)
    const plan = planOf(request, hardened)
    return { hardened, plan, text: hardened.selfContained, isRun: plan?.outcome === 'harden' && unfit === null }
  }
  return {
    harden,
    engine,
    signal,
    services: new Map([[ALONE, { facts, image: request.baseline, baseline, original, observation }]]),
    async plan(evidence) {
      const known = evidence.get(ALONE) ?? observation
      let next = await planned(known)
      const kept = next.isRun && next.plan !== undefined ? keptPorts(next.plan) : []
      if (kept.length > 0 && !asked.has(kept.join())) {
        asked.add(kept.join())
        help = (next.plan === undefined ? null : await askHelp(askedOf(request), next.plan, operations)) ?? help
        if (help !== null) next = await planned(known)
      }
      if (!next.isRun) {
        await early?.roundFor(null)
        early = null
      }
      return next
    },
    async run({ hardened, plan, text }, number) {
      if (plan === undefined) throw new Error('a stage without a plan is not run')
      const started = (await early?.roundFor({ text, keepsLowPort: hasLowPort(plan) })) ?? null
      early = null
      return started ?? runRound(request, { baseline, operations, original }, hardened, plan, request.before + number)
    },
    textOf: ({ hardened }) => hardened.selfContained,
    tried: (round) => new Map([[ALONE, round]]),
    async worksWithout(capability) {
      request.progress(`trying it without ${capability}`)
      const spec = { capDrop: [capability], capAdd: request.capAdd.filter((one) => one !== capability) }
      return (await originalUnder(request, baseline, spec)).comparison.parity
    },
    unrefused: (_, round) => runUnrefused(request, { baseline, original }, round),
  }
}

function askedOf({ engine, baseline, facts, signal }: ProveRequest): Parameters<typeof askHelp>[0] {
  return { engine, baseline, facts, signal }
}

/** What runs of the original have shown. */
interface OriginalSeen {
  /** Still up. */
  readonly live: Container
  /** The untraced run, and the studied one. */
  readonly baseline: RunRecord
  readonly original: RunRecord
  readonly observation: Observation
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
  const { live, begun, study: studied, filled, nobody } = await request.original
  const seen = await live.snapshot('logs')
  const study = studied.then(async (record) => ({
    ...record,
    unsteady: await unsteadyIn(request, seen.container, await begun),
  }))
  // It is waited for later.
  study.catch(() => undefined)
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
    filled,
    unfit,
    doubt: unfit === null && first?.outcome === 'harden' ? await unexercised(request, work) : null,
    remarks: [...request.remarks, ...unknownNames(nobody), ...untracedOriginal(request.trace, original)],
    speculative,
  }
}

/** The files that the studied run had made by its first stop, and the one that is still up has not. */
async function unsteadyIn(
  { engine, facts }: Pick<ProveRequest, 'engine' | 'facts'>,
  live: string,
  begun: RunRecord | null,
): Promise<ReadonlySet<string>> {
  const { entries, more } = begun === null ? { entries: [], more: null } : await engine.diff(live)
  if (begun === null || more !== null) return new Set()
  const added = entries.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path)
  const isOld = (path: string): boolean => facts.files.known && facts.files.value.exists(path)
  return new Set([...unsteadyFiles(begun, added, foldersOf(facts))].filter((path) => !isOld(path)))
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
  const unshown = plan?.unshown ?? []
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
    ...unaskedWrites(unshown),
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
    // Nobody knows whether it ever writes there, and nothing was refused.
    ...readState({ grants }),
    ...unshownPlaces(unshown.filter((grant) => !isKnownWrite(grant))),
    ...namedFolders(request.facts, grants, plan?.account ?? null),
    ...pending,
    ...(isChecked ? reasons : []),
  ]
  const count = request.before + rounds.length
  return {
    hardened: best.hardened,
    report: proofReport(request.engine.version, baseline, run, count, told, isChecked ? [] : reasons),
    failures: capability === null ? failuresOf(run, baseline) : [capability.message],
    capability,
    shown: shownBy(request, original, best.run.traced, grants),
    ...(best.run.traced?.trace ? { operations: best.run.traced.trace.operations } : {}),
    late: capability === null ? late : null,
  }
}

function shownBy(
  { facts }: ProveRequest,
  original: RunRecord,
  traced: RunRecord | null,
  grants: readonly Grant[],
): Shown {
  const read = new Set(operationsBy(traced, 'done', ({ access, path }) => (access === 'read' ? path : null)).keys())
  if (original.trace === null) return { read }
  const { operations } = observationOf(original, facts)
  const all = [...operations, ...(traced?.trace?.operations ?? [])]
  return { read, wrote: writesUntold(all, grants), workedAsRoot: operations.some(isRootWork) }
}

function judgeRequest(
  request: ProveRequest,
  original: RunRecord,
  { hardened, image, moved, keepsLowPort, run }: Round,
  filled: readonly Mount[],
): JudgeRequest {
  const plan = planOf(request, hardened)
  const user = plan?.account ?? null
  const own = plan === undefined ? { grants: [] } : ownPlaces(plan)
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
