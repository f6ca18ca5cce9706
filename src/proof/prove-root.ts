import type { Operation } from '../evidence/operation.ts'
import { DEFAULT_CAPABILITIES } from '../image/capabilities.ts'
import type { StagePlan } from '../plan/plan.ts'
import { listedPorts } from '../report/many-ports.ts'
import type { Hardened } from '../report/report.ts'
import type { Comparison } from './checks/index.ts'
import type { Container } from './container/container.ts'
import type { RunRecord } from './container/run-record.ts'
import { originalUnder } from './needs-root.ts'
import { proofReport } from './proof-report.ts'
import type { Proof, ProveRequest } from './request.ts'

interface LeastCapabilities {
  /** Capabilities shown to be needed: without one of them it did not do what the original did. */
  readonly needed: readonly string[]
  /** Capabilities that no run needed, and that the catalogue lists for work that was not exercised. */
  readonly listed: readonly string[]
  /** False: a set-user-id program of its own has to gain root, so no-new-privileges is not possible. */
  readonly noNewPrivileges: boolean
  readonly record: RunRecord
  readonly comparison: Comparison
}

const PRIVILEGED = new Set<Operation['access']>(['switch-user', 'chroot', 'mount'])

interface Try {
  readonly capabilities: readonly string[]
  readonly record: RunRecord
  readonly comparison: Comparison
}

/** It does not work even with all default capabilities. */
interface TooFew {
  /** The work that it does not do then, one text each. */
  readonly lacks: readonly string[]
}

/**
 * The least capabilities with which an image that keeps root does what it did: those that its trace shows first, all
 * default ones where that is not enough, without no-new-privileges where it needs a set-user-id program of its own, and
 * then one less at a time, each shown by a run.
 */
async function leastCapabilities(
  request: ProveRequest,
  baseline: RunRecord,
  original: RunRecord,
  listed: readonly string[],
): Promise<LeastCapabilities | TooFew> {
  let noNewPrivileges = true
  const attempt = (capabilities: readonly string[]): Promise<Try> =>
    run(request, baseline, original, { capabilities, noNewPrivileges })
  const shown = usedCapabilities(original.trace?.operations ?? [])
  let best = await attempt(shown)
  const all = [...new Set([...shown, ...listed, ...DEFAULT_CAPABILITIES])]
  if (!works(best, original)) best = await attempt(all)
  if (!works(best, original)) {
    const withIt = best
    noNewPrivileges = false
    best = await attempt(all)
    if (!works(best, original)) return { lacks: lackOf(withIt, original) }
  }
  for (;;) {
    const smaller = await Promise.all(
      best.capabilities.map((capability) => attempt(best.capabilities.filter((other) => other !== capability))),
    )
    const spare = best.capabilities.filter((_, index) => {
      const one = smaller[index]
      return one !== undefined && works(one, original)
    })
    if (spare.length === 0) break
    // Capabilities that can each be dropped alone may not all be dropped together.
    const without = await attempt(best.capabilities.filter((capability) => !spare.includes(capability)))
    const single = smaller[best.capabilities.indexOf(spare[0] ?? '')]
    const next = works(without, original) ? without : single
    if (next === undefined || spare.length === 1) {
      best = next ?? best
      continue
    }
    best = next
  }
  const { capabilities, record, comparison } = best
  const unseen = listed.filter((one) => !capabilities.includes(one))
  return { needed: [...capabilities].sort(), listed: unseen, noNewPrivileges, record, comparison }
}

async function run(
  request: ProveRequest,
  baseline: RunRecord,
  original: RunRecord,
  { capabilities, noNewPrivileges }: { readonly capabilities: readonly string[]; readonly noNewPrivileges: boolean },
): Promise<Try> {
  // strace denies new privileges to what it traces: a set-user-id program would seem to fail.
  const trace = request.trace && original.trace !== null && noNewPrivileges ? request.facts.config : null
  const spec = { capDrop: ['ALL'], capAdd: capabilities, noNewPrivileges }
  return { capabilities, ...(await originalUnder(request, baseline, spec, trace)) }
}

function works(attempt: Try, original: RunRecord): boolean {
  return lackOf(attempt, original).length === 0
}

/** What it lacks; empty where it does its work and no allowed call of the original is refused. */
function lackOf({ comparison, record }: Try, original: RunRecord): readonly string[] {
  if (!comparison.parity) {
    const failed = comparison.checks.filter(({ name, passed }) => !passed && !name.startsWith('no '))
    return failed.map((check) => `${check.name}: was ${check.baseline}, is ${check.result}`)
  }
  const key = ({ access, path, uid, gid, groups, capability }: Operation): string =>
    [access, path, uid, gid, groups?.join(), capability].join(' ')
  const keysOf = (outcome: Operation['outcome']): ReadonlySet<string> =>
    new Set(original.trace?.operations.filter((operation) => operation.outcome === outcome).map(key))
  // A program may check that it cannot become root again: calls that the original was refused too do not count.
  const [done, refused] = [keysOf('done'), keysOf('refused')]
  // The engine's seccomp profile refuses some calls before a trace sees them, so what is missing counts as refused.
  if (record.trace === null) return []
  const { operations } = record.trace
  const again = new Set(operations.filter((operation) => operation.outcome === 'done').map(key))
  const privileged = original.trace?.operations.filter(
    ({ outcome, access }) => outcome === 'done' && PRIVILEGED.has(access),
  )
  const missing = (privileged ?? []).filter((operation) => !again.has(key(operation)))
  const denied = operations.filter((operation) => {
    const one = key(operation)
    return operation.outcome === 'refused' && operation.access !== 'look' && done.has(one) && !refused.has(one)
  })
  return [
    ...missing.map(({ detail }) => `not seen again: ${detail}`),
    ...denied.map(({ detail }) => `refused: ${detail}`),
  ]
}

/** As far as a call alone tells; access to others' files shows when it is taken away. */
export function usedCapabilities(operations: readonly Operation[]): readonly string[] {
  const used = new Set<string>()
  for (const { outcome, capability } of operations) {
    if (outcome === 'done' && capability !== undefined) used.add(capability)
  }
  return [...used].sort()
}

interface RootPlan {
  readonly hardened: Hardened
  readonly plan: StagePlan
  readonly remarks: readonly string[]
}

/** Shows the least capabilities with which an image that must keep root works; the verdict stays `needs-root`. */
export async function proveRoot(
  request: ProveRequest,
  live: Container,
  original: RunRecord,
  { hardened, plan, remarks }: RootPlan,
): Promise<Proof> {
  const listed = plan.remarks.flatMap((remark) => remark.capabilities ?? [])
  request.progress('it must keep root: finding the fewest capabilities')
  const least = await leastCapabilities(request, await live.snapshot('logs'), original, listed)
  const baseline = await live.finish()
  request.times.lap('capabilities')
  const { version } = request.engine
  if ('lacks' in least) {
    const why = least.lacks.slice(0, 3).join('; ')
    const all = [...remarks, `with the default capabilities and no-new-privileges it does not do what it did: ${why}`]
    return { hardened, report: proofReport(version, baseline, null, 0, all), failures: [] }
  }
  const { needed, noNewPrivileges, record, comparison } = least
  // A check of the user's own exercises it, so capabilities that the work did not use are not added.
  const exercised = request.smoke.length > 0
  const unseen = exercised ? [] : least.listed
  const names = least.listed.join(', ')
  const doubt = exercised
    ? `the checks did without ${names}, which the catalogue names too: give them as well where it does more than they ask`
    : `its work was not exercised; for that the catalogue names ${names} too`
  const run = {
    image: request.baseline,
    // The tracer's own.
    record: { ...record, processes: record.processes.map(withoutTracer) },
    comparison: {
      ...comparison,
      locked: true,
      checks: comparison.checks.filter((check) => !check.name.startsWith('no ')),
    },
    addedBytes: 0,
    cells: null,
  }
  return {
    hardened,
    report: proofReport(version, baseline, run, 1, [...remarks, ...(names === '' ? [] : [doubt])]),
    failures: [],
    advice: `shown to do what it did with --cap-drop=ALL${[...needed, ...unseen].map((name) => ` --cap-add=${name}`).join('')}${noNewPrivileges ? ' --security-opt=no-new-privileges' : ', and not to do it with no-new-privileges'}${unseen.length === 0 ? '' : ` (${names} by the catalogue, not shown)`}${lowPortsElsewhere(original, needed)}`,
  }
}

/** Docker lets everybody bind low ports in a container; who does not, asks for a capability. Source: ip-sysctl, ip_unprivileged_port_start */
export function lowPortsElsewhere({ listeners }: Pick<RunRecord, 'listeners'>, given: readonly string[]): string {
  const low = [...new Set((listeners ?? []).flatMap(({ port }) => (port < 1024 ? [`${port}`] : [])))]
  return low.length === 0 || given.includes('NET_BIND_SERVICE')
    ? ''
    : `; on CRI-O, older containerd and host networking also --cap-add=NET_BIND_SERVICE for port ${listedPorts(low)}`
}

function withoutTracer(process: RunRecord['processes'][number]): RunRecord['processes'][number] {
  const strip = (names: readonly string[] | null): readonly string[] | null =>
    names === null ? null : names.filter((name) => name !== 'SYS_PTRACE')
  return { ...process, capabilities: strip(process.capabilities), bounding: strip(process.bounding) }
}
