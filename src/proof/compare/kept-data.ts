import type { Operation } from '../../evidence/operation.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'

const USES = new Set<Operation['access']>(['read', 'write', 'list', 'traverse', 'create-file', 'rename', 'remove'])

/**
 * Whether a run can use what it made itself, as the original can: a file that is written so that only root can read it
 * again is lost with the next start, and the program may never say so. Empty where the runs were not traced.
 */
export function keptData(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  const key = ({ access, path }: Operation): string => `${access} ${path}`
  const done = new Set(original.trace.operations.filter(({ outcome }) => outcome === 'done').map(key))
  const lost = traced.trace.operations.find(
    (operation) =>
      operation.outcome === 'refused' &&
      operation.made === true &&
      USES.has(operation.access) &&
      done.has(key(operation)),
  )
  const result = lost === undefined ? 'yes' : `no: ${lost.detail}`
  return [{ name: 'can use what it wrote', baseline: 'yes', result, passed: lost === undefined }]
}
