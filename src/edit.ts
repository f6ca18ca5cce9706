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

/** The line of a text that an offset is in, 1-based. */
export function lineOf(text: string, offset: number): number {
  const starts = startsOf(text)
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}

/** Where the lines of the text that was asked of last start: of one text many lines are asked in turn. */
let last: { readonly text: string; readonly starts: readonly number[] } = { text: '', starts: [0] }

function startsOf(text: string): readonly number[] {
  if (text === last.text) return last.starts
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  last = { text, starts }
  return starts
}
