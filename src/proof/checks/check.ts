import type { Operation } from '../../evidence/operation.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../container/run-record.ts'

/** One respect in which a result is compared with its original. */
export type Check = RunCheck | TraceCheck | WatchCheck

interface Named {
  /** Unique, in kebab-case; the table of checks in docs/reference/checks.md has a row of that name. */
  readonly name: string
  /** What holds where it passes: the text of that row. */
  readonly summary: string
}

/** A check of each run of a result: the one that is compared, and those under other conditions. */
interface RunCheck extends Named {
  readonly of: 'runs'
  /** It holds for every result, whatever the original does. */
  readonly locks?: true
  /** `moved` says which port of the original is which of the result. */
  compare(original: RunRecord, result: RunRecord, moved: ReadonlyMap<number, number>): Iterable<ReportCheck>
}

/** A check of both traced runs: what answers do not show. */
interface TraceCheck extends Named {
  readonly of: 'traces'
  /** See RunCheck. */
  readonly locks?: true
  /** It also judges a run whose trace is missing or not believed; other checks need two traces. */
  readonly evenWithout?: true
  compare(original: RunRecord, traced: RunRecord, facts: ImageFacts): Iterable<ReportCheck>
}

/** A check of both runs after they were watched to the end. */
interface WatchCheck extends Named {
  readonly of: 'watch'
  compare(original: RunRecord, result: RunRecord, watched: WatchRecord): Iterable<ReportCheck>
}

/** What the watch has shown beyond the two runs. */
export interface WatchRecord {
  /** The traced run of the original. */
  readonly study: RunRecord
  /** The result when the watch began. */
  readonly before: RunRecord
  /** The traced run of the result when the watch began, and later; null where it was not traced for so long. */
  readonly traces: { readonly before: RunRecord; readonly later: RunRecord } | null
  /** Files that the original made, changed or removed meanwhile, and the result did not. */
  readonly missed: readonly string[]
  /** Programs from which the plan has taken the capabilities of their own, by name; absent: none. */
  readonly disarmed?: readonly string[]
}

/** As its trace tells; none without one. */
export function operationsOf(record: RunRecord | null): readonly Operation[] {
  return record?.trace?.operations ?? []
}

/** The first operation with this outcome for each key; a null key leaves an operation out. Empty without a trace. */
export function operationsBy(
  record: RunRecord | null,
  outcome: Operation['outcome'],
  keyOf: (operation: Operation) => string | null,
): ReadonlyMap<string, Operation> {
  const found = new Map<string, Operation>()
  for (const operation of operationsOf(record)) {
    const key = operation.outcome === outcome ? keyOf(operation) : null
    if (key !== null && !found.has(key)) found.set(key, operation)
  }
  return found
}

/**
 * Work of the original that the result is refused, and may go on without: only a check of the user's own can tell whether it is
 * lost, so a passing one settles it. `why`: the reason to give where there is none.
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
