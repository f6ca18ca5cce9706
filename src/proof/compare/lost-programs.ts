import type { Operation } from '../../plan/operation.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'

/**
 * A program that the original starts beside itself and that the result may not: one with capabilities of its own (ping,
 * squid's pinger), which the kernel does not start where they are not to be had (capabilities(7)), or one that is closed
 * to it. Who starts it may go on without a word. Empty where the runs were not traced, or the result starts it as well.
 */
export function lostPrograms(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  const starts = (record: RunRecord, outcome: Operation['outcome']): readonly Operation[] =>
    (record.trace?.operations ?? []).filter(
      (operation) => operation.access === 'execute' && operation.outcome === outcome,
    )
  const had = new Set(starts(original, 'done').map(({ path }) => path))
  const has = new Set(starts(traced, 'done').map(({ path }) => path))
  const lost = starts(traced, 'refused').find(({ path }) => path !== null && had.has(path) && !has.has(path))
  if (lost?.path == null) return []
  const checked = original.smoke.length > 0
  const why = checked
    ? 'your own checks tell whether it does without'
    : 'a check of yours (--smoke) can tell whether it does without'
  return [
    { name: `starts ${lost.path}`, baseline: 'started', result: `refused (${lost.detail}); ${why}`, passed: checked },
  ]
}
