import type { Operation } from '../../evidence/operation.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'
import { operationsBy, refusedWork } from './refused-work.ts'

/**
 * A program that the original starts beside itself and that the result may not: one with capabilities of its own (ping,
 * squid's pinger), which the kernel does not start where they are not to be had (capabilities(7)), or one that is closed
 * to it. Who starts it may go on without a word. Empty where the runs were not traced, or the result starts it as well.
 */
export function lostPrograms(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  const had = operationsBy(original, 'done', program)
  const has = operationsBy(traced, 'done', program)
  const lost = [...operationsBy(traced, 'refused', program)].find(([path]) => had.has(path) && !has.has(path))
  if (lost === undefined) return []
  const [path, { detail }] = lost
  return [refusedWork(original, { name: `starts ${path}`, baseline: 'started', detail })]
}

function program({ access, path }: Operation): string | null {
  return access === 'execute' ? path : null
}
