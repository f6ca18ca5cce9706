import type { Operation } from '../../evidence/operation.ts'
import { baseName } from '../../places.ts'
import { KEEPS, newRefusals } from '../checks/refused-work.ts'
import type { RunRecord } from '../container/run-record.ts'
import { hasPassed, type Round } from '../round.ts'
import { refusalLines, refusalsIn } from './refusals.ts'

/**
 * What a round was refused: from its trace, where each refusal has its path and kind, and from its logs. A round that
 * failed tells all; one that passed only what it could not keep, since working programs are refused things too.
 */
export function learnedFrom(
  round: Round,
  original: RunRecord,
  baseline: RunRecord,
  known: readonly Operation[],
): readonly Operation[] {
  if (round.run === null) return []
  const passed = hasPassed(round)
  const { workdir } = round
  const { traced, record } = round.run
  const found =
    traced === null
      ? fromLogs(record, baseline, workdir, passed)
      : [
          ...newRefusals(traced, original),
          ...(passed ? [] : [...unseenChroot(traced, original), ...inTheWay(traced, original)]),
        ]
  const told = traced !== null && !passed ? fromLogs(record, baseline, workdir, passed) : []
  const times = (operation: Operation): number =>
    known.filter((other) => other.access === operation.access && other.path === operation.path).length
  return (
    [...found, ...told.filter((operation) => !found.some((other) => other.path === operation.path))]
      .filter((operation) => !passed || KEEPS.has(operation.access) || isOwnFileKept(operation))
      // What is refused again although the least was granted needs the next step of the ladder.
      .filter((operation) => times(operation) < (passed ? 1 : 2))
  )
}

/** What it made it could not give to somebody: it may have dropped what it was about to write there. */
function isOwnFileKept({ access, made }: Operation): boolean {
  return access === 'change-owner' && made === true
}

/**
 * The engine's seccomp profile refuses chroot before the trace sees it: of a run that ends where the original went on, a
 * chroot that is missing counts as refused.
 */
export function unseenChroot(traced: RunRecord, original: RunRecord): readonly Operation[] {
  const chroots = (record: RunRecord): readonly Operation[] =>
    record.trace?.operations.filter(({ access, outcome }) => access === 'chroot' && outcome === 'done') ?? []
  if (traced.state.running || !original.state.running || chroots(traced).length > 0) return []
  const [first] = chroots(original)
  return first === undefined
    ? []
    : [
        {
          ...first,
          outcome: 'refused',
          source: 'refused',
          detail: `refused: ${first.detail}, which was not seen again`,
        },
      ]
}

/**
 * Files that the original made anew (O_EXCL), and that a run which ended never came to open or says something of at its
 * end: one that was made for it beforehand is in its way (an empty pid file), and goes again.
 */
export function inTheWay(traced: RunRecord, original: RunRecord): readonly Operation[] {
  if (traced.state.running || !original.state.running) return []
  const opened = new Set(traced.trace?.operations.flatMap(({ outcome, path }) => (outcome === 'done' ? [path] : [])))
  const words = traced.logs.split('\n').slice(-10).join('\n')
  return (original.trace?.operations ?? []).flatMap((operation): readonly Operation[] => {
    const { access, outcome, path, detail } = operation
    if (access !== 'create-file' || outcome !== 'done' || path === null || !/\bO_EXCL\b/.test(detail)) return []
    if (opened.has(path) && !words.includes(baseName(path))) return []
    const way = { access: 'remove', outcome: 'refused', source: 'refused', found: true } as const
    return [{ ...operation, ...way, detail: `it is to be new: ${detail}` }]
  })
}

function fromLogs(record: RunRecord, baseline: RunRecord, workdir: string, passed: boolean): readonly Operation[] {
  const text = `${record.state.error}\n${record.logs}\n${record.logFiles}`
  const usual = new Set(refusalLines(`${baseline.logs}\n${baseline.logFiles}`))
  const lines = text.split('\n').filter((line) => !usual.has(line.trim().replace(/\d+/g, '0')))
  const relevant = passed ? lines.filter((line) => refusalLines(line).length > 0) : lines
  return refusalsIn(relevant.join('\n'), workdir)
}
