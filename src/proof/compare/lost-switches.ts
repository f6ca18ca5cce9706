import { isSwitcher } from '../../command/index.ts'
import type { Operation } from '../../evidence/operation.ts'
import { baseName } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'
import { operationsBy, refusedWork } from './refused-work.ts'

/**
 * What a script of the original still hands to `su` or `gosu` in the result, to be done as another user: who is not root
 * is asked for a password there, or refused, and the script may go on without a word (as it ends, for instance). Empty
 * where the runs were not traced, or the result becomes somebody by the same program.
 */
export function lostSwitches(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  const had = operationsBy(original, 'done', switched)
  const has = operationsBy(traced, 'done', switched)
  const lost = [...operationsBy(traced, 'done', started)].find(([path]) => had.has(path) && !has.has(path))
  if (lost === undefined) return []
  const [path] = lost
  const tool = baseName(path)
  const baseline = `done as ${had.get(path)?.uid ?? 'another'}`
  return [refusedWork(original, { name: `what ${tool} starts`, baseline, detail: `only root can run ${tool}` })]
}

function started({ access, path }: Operation): string | null {
  return access === 'execute' && path !== null && isSwitcher(baseName(path)) ? path : null
}

function switched({ access, by, uid = 0 }: Operation): string | null {
  return access === 'switch-user' && uid > 0 && by !== undefined && isSwitcher(baseName(by)) ? by : null
}
