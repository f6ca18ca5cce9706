import type { Piece, Span } from './model.ts'

/** The source offset of the character at `offset` of the joined text. */
export function sourceOffset(pieces: readonly Piece[], offset: number): number {
  let low = 0
  let high = pieces.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((pieces[middle]?.at ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  const piece = pieces[low]
  return piece === undefined ? offset : piece.start + offset - piece.at
}

/** The source span of `start..end` of the joined text; what was dropped in between belongs to it. */
export function sourceSpan(pieces: readonly Piece[], start: number, end: number): Span {
  const first = sourceOffset(pieces, start)
  // The end is the end of the last character, not the start of the next one: that may be lines below.
  return { start: first, end: end > start ? sourceOffset(pieces, end - 1) + 1 : first }
}

/** The pieces of the joined text from `start` on, up to `end`. */
export function slicePieces(pieces: readonly Piece[], start: number, end: number): readonly Piece[] {
  const sliced: Piece[] = []
  for (const [index, piece] of pieces.entries()) {
    const next = pieces[index + 1]
    if (next !== undefined && next.at <= start) continue
    if (piece.at >= end && sliced.length > 0) break
    const skipped = Math.max(0, start - piece.at)
    sliced.push({ at: piece.at + skipped - start, start: piece.start + skipped })
  }
  return sliced
}
