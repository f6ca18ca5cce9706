import { HardenError } from './errors.ts'

/** A place in a text: UTF-16 code units from its start, `end` exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Replace `source.slice(start, end)` by `text`. Offsets are UTF-16 code units into the one source text. */
export interface Edit extends Span {
  readonly text: string
}

/**
 * Apply all edits at once. Insertions at one point keep the order in which they are given; two edits that want
 * the same bytes are a bug in a transform and throw `conflicting-edits`.
 */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  const ordered = edits.toSorted((a, b) => a.start - b.start || a.end - b.end)
  const parts: string[] = []
  let at = 0
  for (const edit of ordered) {
    if (edit.start < at || edit.end < edit.start || edit.end > source.length) {
      throw new HardenError('conflicting-edits', `two edits want the same text at offset ${edit.start}`)
    }
    parts.push(source.slice(at, edit.start), edit.text)
    at = edit.end
  }
  parts.push(source.slice(at))
  return parts.join('')
}
