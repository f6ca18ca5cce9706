import type { Service } from '../../manifests/project.ts'
import { isInside } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { type PortAnswer, variantsOf, withoutNumbers } from '../ask/answers.ts'
import { portKey } from '../ask/questions.ts'
import { causeOf } from '../cause.ts'
import { tail } from '../container/files.ts'
import type { RunRecord } from '../container/run-record.ts'
import type { StackSight } from '../container/stack-run.ts'
import { TRACER_FOLDER } from '../trace/tracer.ts'
import { comparedConnections, type MovedPorts } from './connections.ts'
import { type Folders, isPassing, madeCheck, missingFiles } from './files.ts'
import { type Comparison, compare } from './index.ts'
import { smoke as ownChecks, restart as secondStart } from './runs.ts'
import { refusals, sameProcesses } from './watch.ts'

/** What a stack showed at its first start, and at later starts on what it had kept. */
export interface StackSights {
  readonly first: StackSight
  /** After all services were stopped and started again; null where the proof ended before that. */
  readonly restarted: StackSight | null
  /** After its containers were removed and made again on the same volumes. */
  readonly recreated: StackSight | null
}

/** What a service of the result may have, as its plan says. */
export interface KeptRights {
  readonly isRoot: boolean
  /** Names without `CAP_`. */
  readonly capabilities: readonly string[]
}

export interface StackComparison {
  /** By service. */
  readonly services: ReadonlyMap<string, Comparison>
  /** Checks of more than one service. `between` names those services. */
  readonly whole: readonly (ReportCheck & { readonly between: readonly string[] })[]
  /** Where two runs of the original differ: nothing is compared there. */
  readonly noise: readonly string[]
}

interface Compared {
  readonly moved: MovedPorts
  readonly kept: ReadonlyMap<string, KeptRights>
  readonly services: readonly Service[]
}

/**
 * Compares a result with two runs of the original. Where those two differ, the result may do either; how a service ends is compared
 * only where both end alike.
 */
export function compareStacks(
  original: StackSights & { readonly second: StackSight },
  result: StackSights,
  compared: Compared,
): StackComparison {
  const noise: string[] = []
  const services = new Map<string, Comparison>()
  for (const service of compared.services) {
    const one = compareService(service, original, result, compared, (what) => noise.push(`${service.name}: ${what}`))
    if (one !== null) services.set(service.name, one)
  }
  const connections = comparedConnections(
    [original.first.connections, original.second.connections],
    result.first.connections,
    compared.moved,
  ).map(({ of, ...check }) => ({ ...check, between: [of.from, of.to] }))
  return { services, whole: [...connections, ...wholeChecks(original, result)], noise }
}

/** Checks that name no service, at each start. */
function wholeChecks(original: StackSights, result: StackSights): StackComparison['whole'] {
  const starts = [
    ['first', ''],
    ['restarted', ', after a restart'],
    ['recreated', ', on the same volumes'],
  ] as const
  return starts.flatMap(([start, suffix]) => {
    const [before, after] = [original[start], result[start]]
    if (before === null || after === null) return []
    // A check that already fails on the original says nothing about the result.
    const passing = start === 'first' ? before.smoke : before.smoke.filter(({ passed }) => passed)
    return ownChecks
      .compare({ smoke: passing }, { smoke: after.smoke })
      .map((check) => ({ ...check, name: `${check.name}${suffix}`, between: [] }))
  })
}

function compareService(
  service: Service,
  original: StackSights & { readonly second: StackSight },
  result: StackSights,
  { moved, kept }: Compared,
  say: (noise: string) => void,
): Comparison | null {
  const { name } = service
  const [first, second, after] = [original.first, original.second, result.first].map((sight) => sight.records.get(name))
  if (first === undefined) return null
  if (after === undefined) return withMore(NOT_THERE, [])
  const ports = moved.get(name) ?? new Map<number, number>()
  const answers = (record: RunRecord): readonly PortAnswer[] => steadyAnswers(record.answers, [second, first], say)
  const again = (start: 'restarted' | 'recreated', title: string): readonly ReportCheck[] => {
    const [was, is] = [original, result].map((sights) => sights[start]?.records.get(name))
    return was === undefined || is === undefined ? [] : startChecks(title, { ...was, answers: answers(was) }, is, ports)
  }
  const before: RunRecord = { ...first, answers: answers(first) }
  const { checks, locked, parity } = compare(before, after, ports)
  const isConnected = original.first.connections?.some(({ from, to }) => from === name || to === name) === true
  const more = [
    ...(isConnected ? [] : refusals.compare(first, after, { study: second ?? first })),
    ...sameProcesses.compare(first, after),
    ...restartsCheck([first, ...(second === undefined ? [] : [second])], after),
    ...filesCheck(service, [first, ...(second === undefined ? [] : [second])], after),
    ...again('restarted', 'second start'),
    ...again('recreated', 'start on the same volumes'),
  ]
  const own = kept.get(name) ?? { isRoot: false, capabilities: [] }
  const said = checks.map((check) => asKept(check, after, own))
  const isLocked = said.every(({ name: check, passed }) => passed || !LOCKS.has(check))
  return withMore({ checks: said, locked: locked || isLocked, parity }, more)
}

const LOCKS = new Set(['no root process', 'no capability'])

const NOT_THERE: Comparison = {
  checks: [{ name: 'state', baseline: 'there', result: 'not there', passed: false }],
  parity: false,
  locked: false,
}

function withMore(comparison: Comparison, more: readonly ReportCheck[]): Comparison {
  return {
    ...comparison,
    checks: [...comparison.checks, ...more],
    parity: comparison.parity && more.every(({ passed }) => passed),
  }
}

/** Root or a capability that the plan leaves to a service is no failure, and the report says so. */
function asKept(check: ReportCheck, record: RunRecord, { isRoot, capabilities }: KeptRights): ReportCheck {
  if (check.passed || !LOCKS.has(check.name)) return check
  if (isRoot) return { ...check, result: `${check.result} (it keeps root)`, passed: true }
  const granted = new Set(capabilities)
  const isGranted = record.processes.every(
    (process) => process.capabilities?.every((name) => granted.has(name)) === true,
  )
  return check.name === 'no capability' && isGranted
    ? { ...check, result: `${check.result} (granted)`, passed: true }
    : check
}

/** Compares one more start. A job must end as it does in the original. */
function startChecks(
  name: string,
  before: RunRecord,
  after: RunRecord,
  moved: ReadonlyMap<number, number>,
): readonly ReportCheck[] {
  const end = ({ state }: RunRecord): string => (state.running ? 'running' : `exit ${state.exitCode ?? '?'}`)
  const start = ({ state, answers, smoke }: RunRecord): Pick<RunRecord, 'restart'> => ({
    restart: { state, answers, smoke },
  })
  if (!before.state.running) {
    const [baseline, result] = [end(before), end(after)]
    return [{ name, baseline, result, passed: baseline === result }]
  }
  const { health } = before.state
  const checks = secondStart.compare({ ...before, ...start(before) }, { ...after, ...start(after) }, moved)
  const more = [
    ...(health === 'healthy' && after.state.health !== 'healthy' ? [`health: ${after.state.health}`] : []),
    ...restartsCheck([before], after).flatMap(({ passed, result }) => (passed ? [] : [`restarts: ${result}`])),
  ]
  return checks.map((check) =>
    more.length === 0 || !check.passed
      ? { ...check, name }
      : { ...check, name, result: `does not come up as before: ${more.join(', ')}`, passed: false },
  )
}

/** The answers of the original, with every variant that any of its runs gave. A port that only one of them opened is left out. */
function steadyAnswers(
  answers: readonly PortAnswer[],
  others: readonly (RunRecord | undefined)[],
  say: (noise: string) => void,
): readonly PortAnswer[] {
  return answers.flatMap((answer): readonly PortAnswer[] => {
    const runs = others.flatMap((record) => record ?? [])
    const all = runs.map((record) => record.answers.find((one) => portKey(one) === portKey(answer)) ?? null)
    if (answer.kind === 'closed') return []
    const given = [answer, ...all.flatMap((one) => (one === null || one.kind === 'closed' ? [] : [one]))]
    if (given.length <= runs.length) {
      say(`${portKey(answer)} is not always open`)
      return []
    }
    const variants = [...new Set(given.flatMap(variantsOf))]
    if (variants.length === 1 || answer.unasked === true) return [answer]
    say(`${portKey(answer)} answers ${variants.slice(0, 3).join(' or ')}`)
    return [{ ...answer, variants }]
  })
}

/** A service that fails until another one is up may be restarted a little more often than before. */
function restartsCheck(before: readonly RunRecord[], after: RunRecord): readonly ReportCheck[] {
  const usual = Math.max(...before.map(({ state }) => state.restartCount))
  const now = after.state.restartCount
  if (usual === 0 && now === 0) return []
  return [
    {
      name: 'restarts',
      baseline: String(usual),
      result: String(now),
      passed: now <= (usual === 0 ? 0 : usual * 2 + 2),
    },
  ]
}

/** Compares the files that stay: all that a job leaves, and what a service leaves in volumes. */
function filesCheck(service: Service, before: readonly RunRecord[], after: RunRecord): readonly ReportCheck[] {
  const volumes = service.mounts.filter(({ kind }) => kind === 'volume').map(({ target }) => target)
  const [first] = before
  if (first === undefined) return []
  const isWork = (path: string): boolean => !first.state.running || volumes.some((volume) => isInside(path, volume))
  const [left, ...others] = before.map(filesLeft)
  const names = others.map((paths) => new Set(paths.map(withoutNumbers)))
  const steady = (left ?? []).filter((path) => names.every((some) => some.has(withoutNumbers(path))))
  const work = steady.filter((path) => isWork(path) && !isPassing(path, '/root'))
  if (work.length === 0) return []
  const folders: Folders = { home: '/root', volumes, inImage: () => '/' }
  const made = new Set(filesLeft(after))
  const missing = work.filter((path) => !made.has(path))
  return [madeCheck(missingFiles(missing, made, folders))]
}

function filesLeft({ diff, kinds }: RunRecord): readonly string[] {
  return diff.flatMap(({ kind, path }) =>
    kind === 'added' && kinds.get(path) === 'file' && !isInside(path, TRACER_FOLDER) ? [path] : [],
  )
}

/** One service that is not up, and its last words. */
export interface BrokenService {
  readonly service: string
  readonly message: string
}

/** Services that did not come up. Those that only waited for another one are named only where no other failed. */
export function brokenServices({ records, wrong }: StackSight, services: readonly Service[]): readonly BrokenService[] {
  const broken = services.flatMap(({ name }): readonly (BrokenService & { readonly waits: boolean })[] => {
    const record = records.get(name)
    if (record === undefined) return wrong === null ? [] : [{ service: name, message: wrong, waits: true }]
    const why = whyBroken(record)
    if (why === null) return []
    const words = tail(record.logs)
    const waits = record.state.status === 'created'
    return [
      { service: name, message: waits && wrong !== null ? wrong : `${why}${words === '' ? '' : `: ${words}`}`, waits },
    ]
  })
  const own = broken.filter(({ waits }) => !waits)
  return (own.length > 0 ? own : broken).map(({ service, message }) => ({ service, message }))
}

function whyBroken({ state }: RunRecord): string | null {
  if (state.error !== '') return state.error
  if (state.status === 'created') return 'it was not started'
  if (state.status === 'restarting') return 'it ends and is started again and again'
  if (!state.running && state.exitCode !== 0)
    return state.oomKilled ? 'it ran out of memory' : `it ends with exit code ${state.exitCode ?? '?'}`
  return state.health === 'unhealthy' ? 'it is unhealthy' : null
}

/** Why each service failed, in one sentence; '' stands for the stack as a whole, where all services do as they did. */
export function stackFailures(
  { services, whole }: StackComparison,
  original: StackSight,
  result: StackSight,
): ReadonlyMap<string, readonly string[]> {
  const failed = new Map<string, readonly string[]>()
  for (const [name, { checks }] of services) {
    const [before, after] = [original, result].map(({ records }) => records.get(name))
    const cause =
      before === undefined || after === undefined
        ? checks.find(({ passed }) => !passed) && 'the result has no such service'
        : causeOf(checks, before, after)
    if (cause != null) failed.set(name, [cause])
  }
  const others = whole.filter(({ passed }) => !passed)
  if (failed.size > 0 || others.length === 0) return failed
  return new Map([['', others.map(({ name, baseline, result: now }) => `${name}: was ${baseline}, is ${now}`)]])
}

/** Failures that a service causes itself. A wrong answer or a missing file may come from another service. */
const OWN_DOING = new Set(['still running', 'exit code', 'health check', 'restarts', 'state', ...LOCKS])

/** The services that cause what failed, as far as this is clear without another run; null where it is not. */
export function evidentCulprits({ services, whole }: StackComparison): readonly string[] | null {
  const failed = [...services].filter(([, { checks }]) => checks.some(({ passed }) => !passed)).map(([name]) => name)
  const isOwnDoing = (name: string): boolean =>
    services.get(name)?.checks.some(({ name: check, passed }) => !passed && OWN_DOING.has(check)) === true
  const evident = failed.filter(isOwnDoing)
  if (evident.length > 0) return evident
  if (failed.length === 1) return failed
  return failed.length === 0 && whole.every(({ passed }) => passed) ? [] : null
}

/** Whether the original fails in the same checks once a single service of it runs as planned. */
export function failsToo(result: StackComparison, swapped: StackComparison): boolean {
  const failed = ({ services, whole }: StackComparison): ReadonlySet<string> =>
    new Set([
      ...[...services].flatMap(([name, { checks }]) =>
        checks.flatMap((one) => (one.passed ? [] : `${name} ${nameOf(one)}`)),
      ),
      ...whole.flatMap((one) => (one.passed ? [] : nameOf(one))),
    ])
  const before = failed(result)
  return [...failed(swapped)].some((one) => before.has(one))
}

function nameOf({ name }: ReportCheck): string {
  return name.replace(/:\d+/, '')
}
