import { proofHint } from './proof-hint.ts'
import { type ReportFinding, type ReportProof, targetFinding } from './report.ts'

/** What a proof leaves to say: what failed is for a person to mend, and what it could not show is known by that. */
export function proofFindings(
  report: ReportProof | null,
  failures: readonly string[],
  hint?: string,
): readonly ReportFinding[] {
  const message = failures.join('; ')
  if (message !== '') return [targetFinding('prove', 'todo', message, hint ?? proofHint(report, message))]
  const reason = report?.reason
  return reason === undefined ? [] : [targetFinding('prove', 'note', `not shown: ${reason}`, proofHint(report, reason))]
}
