import type { Hardened } from '../../app/harden.ts'
import type { StagePlan } from '../../plan/plan.ts'
import { proofReport } from '../proof-report.ts'
import type { Proof, ProveRequest } from '../prove.ts'
import type { Live } from '../run/live.ts'
import type { RunRecord } from '../run/run-record.ts'
import { leastCapabilities } from './least-capabilities.ts'

export interface RootPlan {
  readonly hardened: Hardened
  readonly plan: StagePlan
  readonly remarks: readonly string[]
}

/** What must keep root is shown with the least that it works with; the verdict stays `needs-root`. */
export async function proveRoot(
  request: ProveRequest,
  live: Live,
  original: RunRecord,
  { hardened, plan, remarks }: RootPlan,
): Promise<Proof> {
  const listed = plan.remarks.flatMap((remark) => remark.capabilities ?? [])
  request.progress('it must keep root: looking for the least capabilities')
  const least = await leastCapabilities(request, await live.peek(), original, listed)
  const baseline = await live.finish()
  request.times.lap('capabilities')
  const { version } = request.engine
  if ('lacks' in least) {
    const why = least.lacks.slice(0, 3).join('; ')
    const all = [...remarks, `with the default capabilities and no-new-privileges it does not do what it did: ${why}`]
    return { hardened, report: proofReport(version, baseline, null, 0, all), failures: [] }
  }
  const { needed, noNewPrivileges, record, comparison } = least
  // A check of the user's own makes it work, so what that work did not take is not added.
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
    advice: `shown to do what it did with --cap-drop=ALL${[...needed, ...unseen].map((name) => ` --cap-add=${name}`).join('')}${noNewPrivileges ? ' --security-opt=no-new-privileges' : ', and not to do it with no-new-privileges'}${unseen.length === 0 ? '' : ` (${names} by the catalogue, not shown)`}`,
  }
}

function withoutTracer(process: RunRecord['processes'][number]): RunRecord['processes'][number] {
  const strip = (names: readonly string[] | null): readonly string[] | null =>
    names === null ? null : names.filter((name) => name !== 'SYS_PTRACE')
  return { ...process, capabilities: strip(process.capabilities), bounding: strip(process.bounding) }
}
