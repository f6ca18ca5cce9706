import { CHANGES, type Operation } from '../../plan/operation.ts'
import { isOfEngine } from '../../plan/places.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'

/**
 * Files that the engine mounts into each container as root's own: no image can hand them over, and a start script that
 * may not add its line there often goes on. Empty where the runs were not traced, or the original writes none of them.
 */
export function engineFiles(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  const changes = (record: RunRecord, outcome: Operation['outcome']): readonly Operation[] =>
    (record.trace?.operations ?? []).filter(
      (operation) =>
        operation.outcome === outcome &&
        CHANGES.has(operation.access) &&
        operation.path !== null &&
        isOfEngine(operation.path),
    )
  const had = new Set(changes(original, 'done').map(({ path }) => path))
  const lost = changes(traced, 'refused').find(({ path }) => had.has(path))
  if (lost?.path == null) return []
  const checked = original.smoke.length > 0
  const why = checked
    ? 'your own checks tell whether it does without'
    : 'it is mounted by the engine, so no image can hand it over'
  const result = `refused (${lost.detail}); ${why}`
  return [{ name: `writes ${lost.path}`, baseline: 'allowed', result, passed: checked }]
}
