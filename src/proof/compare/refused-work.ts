import type { Operation } from '../../evidence/operation.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'

/** The first operation of each key that went so; null: it is none of those that count. Empty without a trace. */
export function operationsBy(
  record: RunRecord | null,
  outcome: Operation['outcome'],
  keyOf: (operation: Operation) => string | null,
): ReadonlyMap<string, Operation> {
  const found = new Map<string, Operation>()
  for (const operation of record?.trace?.operations ?? []) {
    const key = operation.outcome === outcome ? keyOf(operation) : null
    if (key !== null && !found.has(key)) found.set(key, operation)
  }
  return found
}

/**
 * What the original did and the result is refused, which may go on without a word: whether its work is lost only a check
 * of the user's own can tell, so one that passes stands above it. `why`: what to know where there is none.
 */
export function refusedWork(
  { smoke }: RunRecord,
  { name, baseline = 'allowed', detail, why = 'a check of yours (--smoke) can tell whether it does without' }: Refused,
): ReportCheck {
  const checked = smoke.length > 0
  const known = checked ? 'your own checks tell whether it does without' : why
  return { name, baseline, result: `refused (${detail}); ${known}`, passed: checked }
}

interface Refused {
  readonly name: string
  readonly baseline?: string
  /** The call that was refused. */
  readonly detail: string
  readonly why?: string
}
