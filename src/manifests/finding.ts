import { type ReportFinding, targetFinding } from '../report/report.ts'
import type { Outcome } from '../transform.ts'

/** What is to be said of a project, or of one of its services. */
export interface StackFinding extends ReportFinding {
  /** Whom it is about; absent for the project as a whole. */
  readonly service?: string
  /** The service whose port has moved, where somebody speaks of it in a way that cannot be followed; absent for all else. */
  readonly movedBy?: string
}

export function stackFinding(
  transform: string,
  outcome: Outcome,
  message: string,
  service: string | null,
  hint: string | null = null,
): StackFinding {
  return { ...targetFinding(transform, outcome, message, hint), ...(service === null ? {} : { service }) }
}
