import type { StagePlan } from '../plan/plan.ts'
import type { ReportProof } from '../report/report.ts'
import type { Part } from './profile.ts'

/**
 * The capabilities of what keeps root: those that a run has shown, with those that the catalogue names for work that
 * was not exercised. Null where neither says which: dropping all of them would only stop it from starting (FACTS 20).
 */
export function leastRoot(plan: StagePlan, proof: ReportProof | null): Part<readonly string[]> | null {
  const listed = plan.remarks.flatMap((remark) => remark.capabilities ?? [])
  const shown = proof?.result?.capabilities ?? null
  if (shown === null) return listed.length === 0 ? null : { value: [...new Set(listed)].sort(), known: 'planned' }
  const unseen = listed.some((name) => !shown.includes(name))
  return { value: [...new Set([...shown, ...listed])].sort(), known: unseen ? 'planned' : 'measured' }
}
