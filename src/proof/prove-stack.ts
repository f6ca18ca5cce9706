import { plainCapability } from '../image/capabilities.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { Service } from '../manifests/project.ts'
import { asList, type Json, textOf } from '../manifests/yaml/file.ts'
import type { StagePlan } from '../plan/plan.ts'
import type { ReportProof, ReportSandbox } from '../report/report.ts'
import type { SmokeCheck } from '../smoke-check.ts'
import { unseenWork } from './caveats.ts'
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
} from './checks/compare-stacks.ts'
import type { MovedPorts } from './checks/connections.ts'
import type { RunRecord } from './container/run-record.ts'
import {
  openStackRun,
  type StackDriver,
  type StackRun,
  type StackRunRequest,
  type StackSight,
} from './container/stack-run.ts'
import type { StackSide } from './drivers/run-file.ts'
import { observationOf } from './observation.ts'
import { endsOtherwise } from './original.ts'
import { proofReport, type Stopwatch } from './proof-report.ts'
import { usedCapabilities } from './prove-root.ts'
import { type Bench, inRounds, type NextRun, type StackEvidence } from './rounds.ts'
import type { ServiceSeen, Tried } from './tried.ts'

/** A project as planned, with its images built. */
export interface StackResult {
  readonly side: StackSide
  /** The new number of each moved port, by service and by its old number. */
  readonly moved: MovedPorts
  /** What each service may keep; one that is missing keeps nothing. */
  readonly kept: ReadonlyMap<string, KeptRights>
  /** The plan of the stage that each service runs; one that is missing was not planned. */
  readonly plans: ReadonlyMap<string, StagePlan>
  /** Everything that was written, as one text: rounds with the same text are the same. */
  readonly text: string
}

export interface StackProofRequest {
  readonly driver: StackDriver
  readonly original: StackSide
  /** Facts of the image that each service runs today. */
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
}

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
  /** By service what is learned from it; without those whose image was not looked into. */
  readonly services: ReadonlyMap<string, ServiceSeen>
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
  const seen = new Map<string, ServiceSeen>()
  for (const { name } of services) {
    const [usual, traced] = [first.records.get(name), study.records.get(name)]
    const [known, image] = [facts.get(name), original.images.get(name)]
    if (usual === undefined || known === undefined || image === undefined) continue
    const record = untraced.includes(name) ? usual : (traced ?? usual)
    const observation = observationOf(record, known)
    const used = usedBy(record)
    const root = observation.needsRoot === null ? {} : { rootCapabilities: used }
    seen.set(name, {
      ...{ facts: known, image, baseline: usual, original: record, used },
      observation: { ...observation, ...root },
    })
  }
  const remarks = [
    ...live.unshown,
    ...untraced.map((name) => `${name}: what it does, as a trace tells it: it ends when it is traced`),
    ...notTraced(trace, study),
  ]
  return { live, first, second, services: seen, broken, remarks }
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
  /** Once more, traced, where it does not do what the original does; else null. */
  readonly traced: StackSight | null
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
  const { rounds } = await inRounds(benchOf(request, seen, runs))
  const last = rounds.at(-1)
  const restarts = await later
  return last === undefined ? NO_PROOF : concluded(request, seen, last, restarts, rounds.length, runs)
}

interface Next extends NextRun {
  readonly result: StackResult | null
}

function benchOf(request: StackProofRequest, seen: OriginalStack, runs: Runs): Bench<Next, Round> {
  const { driver, original, times, progress, signal } = request
  let last: StackRun | null = null
  return {
    engine: driver.engine,
    signal,
    services: seen.services,
    async plan(evidence) {
      const result = await request.plan(evidence)
      times.lap('plan')
      return { result, text: result?.text ?? '', isRun: result !== null }
    },
    async run({ result }, number) {
      if (result === null) throw new Error('a stack without a plan is not run')
      if (last !== null) await runs.drop(last)
      progress(
        number === 1
          ? 'bringing the result up'
          : `bringing the result up again, with what round ${number - 1} was refused`,
      )
      const { side, moved, kept } = result
      last = await runs.open({ side, traced: false, moved, usual: seen.first })
      const sight = await last.look()
      times.lap('result')
      const comparison = comparedOnce(seen, sight, { moved, kept, services: original.project.services })
      const isTraced = request.trace && !isSame(comparison)
      return {
        result,
        run: last,
        sight,
        comparison,
        traced: isTraced ? await tracedAgain(request, seen, result, runs) : null,
      }
    },
    textOf: ({ result }) => result.text,
    tried: (round) => triedIn(round, seen),
    worksWithout: (capability, service) => worksWithout(capability, service, request, seen, runs),
  }
}

/** The first start of a result, or of the original run in another way. */
function comparedOnce(
  seen: OriginalStack,
  first: StackSight,
  compared: Parameters<typeof compareStacks>[2],
): StackComparison {
  const starts = { restarted: null, recreated: null }
  return compareStacks({ ...seen, ...starts }, { first, ...starts }, compared)
}

async function tracedAgain(
  { progress, times }: StackProofRequest,
  { first }: OriginalStack,
  { side, moved }: StackResult,
  { open, drop }: Runs,
): Promise<StackSight> {
  progress('running the result traced, since it does not do what the original does')
  const run = await open({ side, traced: true, moved, usual: first })
  const traced = await run.look()
  await drop(run)
  times.lap('learn')
  return traced
}

function triedIn(
  { result, sight, comparison, traced }: Round,
  { services }: OriginalStack,
): ReadonlyMap<string, Tried> {
  const culprits = evidentCulprits(comparison)
  return new Map(
    [...comparison.services].flatMap(([name, own]) => {
      const [record, seen] = [sight.records.get(name), services.get(name)]
      if (record === undefined || seen === undefined) return []
      // What it was given is not judged by a failure that another service may have caused.
      const isItsOwn = culprits?.includes(name) === true
      const tried: Tried = {
        plan: isItsOwn ? (result.plans.get(name) ?? null) : null,
        workdir: seen.facts.config.workdir,
        run: { record, traced: traced?.records.get(name) ?? null, comparison: own },
      }
      return [[name, tried] as const]
    }),
  )
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

/** Null where nobody has traced it. */
function usedBy({ trace }: RunRecord): readonly string[] | null {
  return trace === null ? null : usedCapabilities(trace.operations)
}

async function worksWithout(
  capability: string,
  name: string,
  { original, progress }: StackProofRequest,
  seen: OriginalStack,
  { open, drop }: Runs,
): Promise<boolean> {
  progress(`bringing the original up with ${name} without ${capability}`)
  const services = original.project.services.map((service) =>
    service.name === name ? { ...service, settings: without(service.settings, capability) } : service,
  )
  const side = { ...original, project: { ...original.project, services } }
  const run = await open({ side, traced: false, moved: none, usual: seen.first })
  const first = await run.look()
  await drop(run)
  const compared = comparedOnce(seen, first, { moved: none, kept: allRoot(services), services })
  return compared.services.get(name)?.parity !== false
}

/** The original itself is compared: it keeps all that it has. */
function allRoot(services: readonly Service[]): ReadonlyMap<string, KeptRights> {
  return new Map(services.map(({ name }) => [name, { isRoot: true, capabilities: [] }]))
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
  const failures = stackFailures(comparison, seen.first, sight)
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
        : unseenWork(before, seen.services.get(name)?.original ?? before, after)),
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
  return { passed, result, rounds, report, services, failures, culprits, broken: [] }
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
    const compared = { moved: none, kept: allRoot(project.services), services: project.services }
    const alone = comparedOnce(seen, first, compared)
    if (failsToo(comparison, alone)) found.push(name)
  }
  return found.length === 0 ? null : found
}

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

const NO_PROOF: StackProof = {
  passed: false,
  result: null,
  rounds: 0,
  report: null,
  services: new Map(),
  failures: new Map(),
  culprits: null,
  broken: [],
}

/** There is nothing to compare with, whatever the result does. */
function brokenProof(request: StackProofRequest, { broken, first, remarks, live }: OriginalStack): StackProof {
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
  return { ...NO_PROOF, report, broken }
}
