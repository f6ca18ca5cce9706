import type { Engine, Mount } from '../engine/engine.ts'
import type { Hardened } from '../harden.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { Operation } from '../plan/operation.ts'
import type { StagePlan } from '../plan/plan.ts'
import type { Observation } from '../plan/stage-input.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import type { ReportProof } from '../report/report.ts'
import type { SmokeCheck } from '../smoke-check.ts'
import { startAhead } from './ahead.ts'
import { askHelp } from './ask-help.ts'
import type { Original } from './baseline.ts'
import { type JudgeRequest, judge } from './judge.ts'
import { learnedFrom } from './learn.ts'
import type { Live } from './live.ts'
import { minimize } from './minimize.ts'
import { misplacedPorts } from './misplaced-ports.ts'
import { neededCapability } from './needed-capability.ts'
import { observationOf } from './observation.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import { proveRoot } from './prove-root.ts'
import { writableMounts } from './read-only.ts'
import { lackedPrivilege } from './refused-privilege.ts'
import { refusesOthers, scriptsOf, switchNotTried } from './refuses-others.ts'
import { hasPassed, type Round, runRound } from './round.ts'
import type { RunRecord } from './run-record.ts'
import type { Room } from './side-by-side.ts'
import { withEnd } from './smoke/run-checks.ts'
import type { Stopwatch } from './stopwatch.ts'
import { untracedOriginal, untracedRun } from './traced-run.ts'
import { unexercised } from './unexercised.ts'
import { unfitBaseline } from './unfit.ts'
import { uselessCures } from './useless-cures.ts'
import { removeVolumes } from './volumes.ts'

const MOST_ROUNDS = 5

export interface ProveRequest {
  readonly engine: Engine
  /** The original as an image of the engine. */
  readonly baseline: string
  readonly facts: ImageFacts
  /** Under way already: it needs the image only. */
  readonly original: Promise<Original>
  /** Plans and writes again with what was learned. */
  readonly harden: (observation: Observation) => Hardened
  /** Builds a resulting text; gives the image's tag. */
  readonly build: (text: string, round: number) => Promise<string>
  /** The stage that is built. */
  readonly stage: number
  readonly smoke: readonly SmokeCheck[]
  /** The original as people call it; null where it is only built here. */
  readonly reference: string | null
  /** It has to work with any uid and group 0. */
  readonly arbitraryUid: boolean
  /** Trace the runs; `--no-trace` goes without. */
  readonly trace: boolean
  /** For the runs that are independent of each other. */
  readonly room: Room
  /** What the original is run with beside the default capabilities. */
  readonly capAdd: readonly string[]
  /** Leave out all without which it still works. */
  readonly minimize: boolean
  /** What is known not to be shown. */
  readonly remarks: readonly string[]
  /** It runs since the work on this target began. */
  readonly times: Stopwatch
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export interface Proof {
  readonly hardened: Hardened
  /** Null where there was nothing to prove: it runs as non-root already, or must keep root. */
  readonly report: ReportProof | null
  /** Why it did not pass, one sentence each; empty when it did. */
  readonly failures: readonly string[]
  /** For what must keep root: what was shown of how little it needs. */
  readonly advice?: string
}

/** Runs the original, plans from what it did, builds, runs the result locked down beside it, and goes round until it works. */
export async function prove(request: ProveRequest): Promise<Proof> {
  const proof = await proveTimed(request)
  return proof.report === null ? proof : { ...proof, report: request.times.on(proof.report) }
}

async function proveTimed(request: ProveRequest): Promise<Proof> {
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
    unfitBaseline(baseline, facts) ?? (first?.outcome === 'harden' ? await unexercised(request, seenWork) : null)
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
      const failures = plan?.outcome === 'harden' ? [unfit] : []
      return { hardened, report: proofReport(engine.version, record, null, 0, [...remarks, unfit]), failures }
    }
    if (rounds.some((other) => other.hardened.result.output === hardened.result.output)) break
    const current =
      (round === 1 ? started : null) ?? (await runRound(request, { ...beside, original }, hardened, plan, round))
    const useless = uselessCures(rounds.at(-1) ?? null, current, request.stage)
    rounds.push(current)
    const refused = learnedFrom(current, original, baseline, facts.config.workdir, learned)
    const untried = learned.some(({ access }) => access === 'switch-user')
      ? []
      : switchNotTried(current, { ...scriptsOf(facts), refused })
    const news = [...refused, ...untried]
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
  const refused = (last === undefined ? [] : learnedFrom(last, original, baseline, facts.config.workdir, [])).filter(
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

/** The last round that passed, watched to the end; else the last one, with what is missing. */
async function conclude(
  request: ProveRequest,
  live: Live,
  original: RunRecord,
  rounds: readonly Round[],
  remarks: readonly string[],
  filled: readonly Mount[],
): Promise<Proof> {
  const best = rounds.findLast(hasPassed) ?? rounds.at(-1)
  if (best === undefined) throw new Error('a proof has at least one round')
  for (const round of rounds) if (round !== best && hasPassed(round)) await round.run?.live.finish()
  if (best.run === null) {
    const failures = [best.failure ?? 'the result does not build']
    const baseline = await live.finish()
    const report = proofReport(request.engine.version, baseline, null, rounds.length, [...remarks, ...failures])
    return { hardened: best.hardened, report, failures }
  }
  const { baseline, run } = await judge(judgeRequest(request, original, best, filled), live, original, best.run)
  return {
    hardened: best.hardened,
    report: proofReport(request.engine.version, baseline, run, rounds.length, [
      ...remarks,
      ...untracedRun(original, best.run),
    ]),
    failures: failuresOf(run),
  }
}

function judgeRequest(
  request: ProveRequest,
  original: RunRecord,
  { hardened, image, moved, run }: Round,
  filled: readonly Mount[],
): JudgeRequest {
  const plan = planOf(request, hardened)
  const user = plan?.account ?? null
  const operations = run?.traced?.trace?.operations ?? observationOf(original, request.facts).operations
  const mounts = writableMounts(operations, plan ?? { grants: [] }, request.facts, user)
  return { ...request, image, moved, user, mounts, filled }
}

function planOf({ stage }: Pick<ProveRequest, 'stage'>, { plan }: Hardened): StagePlan | undefined {
  return stagePlanOf(plan, stage)
}
