import type { ReportFinding } from './report.ts'

/** A finding about the target as a whole, which no line of it stands for. */
export function targetFinding(
  transform: string,
  outcome: ReportFinding['outcome'],
  message: string,
  hint: string | null = null,
): ReportFinding {
  return {
    transform,
    outcome,
    line: 1,
    column: 1,
    message,
    ...(hint === null ? {} : { hint }),
    evidence: [],
  }
}
