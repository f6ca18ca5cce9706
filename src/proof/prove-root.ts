import type { Hardened } from '../harden.ts'
import type { StagePlan } from '../plan/plan.ts'
import { leastCapabilities } from './least-capabilities.ts'
import type { Live } from './live.ts'
import { proofReport } from './proof-report.ts'
import type { Proof, ProveRequest } from './prove.ts'
import type { RunRecord } from './run-record.ts'

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
  const { version } = request.engine
  if (least === null) {
    const all = [...remarks, 'it does not do what it did with the default capabilities and no-new-privileges either']
    return { hardened, report: proofReport(version, baseline, null, 0, all), failures: [] }
  }
  const { needed, record, comparison } = least
  const unseen =
    least.listed.length === 0
      ? []
      : [`its work was not exercised; for that the catalogue names ${least.listed.join(', ')} too`]
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
    report: proofReport(version, baseline, run, 1, [...remarks, ...unseen]),
    failures: [],
    advice: `shown to do what it did with --cap-drop=ALL${[...needed, ...least.listed].map((name) => ` --cap-add=${name}`).join('')} --security-opt=no-new-privileges${unseen.length === 0 ? '' : ` (${least.listed.join(', ')} by the catalogue, not shown)`}`,
  }
}

function withoutTracer(process: RunRecord['processes'][number]): RunRecord['processes'][number] {
  const strip = (names: readonly string[] | null): readonly string[] | null =>
    names === null ? null : names.filter((name) => name !== 'SYS_PTRACE')
  return { ...process, capabilities: strip(process.capabilities), bounding: strip(process.bounding) }
}
