import { applyEdits, type Edit } from '../edit.ts'
import type { Rendering } from './format.ts'
import { hasFailed, type ReportFinding } from './report.ts'
import { counted } from './summary.ts'

/**
 * A change that can be accepted or rejected by itself: a finding that changes a text, and how. Numbers are indexes into
 * `ChangeSet.all`.
 */
interface Change {
  readonly finding: ReportFinding
  /** Offsets into `ChangeSet.source`. */
  readonly edits: readonly Edit[]
  /** Changes that it needs: accepting it accepts them. */
  readonly needs: readonly number[]
  /** Changes that prepare it: without them it can be made, but is not what was planned. */
  readonly preparedBy: readonly number[]
}

/** All changes that turn the text into the result. */
export interface ChangeSet {
  readonly source: string
  /** A continuation at the end that continues nothing, as it goes once something stands behind it; null for none. */
  readonly looseEnd: Edit | null
  /** Comments about open decisions, which go with whatever is accepted. */
  readonly decisions: readonly Edit[]
  readonly all: readonly Change[]
}

/** One that makes all of it, where there are no parts to choose from. */
export function wholeChange(source: string, output: string, message: string): ChangeSet {
  const finding = { transform: '', outcome: 'fixed', line: 1, column: 1, message, evidence: [] } as const
  const edits = source === output ? [] : [{ start: 0, end: source.length, text: output }]
  return { source, looseEnd: null, decisions: [], all: [{ finding, edits, needs: [], preparedBy: [] }] }
}

/** The accepted ones and all that they need, ascending. Numbers that stand for none are left out. */
export function withNeeds({ all }: Pick<ChangeSet, 'all'>, accepted: Iterable<number>): readonly number[] {
  const taken = new Set<number>()
  const take = (index: number): void => {
    const change = all[index]
    if (change === undefined || taken.has(index)) return
    taken.add(index)
    for (const other of change.needs) take(other)
  }
  for (const index of accepted) take(index)
  return [...taken].sort((a, b) => a - b)
}

/** Those of the accepted ones that were planned with another one which is not, each with what it goes without. */
export function unprepared(
  { all }: Pick<ChangeSet, 'all'>,
  accepted: Iterable<number>,
): ReadonlyMap<number, readonly number[]> {
  const taken = new Set(withNeeds({ all }, accepted))
  const without = new Map<number, readonly number[]>()
  for (const index of taken) {
    const missing = (all[index]?.preparedBy ?? []).filter((other) => !taken.has(other))
    if (missing.length > 0) without.set(index, missing)
  }
  return without
}

/**
 * The text with the accepted changes and all that they need, and no other one: none of them gives the source, all of them the
 * result. Any subset is a Dockerfile where the source is one. `first`: edits that go before others at the same place.
 */
export function subset(changes: ChangeSet, accepted: Iterable<number>, first: readonly Edit[] = []): string {
  const { source, looseEnd, decisions, all } = changes
  const accepts = withNeeds(changes, accepted).flatMap((index) => all[index]?.edits ?? [])
  const edits = accepts.length + first.length === 0 ? [] : [...first, ...accepts, ...decisions]
  const isTied = looseEnd !== null && edits.some((edit) => edit.start >= looseEnd.end)
  return applyEdits(source, isTied ? [...edits, looseEnd] : edits)
}

/** What somebody may accept of a target: its changes, or all of it at once; none where `-w` would write nothing. */
export function choicesOf({ result, source, path, files, changes }: Rendering): ChangeSet['all'] {
  if (result.verdict === 'failed' || result.kind === 'image' || !result.changed || hasFailed(result)) return []
  if (files !== undefined) return wholeChange(source, source, `${counted(files.length, 'file')} together`).all
  return (changes ?? wholeChange(source, result.output, `all of ${path}`)).all
}
