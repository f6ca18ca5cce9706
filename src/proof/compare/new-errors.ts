import { bounds } from '../../bounds.ts'
import type { ReportCheck } from '../../report/report.ts'
import { withoutNumbers } from '../ask/answers.ts'

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
  const repeated = [...counted(complaints(after))].flatMap(([line, times]) =>
    times - (early.get(line) ?? 0) >= MOST && !usual.has(line) ? [line] : [],
  )
  const line = repeated.length === 0 ? undefined : repeated.find(isNew(usual, tagOf(baseline), tagOf(after)))
  if (line === undefined) return []
  const result = `again and again: ${line.slice(0, 160)}`
  return [{ name: 'its log', baseline: 'no such complaint', result, passed: false }]
}

/** Not a usual complaint of a run that draws another word for its lines. */
function isNew(usual: ReadonlySet<string>, tagBefore: string, tagAfter: string): (line: string) => boolean {
  const untagged = new Set([...usual].map(withoutWord(tagBefore)))
  const bare = withoutWord(tagAfter)
  return (line) => !untagged.has(bare(line))
}

/** Without what differs from time to time: numbers, dates and identifiers. */
function complaints(log: string): readonly string[] {
  return linesOf(log).filter((line) => line.length < bounds.logLine && BAD.test(line))
}

function linesOf(log: string): readonly string[] {
  return log
    .split('\n')
    .map((line) =>
      withoutNumbers(line.replace(COLOUR, '').trim()).replace(/\b(mon|tue|wed|thu|fri|sat|sun)\b/gi, 'day'),
    )
}

/** Fewer lines tell nothing of what all have in common. */
const FEWEST_TAGGED = 4

/** The word that most lines begin with: some draw it for each run (`[NPBS4]`). '' where there is none. */
function tagOf(log: string): string {
  const first = linesOf(log).flatMap((line) => /^\S+/.exec(line)?.[0] ?? [])
  const [[tag, times] = ['', 0]] = [...counted(first)].sort(([, a], [, b]) => b - a)
  return times >= FEWEST_TAGGED && times * 2 > first.length ? tag : ''
}

function withoutWord(word: string): (line: string) => string {
  return (line) => (word !== '' && line.startsWith(`${word} `) ? line.slice(word.length + 1).trim() : line)
}

function counted(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}
