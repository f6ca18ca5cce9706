import type { ReportCheck } from '../../report/report.ts'
import { withoutNumbers } from '../without-numbers.ts'

/** So often after it was up: it goes on and on. */
const MOST = 3
const BAD =
  /\b(error|err|fatal|panic|critical|crit|emerg|alert|traceback|exception|segfault|failed|failure|unable|cannot|can't|could not)\b|permission denied|not permitted|\bEACCES\b|\bEPERM\b|read-only file system/i
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')

/**
 * Complaints that the original never had and that the result, once it is up, repeats. One at the start is normal in
 * working programs; one that does not end is what somebody would be called for. `before`: its log when it was up.
 */
export function newErrors(baseline: string, before: string, after: string): readonly ReportCheck[] {
  const usual = new Set(complaints(baseline))
  const early = counted(complaints(before))
  const repeated = [...counted(complaints(after))]
    .map(([line, times]) => ({ line, times: times - (early.get(line) ?? 0) }))
    .find(({ line, times }) => times >= MOST && !usual.has(line))
  if (repeated === undefined) return []
  const result = `again and again: ${repeated.line.slice(0, 160)}`
  return [{ name: 'its log', baseline: 'no such complaint', result, passed: false }]
}

/** Without what differs from time to time: numbers, dates and identifiers. */
function complaints(log: string): readonly string[] {
  return log
    .split('\n')
    .map((line) => line.replace(COLOUR, '').trim())
    .filter((line) => line.length < 2000 && BAD.test(line))
    .map((line) => withoutNumbers(line).replace(/\b(mon|tue|wed|thu|fri|sat|sun)\b/gi, 'day'))
}

function counted(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}
