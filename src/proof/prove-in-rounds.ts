import type { Hardened } from '../app/harden.ts'
import type { Operation } from '../evidence/operation.ts'
import { WORKDIR } from '../plan/grants/spare.ts'
import { decided, type Part, type StagePlan } from '../plan/plan.ts'
import type { HelpText } from '../plan/ports/told-port.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { homeLessons } from './checks/refused-work.ts'
import { conclude } from './conclude.ts'
import { tail } from './container/files.ts'
import { removeVolumes } from './container/run-specs.ts'
import { unfitBaseline } from './invalid-baseline.ts'
import { askHelp } from './learn/ask-help.ts'
import { learnedFrom } from './learn/learn.ts'
import { minimize } from './minimize.ts'
import { type OriginalSeen, seeOriginal, workOf } from './original-seen.ts'
import { proofReport } from './proof-report.ts'
import type { Proof, ProveRequest } from './prove.ts'
import { lackedPrivilege, neededCapability, refusesOthers, scriptsOf, switchNotTried } from './root/needs-root.ts'
import { proveRoot } from './root/prove-root.ts'
import { hasPassed, type Round, runRound } from './round.ts'

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

/** The proof of what is not run as non-root: it must keep root, runs as another user already, or is nothing to compare with. */
async function withoutRound(request: ProveRequest, seen: OriginalSeen, hardened: Hardened): Promise<Proof> {
  const { unfit, live, original, remarks } = seen
  const plan = stagePlanOf(hardened.plan, request.stage)
  if (unfit === null && plan?.outcome === 'needs-root')
    return proveRoot(request, live, original, { hardened, plan, remarks })
  const record = await live.finish()
  if (unfit === null) return { hardened, report: null, failures: [] }
  const report = (why: string): Proof['report'] =>
    proofReport(request.engine.version, record, null, 0, [...remarks, why])
  const needsRoot = await lackedPrivilege(request, record)
  if (needsRoot !== null) {
    const kept = await request.harden({ ...seen.observation, needsRoot })
    return { hardened: kept, report: report(unfit), failures: [] }
  }
  // Its log files are read only now.
  const why = unfitBaseline({ ...workOf(seen), logFiles: record.logFiles }, request.facts) ?? unfit
  return { hardened, report: report(why), failures: plan?.outcome === 'harden' ? [why] : [] }
}

/** What rounds have taught beside what the original did. */
interface Learning {
  /** What they were refused. */
  readonly learned: readonly Operation[]
  /** Parts of the plan that did not help. */
  readonly spared: readonly string[]
  /** What the program says of its options; null where it was not asked, or said nothing of a port. */
  readonly help: HelpText | null
}

interface Taught extends Learning {
  /** Ports were looked for in the wrong places: what the program itself says is worth a question now. */
  readonly misplaced: boolean
}

/** What the last round adds; null where it adds nothing, and another would be the same. `plan`: what it was made by. */
function taughtBy(
  { facts, stage }: Pick<ProveRequest, 'facts' | 'stage'>,
  { original, baseline }: Pick<OriginalSeen, 'original' | 'baseline'>,
  rounds: readonly Round[],
  plan: StagePlan,
  { learned, spared, help }: Learning,
): Taught | null {
  const [current, before = null] = rounds.slice(-2).reverse()
  if (current === undefined) return null
  const refused = learnedFrom(current, original, baseline, learned)
  const inHome =
    learned.some(({ byHome }) => byHome === true) || hasPassed(current)
      ? []
      : homeLessons(original, current.run?.traced ?? null, facts)
  const isTried = learned.some(({ access }) => access === 'switch-user')
  const untried = isTried ? [] : switchNotTried(current, { ...scriptsOf(facts), refused })
  const news = [...refused, ...untried, ...inHome]
  const useless = [...uselessCures(before, current, stage), ...movedInVain(current, stage, news)]
  const misplaced = hasPassed(current) ? [] : misplacedPorts(current, plan, news)
  if (news.length === 0 && useless.length === 0 && misplaced.length === 0) return null
  return {
    learned: [...learned, ...news],
    spared: [...spared, ...useless, ...misplaced],
    help,
    misplaced: misplaced.length > 0,
  }
}

/** A refusal of such a kind leads to no other plan. */
const NO_NEWS = new Set<Operation['access']>(['bind', 'listen', 'use-capability'])

/**
 * Places that do not set the port that was moved there, by their names in the evidence: the program binds the old port
 * all the same; or, where the place was only guessed, the new one is not open and nothing else that was refused says why.
 * They are taken back.
 */
export function misplacedPorts(
  { run }: Round,
  plan: Pick<StagePlan, 'decisions'>,
  news: readonly Operation[],
): readonly string[] {
  const open = (run?.record.answers ?? []).filter(({ kind }) => kind !== 'closed').map(({ port }) => port)
  const bound = run?.traced?.trace?.operations.flatMap(({ access, port }) => (access === 'bind' ? (port ?? []) : []))
  const binds = (port: number): boolean => open.includes(port) || bound?.includes(port) === true
  const isExplained = news.some(({ access }) => !NO_NEWS.has(access))
  return decided(plan, 'port').flatMap(({ from, to, guessed, evidence }) => {
    if (to === null || open.includes(to)) return []
    if (!binds(from) && (guessed !== true || isExplained)) return []
    return evidence.flatMap(({ source, detail }) => (source === 'config' ? [detail] : []))
  })
}

/**
 * What a round changed in the program's own settings, and that did not help: it fails just as the round before did, in
 * the same checks and with the same last words. Such changes are taken back; grants are not, they have a ladder.
 */
export function uselessCures(before: Round | null, now: Round, stage: number): readonly string[] {
  if (before === null || hasPassed(now) || before.run === null || now.run === null) return []
  if (failureOf(before.run) !== failureOf(now.run)) return []
  const known = new Set(curesOf(before, stage).map(({ name }) => name))
  return curesOf(now, stage).flatMap(({ name }) => (known.has(name) ? [] : [name]))
}

/** It does not work where it starts now, and nothing that it was refused says why: what it needs lies where it started. */
export function movedInVain(now: Round, stage: number, news: readonly Operation[]): readonly string[] {
  const plan = stagePlanOf(now.hardened.plan, stage)
  const isMoved = plan !== undefined && decided(plan, 'set-workdir').length > 0
  return isMoved && !hasPassed(now) && news.length === 0 ? [WORKDIR] : []
}

function curesOf({ hardened }: Round, stage: number): readonly Part[] {
  const plan = stagePlanOf(hardened.plan, stage)
  return (plan?.parts ?? []).filter(({ kind }) => kind === 'cure')
}

/** Numbers differ from run to run: process ids, times. */
function failureOf({ comparison, record }: NonNullable<Round['run']>): string {
  const failed = comparison.checks.filter(({ passed }) => !passed).map(({ name, result }) => `${name}: ${result}`)
  return [...failed, tail(record.logs)].join('\n').replace(/\d+/g, '0')
}
