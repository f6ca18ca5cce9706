import { CHANGES, type Operation } from '../../evidence/operation.ts'
import { isOfEngine } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'
import { operationsBy, refusedWork } from './refused-work.ts'

/**
 * Files that the engine mounts into each container as root's own: no image can hand them over, and a start script that
 * may not add its line there often goes on. Empty where the runs were not traced, or the original writes none of them.
 */
export function engineFiles(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  const had = operationsBy(original, 'done', changedFile)
  const lost = [...operationsBy(traced, 'refused', changedFile)].find(([path]) => had.has(path))
  if (lost === undefined) return []
  const [path, { detail }] = lost
  const why = 'it is mounted by the engine, so no image can hand it over'
  return [refusedWork(original, { name: `writes ${path}`, detail, why })]
}

function changedFile({ access, path }: Operation): string | null {
  return path !== null && CHANGES.has(access) && isOfEngine(path) ? path : null
}
