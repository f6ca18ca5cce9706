import { HardenError } from './errors.ts'

/** A place in a text: UTF-16 code units from its start, `end` exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Replace `source.slice(start, end)` by `text`. Offsets are UTF-16 code units into the one source text. */
export interface Edit extends Span {
  readonly text: string
  /** Comments in the text that say why, as offsets into it. Absent: none. */
  readonly reasons?: readonly Reason[]
}

/** Whole lines of a comment, with their line ends. */
export interface Reason extends Span {
  /** The same in one line, without its line end. */
  readonly short: string
}

/** How much a comment that is put in says: all, one line, or that there is none. */
export type CommentStyle = 'full' | 'short' | 'none'

/**
 * The edits with their comments in another style. A short one is said once in a text: where it stands above something already,
 * nobody needs it again.
 */
export function withComments(edits: readonly Edit[], style: CommentStyle, source: string): readonly Edit[] {
  if (style === 'full' || edits.every(({ reasons = [] }) => reasons.length === 0)) return edits
  const said = new Set(source.includes('# harden-image:') ? source.split(/\r?\n/) : [])
  const ordered = edits.toSorted((a, b) => a.start - b.start || a.end - b.end)
  const changed = new Map(ordered.map((edit) => [edit, restyled(edit, style, said)]))
  return edits.map((edit) => changed.get(edit) ?? edit)
}

const LINE_END = /^\r?\n/

function restyled(edit: Edit, style: CommentStyle, said: Set<string>): Edit {
  const { reasons = [], ...rest } = edit
  if (reasons.length === 0) return edit
  const parts: string[] = []
  let at = 0
  for (const { start, end, short } of reasons) {
    parts.push(edit.text.slice(at, start))
    const whole = edit.text.slice(start, end)
    const before = LINE_END.exec(whole)?.[0] ?? ''
    const after = before === '' ? (/\r?\n$/.exec(whole)?.[0] ?? '') : ''
    if (style === 'short' && !said.has(short)) parts.push(before, short, after)
    said.add(short)
    at = end
  }
  return { ...rest, text: [...parts, edit.text.slice(at)].join('') }
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
  return lineAmong(startsOf(text), offset)
}

/** Where the line starts that an offset is in, or the one so many lines above it; 0 where there is none. */
export function lineStart(text: string, offset: number, above = 0): number {
  const starts = startsOf(text)
  return starts[lineAmong(starts, offset) - 1 - above] ?? 0
}

/** Where the line ends that an offset is in, before its line feed. */
export function lineEnd(text: string, offset: number): number {
  const starts = startsOf(text)
  const next = starts[lineAmong(starts, offset)]
  return next === undefined ? text.length : next - 1
}

function lineAmong(starts: readonly number[], offset: number): number {
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
