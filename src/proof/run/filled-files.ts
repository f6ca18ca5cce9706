import type { Operation } from '../../plan/operation.ts'
import type { ReportCheck } from '../../report/report.ts'
import { OWNER } from '../container/files.ts'
import type { RunRecord } from '../container/run-record.ts'

/**
 * Whether a file that the original filled is filled: a program that makes its file and is refused to give it to somebody
 * can leave it at that, empty, and go on. Only what is refused on that very file makes an empty one its loss, since a log
 * may well have nothing to say. Empty where the runs were not traced, or do nothing of the kind.
 */
export function filledFiles(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  const refusal = (path: string): Operation | undefined =>
    traced.trace?.operations.find(
      (operation) => operation.outcome === 'refused' && OWNER.has(operation.access) && operation.path === path,
    )
  const filled = [...original.sizes].flatMap(([path, size]) => (size > 0 ? [path] : []))
  if (filled.length === 0) return []
  const empty = filled.find((path) => traced.sizes.get(path) === 0 && refusal(path) !== undefined)
  const result = empty === undefined ? 'yes' : `${empty} stays empty: ${refusal(empty)?.detail}`
  return [{ name: 'fills the files that it made', baseline: 'yes', result, passed: empty === undefined }]
}
