import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../container/run-record.ts'
import { refusedWork } from './refused-work.ts'

/** Once may be the rest of a start; what is done for each piece of work is done by one process after the other. */
const FEWEST = 2

/**
 * Whether each piece of work is still done that the original handed to a process of another user (a helper as `nobody`):
 * where that process may not become it, it ends, and who started it may go on without a word. One that becomes the user
 * that it is already is not refused. Empty where the runs were not traced, or do nothing of the kind.
 */
export function workAsOthers(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  // On a busy machine what was begun at the start is only done once the port is open.
  if (Math.min(original.trace.forked, traced.trace.forked) < FEWEST) return []
  const before = switches(original, 'done').filter(({ uid = 0 }) => uid > 0)
  const refused = switches(traced, 'refused')
  const done = switches(traced, 'done').some(({ uid = 0 }) => uid > 0)
  const [lost] = refused
  if (lost === undefined || done || processes(before) < FEWEST || processes(refused) < FEWEST) return []
  return [
    refusedWork(original, { name: 'work as another user', baseline: `done as ${before[0]?.uid}`, detail: lost.detail }),
  ]
}

type Switch = NonNullable<RunRecord['trace']>['operations'][number]

function switches({ trace }: RunRecord, outcome: Switch['outcome']): readonly Switch[] {
  return (trace?.exercised ?? []).filter(
    (operation) => operation.access === 'switch-user' && operation.outcome === outcome,
  )
}

function processes(operations: readonly Switch[]): number {
  return new Set(operations.map(({ pid }) => pid)).size
}
