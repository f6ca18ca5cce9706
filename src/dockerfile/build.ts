/** Small edit builders: whole lines in the file's own line ends. The text ends as it did before. */
import type { Edit } from '../edit.ts'
import { onceFor } from '../once-for.ts'
import { continuationAt } from './lines.ts'
import type { Dockerfile, Instruction, Span } from './model.ts'

/**
 * Lines above an instruction. A comment directly above it belongs to it, so the lines go above that comment too;
 * `below-comments` puts them right above the instruction instead.
 */
export function insertBefore(
  dockerfile: Dockerfile,
  instruction: Instruction,
  lines: readonly string[],
  place: 'above-comments' | 'below-comments' = 'above-comments',
): Edit {
  const start = place === 'above-comments' ? ownCommentsStart(dockerfile, instruction) : instruction.lines.start
  return { start, end: start, text: lines.map((line) => line + dockerfile.eol).join('') }
}

/** Lines below an instruction. At the end of a text without a final newline they get none either. */
export function insertAfter(dockerfile: Dockerfile, instruction: Instruction, lines: readonly string[]): Edit {
  const { source, eol } = dockerfile
  const { end } = instruction.lines
  const dangling = end === source.length ? danglingContinuation(dockerfile) : null
  if (dangling !== null) {
    // Whatever follows would continue the instruction, blank lines and comments between or not.
    const rest = source.slice(dangling.end, end)
    const separated = rest.endsWith('\n') ? joinLines(lines, eol) + eol : eol + joinLines(lines, eol)
    return { start: dangling.start, end, text: rest + separated }
  }
  if (end > 0 && source[end - 1] === '\n') return { start: end, end, text: joinLines(lines, eol) + eol }
  return { start: end, end, text: eol + joinLines(lines, eol) }
}

/** Other text for the whole instruction, from its keyword on; its line end stays. */
export function replaceInstruction(instruction: Instruction, text: string): Edit {
  return { ...instruction.span, text }
}

/** Other arguments; keyword and flags stay. */
export function replaceRest(instruction: Instruction, text: string): Edit {
  const { start, end } = instruction.rest
  const touching = start === end && start > instruction.keywordSpan.start
  return { start, end, text: touching ? ` ${text}` : text }
}

/** The instruction and its lines gone. At the end of a text without a final newline, the line end before goes too. */
export function removeInstruction(dockerfile: Dockerfile, instruction: Instruction): Edit {
  const { source } = dockerfile
  const { start, end } = instruction.lines
  if (end < source.length || source.endsWith('\n')) return { start, end, text: '' }
  let from = start
  if (source[from - 1] === '\n') from -= 1
  if (source[from - 1] === '\r') from -= 1
  return { start: from, end, text: '' }
}

/** How most instructions write their keyword. */
export const keywordStyle = onceFor((dockerfile: Dockerfile): 'upper' | 'lower' => {
  let upper = 0
  let lower = 0
  for (const { keyword, keywordSpan } of allInstructions(dockerfile)) {
    const written = dockerfile.source.slice(keywordSpan.start, keywordSpan.end)
    if (written === keyword) upper += 1
    else if (written === keyword.toLowerCase()) lower += 1
  }
  return lower > upper ? 'lower' : 'upper'
})

/** In the order of the text. Each edit asks for its neighbours. */
export const allInstructions = onceFor((dockerfile: Dockerfile): readonly Instruction[] => {
  return [...dockerfile.metaArgs, ...dockerfile.stages.flatMap((stage) => [stage.from, ...stage.instructions])]
})

function joinLines(lines: readonly string[], eol: string): string {
  return lines.join(eol)
}

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
