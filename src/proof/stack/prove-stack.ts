import type { Operation } from '../../evidence/operation.ts'
import { plainCapability } from '../../image/capabilities.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { asList, type Json, textOf } from '../../manifests/yaml/file.ts'
import type { Observation } from '../../plan/stage-input.ts'
import type { ReportProof, ReportSandbox } from '../../report/report.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import { unseenWork } from '../caveats.ts'
import { newRefusals } from '../checks/refused-work.ts'
import type { RunRecord } from '../container/run-record.ts'
import { refusalsIn } from '../log-refusals.ts'
import { rootAskedFor, scriptsOf } from '../needs-root.ts'
import { observationOf } from '../observation.ts'
import { endsOtherwise } from '../original.ts'
import { proofReport, type Stopwatch } from '../proof-report.ts'
import { usedCapabilities } from '../prove-root.ts'
import {
  type BrokenService,
  brokenServices,
  compareStacks,
  evidentCulprits,
  failsToo,
  type KeptRights,
  type StackComparison,
  type StackSights,
  stackFailures,
} from './compare-stacks.ts'
import type { MovedPorts } from './connections.ts'
import type { StackSide } from './run-file.ts'
import { openStackRun, type StackDriver, type StackRun, type StackRunRequest, type StackSight } from './stack-run.ts'

/** What runs have shown of each service, by its name. */
export type StackEvidence = ReadonlyMap<string, Observation>

/** A project as it is to be, built. */
export interface StackResult {
  readonly side: StackSide
  /** By service the port of the original and the one that it has become. */
  readonly moved: MovedPorts
  /** By service; one that is not in it keeps no right. */
  readonly kept: ReadonlyMap<string, KeptRights>
  /** All that was written, as one text: two rounds with the same are the same. */
  readonly text: string
}

export interface StackProofRequest {
  readonly driver: StackDriver
  readonly original: StackSide
  /** By service, of the image that it runs as it is. */
  readonly facts: ReadonlyMap<string, ImageFacts>
  /** Plans with what was seen, and builds; null where nothing is to be run. */
  readonly plan: (evidence: StackEvidence) => Promise<StackResult | null>
  readonly smoke: readonly SmokeCheck[]
  /** Trace the services; `--no-trace` goes without. */
  readonly trace: boolean
  /** The network of the engine, in place of ones from which nothing leads out. */
  readonly network: boolean
  readonly isTrusted: boolean
  /** Whether the project may be given a copy of what is there on this machine. */
  readonly mayRead: (path: string) => boolean
  readonly times: Stopwatch
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export interface StackProof {
  readonly passed: boolean
  /** The last plan that was run; null where none was. */
  readonly result: StackResult | null
  readonly rounds: number
  /** Of the whole; null where nothing was run. */
  readonly report: ReportProof | null
  /** Of each service, by its name. */
  readonly services: ReadonlyMap<string, ReportProof>
  /** What failed, by service; '' for what concerns none of them alone. A sentence each. */
  readonly failures: ReadonlyMap<string, readonly string[]>
  /** The services that broke it; null where it failed and nobody can say by which of them. */
  readonly culprits: readonly string[] | null
  /** Services of the original that do not come up: there is nothing to compare with then. */
  readonly broken: readonly BrokenService[]
  readonly evidence: StackEvidence
}

const MOST_ROUNDS = 5

/**
 * Runs the original twice, once traced, plans from what that showed, runs the result beside it, and goes round until it
 * works. Whatever it makes is removed, at the latest with the session.
 */
export async function proveStack(request: StackProofRequest): Promise<StackProof> {
  const open = opener(request)
  const runs = new Set<StackRun>()
  const kept = async (run: Promise<StackRun>): Promise<StackRun> => {
    const opened = await run
    runs.add(opened)
    return opened
  }
  const drop = async (run: StackRun): Promise<void> => {
    runs.delete(run)
    await run.close()
  }
  try {
    const seen = await seeOriginal(request, { open: (...given) => kept(open(...given)), drop })
    if (seen.broken.length > 0) return brokenProof(request, seen)
    return await proveInRounds(request, seen, { open: (...given) => kept(open(...given)), drop })
  } finally {
    await Promise.all([...runs].map((run) => run.close().catch(() => undefined)))
  }
}

type Given = Pick<StackRunRequest, 'side' | 'traced' | 'moved' | 'usual'>

interface Runs {
  readonly open: (given: Given) => Promise<StackRun>
  readonly drop: (run: StackRun) => Promise<void>
}

function opener({ driver, smoke, network, isTrusted, mayRead, signal }: StackProofRequest): Runs['open'] {
  let count = 0
  return (given) => {
    count += 1
    const label = String(count)
    return openStackRun({ driver, label, network, isTrusted, mayRead, smoke, signal, ...given })
  }
}

/** What the runs of the original have shown. */
interface OriginalStack {
  /** Still up. */
  readonly live: StackRun
  readonly first: StackSight
  readonly second: StackSight
  readonly evidence: StackEvidence
  /** By service its traced run; else that of the other. */
  readonly studied: ReadonlyMap<string, RunRecord>
  readonly broken: readonly BrokenService[]
  readonly remarks: readonly string[]
}

const none: MovedPorts = new Map()

async function seeOriginal(request: StackProofRequest, { open, drop }: Runs): Promise<OriginalStack> {
  const { original, facts, trace, progress, times } = request
  const { services } = original.project
  progress(`bringing the stack up as it is, ${trace ? 'once as usual and once traced' : 'twice'}`)
  const [live, other] = await Promise.all([
    open({ side: original, traced: false, moved: none }),
    open({ side: original, traced: trace, moved: none }),
  ])
  const [first, study] = await Promise.all([live.look(), other.look()])
  await drop(other)
  times.lap('original')
  const broken = brokenServices(first, services)
  const untraced = trace && broken.length === 0 ? endedOtherwise(first, study) : []
  const again = untraced.length > 0 ? await open({ side: original, traced: false, moved: none }) : null
  const second = again === null ? study : await again.look()
  if (again !== null) await drop(again)
  const studied = new Map<string, RunRecord>()
  const evidence = new Map<string, Observation>()
  for (const { name } of services) {
    const [usual, traced] = [first.records.get(name), study.records.get(name)]
    const record = untraced.includes(name) ? usual : (traced ?? usual)
    const known = facts.get(name)
    if (record === undefined) continue
    studied.set(name, record)
    if (known === undefined) continue
    const observation = observationOf(record, known)
    evidence.set(
      name,
      observation.needsRoot === null ? observation : { ...observation, rootCapabilities: usedBy(record) },
    )
  }
  const remarks = [
    ...live.unshown,
    ...untraced.map((name) => `${name}: what it does, as a trace tells it: it ends when it is traced`),
    ...notTraced(trace, study),
  ]
  return { live, first, second, evidence, studied, broken, remarks }
}

function endedOtherwise(first: StackSight, study: StackSight): readonly string[] {
  return [...first.records].flatMap(([name, usual]) => {
    const traced = study.records.get(name)
    const ends = traced === undefined || endsOtherwise(usual, traced) || worseHealth(usual, traced)
    return ends ? [name] : []
  })
}

function worseHealth(usual: RunRecord, traced: RunRecord): boolean {
  return usual.state.health === 'healthy' && traced.state.health !== 'healthy'
}

function notTraced(asked: boolean, { records }: StackSight): readonly string[] {
  if (!asked) return []
  return [...records].flatMap(([name, { trace, traceRefused }]) =>
    trace === null ? [`${name}: it was not traced${traceRefused === null ? '' : `: ${traceRefused}`}`] : [],
  )
}

interface Round {
  readonly result: StackResult
  readonly run: StackRun
  readonly sight: StackSight
  readonly comparison: StackComparison
}

async function proveInRounds(request: StackProofRequest, seen: OriginalStack, runs: Runs): Promise<StackProof> {
  const later = keepsState(seen.live)
  try {
    return await runRounds(request, seen, later, runs)
  } finally {
    // What is still being brought up would outlive its removal.
    await later.catch(() => undefined)
  }
}

async function runRounds(
  request: StackProofRequest,
  seen: OriginalStack,
  later: ReturnType<typeof keepsState>,
  runs: Runs,
): Promise<StackProof> {
  const { original, plan, progress, times } = request
  let evidence = seen.evidence
  let last: Round | null = null
  let rounds = 0
  while (rounds < MOST_ROUNDS) {
    const result = await plan(evidence)
    times.lap('plan')
    if (result === null || result.text === last?.result.text) break
    if (last !== null) await runs.drop(last.run)
    rounds += 1
    progress(
      rounds === 1
        ? 'bringing the result up'
        : `bringing the result up again, with what round ${rounds - 1} was refused`,
    )
    const { side, moved } = result
    const run = await runs.open({ side, traced: false, moved, usual: seen.first })
    const sight = await run.look()
    times.lap('result')
    const sights = { first: sight, restarted: null, recreated: null }
    const comparison = compareStacks({ ...seen, restarted: null, recreated: null }, sights, {
      moved,
      kept: result.kept,
      services: original.project.services,
    })
    last = { result, run, sight, comparison }
    if (isSame(comparison) || !request.trace) break
    const { learned, traced } = await learnFrom(request, { ...seen, evidence }, last, runs)
    times.lap('learn')
    const kept =
      learned.size === 0 ? await keptAsRoot(request, { ...seen, evidence }, { ...last, traced }, runs) : new Map()
    if (learned.size === 0 && kept.size === 0) break
    evidence = withLearned(evidence, learned, kept)
  }
  if (last === null) {
    await later
    return { ...noProof(evidence), passed: false }
  }
  return concluded(request, { ...seen, evidence }, last, await later, rounds, runs)
}

function isSame({ services, whole }: StackComparison): boolean {
  return [...services.values()].every(({ parity, locked }) => parity && locked) && whole.every(({ passed }) => passed)
}

/** What a stack shows once it is started again, and on the volumes of another start, where it has any. */
async function keepsState(run: StackRun): Promise<Pick<StackSights, 'restarted' | 'recreated'>> {
  await run.restart()
  const restarted = await run.look()
  if (run.volumes.size === 0) return { restarted, recreated: null }
  await run.recreate()
  return { restarted, recreated: await run.look() }
}

/** By service what a run of it was refused that the original was not. */
async function learnFrom(
  request: StackProofRequest,
  { first, studied, evidence }: OriginalStack,
  { result, sight, comparison }: Round,
  { open, drop }: Runs,
): Promise<{ readonly learned: ReadonlyMap<string, readonly Operation[]>; readonly traced: StackSight }> {
  const { side, moved } = result
  request.progress('running the result traced, since it does not do what the original does')
  const run = await open({ side, traced: true, moved, usual: first })
  const traced = await run.look()
  await drop(run)
  const learned = new Map<string, readonly Operation[]>()
  for (const [name, { parity, locked }] of comparison.services) {
    const [before, record, now] = [studied.get(name), traced.records.get(name), sight.records.get(name)]
    if (before === undefined || now === undefined || (parity && locked)) continue
    const found = record?.trace == null ? [] : newRefusals(record, before)
    const said = refusalsIn(`${now.state.error}\n${now.logs}`, request.facts.get(name)?.config.workdir ?? '/')
    const known = evidence.get(name)?.operations ?? []
    const news = [...found, ...said.filter(({ path }) => !found.some((one) => one.path === path))].filter(
      ({ access, path }) =>
        !known.some((one) => one.outcome === 'refused' && one.access === access && one.path === path),
    )
    if (news.length > 0) learned.set(name, news)
  }
  return { learned, traced }
}

type RootWork = Pick<Observation, 'needsRoot' | 'rootCapabilities'>

function withLearned(
  evidence: StackEvidence,
  learned: ReadonlyMap<string, readonly Operation[]>,
  kept: ReadonlyMap<string, RootWork>,
): StackEvidence {
  return new Map(
    [...evidence].map(([name, seen]) => [
      name,
      { ...seen, operations: [...seen.operations, ...(learned.get(name) ?? [])], ...kept.get(name) },
    ]),
  )
}

/**
 * By service why it cannot do what it does without root, where nothing that could be granted is left: it says so itself, or is refused
 * what only a capability allows and does not do its work as root without that either. With the capabilities that it used; one that does not
 * do with those has all of a container's.
 */
async function keptAsRoot(
  request: StackProofRequest,
  seen: OriginalStack,
  { sight, comparison, traced }: Round & { readonly traced: StackSight },
  runs: Runs,
): Promise<ReadonlyMap<string, RootWork>> {
  const kept = new Map<string, RootWork>()
  for (const [name, { parity, locked }] of comparison.services) {
    const [known, before, now] = [seen.evidence.get(name), seen.studied.get(name), sight.records.get(name)]
    const facts = request.facts.get(name)
    if ((parity && locked) || known === undefined || before === undefined || now === undefined) continue
    if (known.needsRoot !== null) {
      if (known.rootCapabilities != null) kept.set(name, { needsRoot: known.needsRoot, rootCapabilities: null })
      continue
    }
    // One that is started again and again has ended each time.
    const state = { ...now.state, running: now.state.running && now.state.restartCount === 0 }
    const said = facts === undefined ? null : rootAskedFor({ state, logs: now.logs }, scriptsOf(facts))
    const why =
      said === null
        ? await lackedBy(name, request, seen, traced.records.get(name), runs)
        : `it ends unless it is root, and says so: ${said.slice(0, 160)}`
    if (why !== null) kept.set(name, { needsRoot: why, rootCapabilities: usedBy(before) })
  }
  return kept
}

/** Null where nobody has traced it. */
function usedBy({ trace }: RunRecord): readonly string[] | null {
  return trace === null ? null : usedCapabilities(trace.operations)
}

/** What takes a capability that the original used and the result is refused, where the original does not work without it either. */
async function lackedBy(
  name: string,
  { original, progress }: StackProofRequest,
  seen: OriginalStack,
  refused: RunRecord | undefined,
  { open, drop }: Runs,
): Promise<string | null> {
  const operations = refused?.trace?.operations ?? []
  const studied = seen.studied.get(name)
  const had = studied === undefined ? [] : (usedBy(studied) ?? [])
  const lacked = new Map(
    operations.flatMap(({ access, outcome, capability, detail }) =>
      access === 'use-capability' && outcome === 'refused' && capability !== undefined && had.includes(capability)
        ? [[capability, detail] as const]
        : [],
    ),
  )
  for (const [capability, detail] of lacked) {
    progress(`bringing the original up with ${name} without ${capability}`)
    const services = original.project.services.map((service) =>
      service.name === name ? { ...service, settings: without(service.settings, capability) } : service,
    )
    const side = { ...original, project: { ...original.project, services } }
    const run = await open({ side, traced: false, moved: none, usual: seen.first })
    const first = await run.look()
    await drop(run)
    const kept = new Map(services.map((one) => [one.name, ROOT] as const))
    const sights = { first, restarted: null, recreated: null }
    const compared = compareStacks({ ...seen, restarted: null, recreated: null }, sights, {
      moved: none,
      kept,
      services,
    })
    if (compared.services.get(name)?.parity === false)
      return `it takes ${capability}, which only root has in a container: ${detail}; even as root it does not do its work without it`
  }
  return null
}

function without(settings: Json, capability: string): Json {
  const isIt = (one: unknown): boolean => plainCapability(textOf(one)) === capability
  return {
    ...settings,
    cap_drop: [...asList(settings.cap_drop), capability],
    cap_add: asList(settings.cap_add).filter((one) => !isIt(one)),
  }
}

async function concluded(
  request: StackProofRequest,
  seen: OriginalStack,
  round: Round,
  later: Pick<StackSights, 'restarted' | 'recreated'>,
  rounds: number,
  runs: Runs,
): Promise<StackProof> {
  const { result, run, sight, comparison: early } = round
  const { original } = request
  const compared = { moved: result.moved, kept: result.kept, services: original.project.services }
  let comparison = early
  if (isSame(early)) {
    request.progress('starting the result again, and once more on the same volumes')
    const kept = await keepsState(run)
    comparison = compareStacks({ ...seen, ...later }, { first: sight, ...kept }, compared)
    request.times.lap('restarts')
  }
  const failures = stackFailures(comparison, sight)
  const culprits = evidentCulprits(comparison) ?? (isSame(early) ? null : await swapped(request, seen, round, runs))
  const remarks = [
    ...seen.remarks,
    ...run.unshown.filter((one) => !seen.remarks.includes(one)),
    ...comparison.noise.map((what) => `${what}: the original itself is not always the same there`),
    ...(sight.connections === null ? ['which services reach which: the engine is on another machine'] : []),
  ]
  const sandbox = sandboxOf(request, run)
  const services = new Map<string, ReportProof>()
  for (const [name, one] of comparison.services) {
    const [before, after] = [seen.first.records.get(name), sight.records.get(name)]
    if (before === undefined || after === undefined) continue
    const own = remarks
      .filter((remark) => remark.startsWith(`${name}: `))
      .map((remark) => remark.slice(name.length + 2))
    const proven = { image: after.image, record: after, comparison: one, addedBytes: 0, cells: null }
    const report = proofReport(request.driver.engine.version, before, proven, rounds, own, [
      ...comparison.whole.flatMap(({ name: what, passed, between }) =>
        passed || (between.length > 0 && !between.includes(name)) ? [] : `which of them makes ${what} fail`,
      ),
      ...(comparison.whole.some(({ between }) => between.includes(name))
        ? []
        : unseenWork(before, seen.studied.get(name) ?? before, after)),
    ])
    services.set(name, { ...report, cells: NO_CELLS, sandbox })
  }
  const open = [...services].flatMap(([name, { reason }]) => (reason === undefined ? [] : `${name}: ${reason}`))
  const works = failures.size === 0 && isSame(comparison)
  const passed = works && open.length === 0
  const report = request.times.on({
    engine: request.driver.engine.version,
    rounds,
    passed,
    ...(works && open.length > 0 ? { reason: open.join('; ') } : {}),
    parity:
      [...comparison.services.values()].every(({ parity }) => parity) && comparison.whole.every((one) => one.passed),
    baseline: allOf(original.project.name, seen.first, services, 'baseline'),
    result: resultOf(original.project.name, sight, services),
    checks: comparison.whole.map(({ name, baseline, result: now, passed: isPassed }) => ({
      name,
      baseline,
      result: now,
      passed: isPassed,
    })),
    cells: NO_CELLS,
    remarks: remarks.filter((remark) => ![...services.keys()].some((name) => remark.startsWith(`${name}: `))),
    phases: [],
    sandbox,
  })
  return { passed, result, rounds, report, services, failures, culprits, broken: [], evidence: seen.evidence }
}

/**
 * Which services break it, by the original with one of them at a time as it is to be. Not tried with one whose port has
 * moved, which its neighbours would look for in vain. Null where none of them does so alone.
 */
async function swapped(
  { original, progress }: StackProofRequest,
  seen: OriginalStack,
  { result, comparison }: Round,
  { open, drop }: Runs,
): Promise<readonly string[] | null> {
  const { project, images } = original
  const found: string[] = []
  for (const { name } of project.services) {
    const other = result.side.project.services.find((one) => one.name === name)
    const image = result.side.images.get(name)
    const isMoved = [...(result.moved.get(name) ?? [])].some(([from, to]) => from !== to)
    const isSameAs = JSON.stringify(other) === JSON.stringify(project.services.find((one) => one.name === name))
    if (other === undefined || image === undefined || isMoved || (isSameAs && image === images.get(name))) continue
    progress(`bringing the original up with ${name} alone as it is to be`)
    const services = project.services.map((one) => (one.name === name ? other : one))
    const side = { project: { ...project, services }, images: new Map([...images, [name, image]]) }
    const run = await open({ side, traced: false, moved: none, usual: seen.first })
    const first = await run.look()
    await drop(run)
    const kept = new Map(project.services.map((one) => [one.name, ROOT] as const))
    const sights = { first, restarted: null, recreated: null }
    const compared = { moved: none, kept, services: project.services }
    const alone = compareStacks({ ...seen, restarted: null, recreated: null }, sights, compared)
    if (failsToo(comparison, alone)) found.push(name)
  }
  return found.length === 0 ? null : found
}

const ROOT: KeptRights = { isRoot: true, capabilities: [] }

/** A stack is run as Compose runs it, under no conditions of a proof's own. */
const NO_CELLS: ReportProof['cells'] = []

function sandboxOf({ network }: StackProofRequest, { sandbox, hostReachable }: StackRun): ReportSandbox {
  return { ...sandbox.told(), network: network ? 'open' : 'closed', hostReachable }
}

function allOf(
  image: string,
  { records }: StackSight,
  services: ReadonlyMap<string, ReportProof>,
  side: 'baseline' | 'result',
): ReportProof['baseline'] {
  const reports = [...services.values()].flatMap((report) => report[side] ?? [])
  const uids = [...new Set(reports.flatMap((one) => one.uids))].sort((a, b) => a - b)
  const isRead =
    [...records.keys()].length >= reports.length && reports.every(({ capabilities }) => capabilities !== null)
  const capabilities = [...new Set(reports.flatMap((one) => one.capabilities ?? []))].sort()
  return { image, uids, capabilities: isRead ? capabilities : null }
}

function resultOf(
  image: string,
  sight: StackSight,
  services: ReadonlyMap<string, ReportProof>,
): NonNullable<ReportProof['result']> {
  const results = [...services.values()].flatMap(({ result }) => result ?? [])
  return {
    ...allOf(image, sight, services, 'result'),
    noNewPrivileges: results.length > 0 && results.every(({ noNewPrivileges }) => noNewPrivileges),
    readOnlyRootfs: results.length > 0 && results.every(({ readOnlyRootfs }) => readOnlyRootfs),
    tmpfs: [],
    addedBytes: 0,
  }
}

function noProof(evidence: StackEvidence): StackProof {
  return {
    passed: false,
    result: null,
    rounds: 0,
    report: null,
    services: new Map(),
    failures: new Map(),
    culprits: null,
    broken: [],
    evidence,
  }
}

/** There is nothing to compare with, whatever the result does. */
function brokenProof(
  request: StackProofRequest,
  { broken, first, evidence, remarks, live }: OriginalStack,
): StackProof {
  const said = broken.map(({ service, message }) => `${service}: ${message}`).join('; ')
  const report: ReportProof = request.times.on({
    engine: request.driver.engine.version,
    rounds: 0,
    passed: false,
    reason: `the original does not come up: ${said}`,
    parity: false,
    baseline: allOf(request.original.project.name, first, new Map(), 'baseline'),
    result: null,
    checks: [],
    cells: NO_CELLS,
    remarks,
    phases: [],
    sandbox: sandboxOf(request, live),
  })
  return { ...noProof(evidence), report, broken }
}
