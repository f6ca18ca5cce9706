import type { Instruction, Piece, Span } from './model.ts'
import { sourceOffset, sourceSpan } from './pieces.ts'
import { quotedSpans } from './words.ts'

/** One `name=value` of an ARG, ENV or LABEL, as written. */
export interface Pair {
  readonly name: string
  /** Quotes and variables still in it; null for an ARG without a default. */
  readonly value: string | null
  readonly nameSpan: Span
  readonly valueSpan: Span | null
}

export function pairsOf(instruction: Instruction, escapeChar: string): readonly Pair[] {
  const { text, pieces } = instruction
  const spans = quotedSpans(text, escapeChar)
  const first = spans[0]
  if (first === undefined) return []
  if (instruction.keyword !== 'ARG' && !text.slice(first.start, first.end).includes('='))
    return [legacyPair(text, pieces)]
  return spans.map((span) => {
    const equals = text.indexOf('=', span.start)
    const bare = equals === -1 || equals >= span.end
    const nameEnd = bare ? span.end : equals
    return {
      name: text.slice(span.start, nameEnd),
      value: bare ? null : text.slice(equals + 1, span.end),
      nameSpan: sourceSpan(pieces, span.start, nameEnd),
      valueSpan: bare ? null : valueSpan(pieces, equals + 1, span.end),
    }
  })
}

/** `ENV name the whole rest`. */
function legacyPair(text: string, pieces: readonly Piece[]): Pair {
  const match = /^([^\t\v\f\r ]*)[\t\v\f\r ]+/.exec(text)
  const name = match?.[1] ?? text
  const start = match?.[0].length ?? text.length
  return {
    name,
    value: text.slice(start),
    nameSpan: sourceSpan(pieces, 0, name.length),
    valueSpan: valueSpan(pieces, start, text.length),
  }
}

function valueSpan(pieces: readonly Piece[], start: number, end: number): Span {
  if (end > start) return sourceSpan(pieces, start, end)
  const at = start === 0 ? sourceOffset(pieces, 0) : sourceOffset(pieces, start - 1) + 1
  return { start: at, end: at }
}
