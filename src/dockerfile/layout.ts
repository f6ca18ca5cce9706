/** How the text around instructions lies: which come after each other, and which comments are whose. */
import { memoizeByObject } from '../memoize.ts'
import { continuationAt } from './lines.ts'
import type { Comment, Dockerfile, Instruction, Span } from './model.ts'

/** In the order of the text. Each edit asks for its neighbours. */
export const allInstructions = memoizeByObject((dockerfile: Dockerfile): readonly Instruction[] => {
  return [...dockerfile.metaArgs, ...dockerfile.stages.flatMap((stage) => [stage.from, ...stage.instructions])]
})

/** Start of the comment lines right above an instruction, no blank line between; directives are no comments. */
export function ownCommentsStart(dockerfile: Dockerfile, instruction: Instruction): number {
  const { source, comments } = dockerfile
  let { start } = instruction.lines
  for (let index = lastBefore(comments, start); index >= 0; index -= 1) {
    const comment = comments[index]
    if (comment === undefined) break
    const lineStart = Math.max(source.lastIndexOf('\n', comment.span.start) + 1, source.startsWith('\ufeff') ? 1 : 0)
    // Only line ends lie between the comment and what was found so far; a comment within an instruction ends it.
    if (!/^\r*\n$/.test(source.slice(comment.span.end, start)) || isWithin(dockerfile, lineStart)) break
    start = lineStart
  }
  return start
}

function lastBefore(comments: Dockerfile['comments'], offset: number): number {
  let low = 0
  let high = comments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((comments[middle]?.span.start ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low - 1
}

function isWithin(dockerfile: Dockerfile, offset: number): boolean {
  return allInstructions(dockerfile).some(({ lines }) => lines.start <= offset && offset < lines.end)
}

/**
 * The escape character at the end of the file that nothing continues; null where there is none. It would swallow any
 * line put below it, so whoever appends lines takes it out.
 */
export function danglingContinuation(dockerfile: Dockerfile): Span | null {
  const { source, comments, escape: escapeChar } = dockerfile
  const last = allInstructions(dockerfile).at(-1)
  if (last === undefined || last.lines.end < source.length || last.heredocs.length > 0) return null
  if (!source.includes(escapeChar, last.lines.start)) return null
  const inner = new Set(comments.map((comment) => source.lastIndexOf('\n', comment.span.start) + 1))
  for (let end = last.lines.end; end > last.lines.start; ) {
    const start = source.lastIndexOf('\n', end - 1) + 1
    const content = source.slice(start, end).trimEnd()
    if (content !== '' && !inner.has(start)) {
      const at = continuationAt(source, start, start + content.length, escapeChar)
      if (at === null) return null
      // Without it the one before it, with blanks between, would be one as well.
      let first = at
      for (let before: number | null = at; before !== null; ) {
        first = before
        before = continuationAt(source, start, start + source.slice(start, first).trimEnd().length, escapeChar)
      }
      return { start: first, end: at + 1 }
    }
    end = start - 1
  }
  return null
}

/** The comment lines right above an instruction. */
export function commentsAbove(dockerfile: Dockerfile, instruction: Instruction): readonly Comment[] {
  const start = ownCommentsStart(dockerfile, instruction)
  return dockerfile.comments.filter(({ span }) => span.start >= start && span.start < instruction.lines.start)
}

/** The comment lines above the first instruction. */
export function commentsOnTop(dockerfile: Dockerfile): readonly Comment[] {
  const first = dockerfile.metaArgs[0] ?? dockerfile.stages[0]?.from
  return dockerfile.comments.filter(({ span }) => first === undefined || span.start < first.lines.start)
}
