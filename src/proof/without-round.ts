import type { Hardened } from '../harden.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { unfitBaseline } from './compare/unfit.ts'
import { type OriginalSeen, workOf } from './original-seen.ts'
import { proofReport } from './proof-report.ts'
import type { Proof, ProveRequest } from './prove.ts'
import { proveRoot } from './root/prove-root.ts'
import { lackedPrivilege } from './root/refused-privilege.ts'

/** The proof of what is not run as non-root: it must keep root, runs as another user already, or is nothing to compare with. */
export async function withoutRound(request: ProveRequest, seen: OriginalSeen, hardened: Hardened): Promise<Proof> {
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
