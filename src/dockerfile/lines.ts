/**
 * Text to logical instructions, by the rules of BuildKit's scanner (moby/buildkit, frontend/dockerfile/parser):
 * directives, continuations, comments and blank lines within them, heredocs.
 */

import { HardenError } from '../errors.ts'
import type { Comment, Directive, Heredoc, Piece } from './model.ts'
import { type HeredocStart, heredocStarts } from './split.ts'
import { isSpace, sourceSpan } from './words.ts'

/** One instruction, its continuations joined. */
export interface LogicalLine {
  readonly text: string
  readonly pieces: readonly Piece[]
  readonly heredocs: readonly Heredoc[]
  /** Start of the first physical line. */
  readonly start: number
  /** End of the last physical line (of a heredoc's terminator, where there is one), without and with its line end. */
  readonly contentEnd: number
  readonly end: number
  /** 1-based number of the first physical line. */
  readonly line: number
}

export interface Scan {
  readonly escape: '\\' | '`'
  readonly directives: readonly Directive[]
  readonly comments: readonly Comment[]
  readonly lines: readonly LogicalLine[]
}

interface PhysicalLine {
  readonly start: number
  /** Without and with the line end. */
  readonly contentEnd: number
  readonly end: number
  readonly number: number
}

export function scanLines(source: string): Scan {
  const directives: Directive[] = []
  const comments: Comment[] = []
  const lines: LogicalLine[] = []
  const reader = lineReader(source)
  let escapeChar: '\\' | '`' = '\\'
  let directivesOpen = true
  const neverTerminated = new Set<string>()
  for (let line = reader.next(); line !== null; line = reader.next()) {
    const start = skipSpace(source, line.start, line.contentEnd)
    if (directivesOpen) {
      const text = source.slice(start, line.contentEnd)
      const directive = readDirective(text, start, line.number, directives)
      directivesOpen = directive !== null
      if (directive !== null) {
        directives.push(directive)
        if (directive.name === 'escape') escapeChar = directive.value === '`' ? '`' : '\\'
        continue
      }
    }
    if (start === line.contentEnd) continue
    if (source[start] === '#') {
      comments.push(commentOf(source, start, line))
      continue
    }
    lines.push(readInstruction(line, start))
  }
  return { escape: escapeChar, directives, comments, lines }

  function readInstruction(first: PhysicalLine, start: number): LogicalLine {
    let last = first
    let cut = continuationAt(source, start, first.contentEnd, escapeChar)
    let text = source.slice(start, cut ?? first.contentEnd)
    const pieces: Piece[] = [{ at: 0, start }]
    while (cut !== null) {
      const line = reader.next()
      if (line === null) break
      last = line
      const inner = skipSpace(source, line.start, line.contentEnd)
      if (inner === line.contentEnd) continue
      if (source[inner] === '#') {
        comments.push(commentOf(source, inner, line))
        continue
      }
      cut = continuationAt(source, line.start, line.contentEnd, escapeChar)
      const part = source.slice(line.start, cut ?? line.contentEnd)
      if (part === '') continue
      pieces.push({ at: text.length, start: line.start })
      text += part
    }
    const heredocs: Heredoc[] = []
    for (const start of heredocStarts(text, escapeChar)) {
      const body = readHeredoc(start, first.number)
      if (body === null) continue
      heredocs.push({
        name: start.name,
        chomp: start.chomp,
        expand: start.expand,
        content: source.slice(body.start, body.end),
        contentSpan: { start: body.start, end: body.end },
        span: sourceSpan(pieces, start.span.start, start.span.end),
      })
      last = body.terminator
    }
    const { contentEnd, end } = last
    return { text, pieces, heredocs, start: first.start, contentEnd, end, line: first.number }
  }

  /** Null when the redirect is none after all: spaced, and never terminated, so an older BuildKit's `1 << 2`. */
  function readHeredoc(
    heredoc: HeredocStart,
    number: number,
  ): { start: number; end: number; terminator: PhysicalLine } | null {
    // What is not terminated from here on is not further down either: hostile text is read once, not once a line.
    if (heredoc.spaced && neverTerminated.has(heredoc.name)) return null
    const before = reader.mark()
    const start = before.at
    for (let line = reader.next(); line !== null; line = reader.next()) {
      let from = line.start
      if (heredoc.chomp) while (source[from] === '\t') from += 1
      if (line.contentEnd - from === heredoc.name.length && source.startsWith(heredoc.name, from)) {
        return { start, end: line.start, terminator: line }
      }
    }
    if (!heredoc.spaced) {
      const hint = `end it with a line that is just ${heredoc.name}`
      throw notADockerfile(`the heredoc <<${heredoc.name} is not terminated`, number, hint)
    }
    neverTerminated.add(heredoc.name)
    reader.reset(before)
    return null
  }
}

interface Mark {
  readonly at: number
  readonly number: number
}

/** Go's bufio.MaxScanTokenSize: BuildKit reads no longer line. */
const longestLine = 64 * 1024

function lineReader(source: string) {
  // A byte order mark is no part of the first line.
  let at = source.startsWith('\ufeff') ? 1 : 0
  let number = 0
  function next(): PhysicalLine | null {
    if (at >= source.length) return null
    const start = at
    const newline = source.indexOf('\n', start)
    const end = newline === -1 ? source.length : newline + 1
    let contentEnd = newline === -1 ? end : newline
    // BuildKit strips every CR at the end of a line; one within it is plain white space.
    while (contentEnd > start && source[contentEnd - 1] === '\r') contentEnd -= 1
    at = end
    number += 1
    if (end - start > longestLine / 3 && new TextEncoder().encode(source.slice(start, end)).length > longestLine) {
      throw notADockerfile(`this line has more than ${longestLine - 1} bytes, the most that BuildKit reads`, number)
    }
    return { start, contentEnd, end, number }
  }
  return {
    next,
    mark: (): Mark => ({ at, number }),
    reset(mark: Mark): void {
      at = mark.at
      number = mark.number
    },
  }
}

function skipSpace(source: string, start: number, end: number): number {
  let at = start
  while (at < end && isSpace(source[at] ?? '')) at += 1
  return at
}

/** Where the escape character of a continued line stands; null when the line is not continued. */
export function continuationAt(source: string, start: number, end: number, escapeChar: string): number | null {
  let at = end - 1
  while (at >= start && (source[at] === ' ' || source[at] === '\t')) at -= 1
  if (at < start || source[at] !== escapeChar) return null
  // Two escape characters are one that is escaped; BuildKit does not count further back.
  if (at > start && source[at - 1] === escapeChar) return null
  return at
}

function commentOf(source: string, start: number, line: PhysicalLine): Comment {
  const span = { start, end: line.contentEnd }
  return { text: source.slice(start, line.contentEnd), span, line: line.number }
}

const directivePattern = /^#[\s\x85]*([a-zA-Z][a-zA-Z0-9]*)\s*=([\s\S]+)$/

const known: ReadonlySet<string> = new Set(['syntax', 'escape', 'check'])

/**
 * The directive in one line (white space before it stripped); null when it is none, which also ends the directives.
 * Each may stand once.
 */
function readDirective(text: string, start: number, line: number, before: readonly Directive[]): Directive | null {
  const match = directivePattern.exec(text)
  const name = match?.[1]?.toLowerCase()
  const value = match?.[2]?.trim() || match?.[2]?.at(-1)
  if (name === undefined || value === undefined || !known.has(name)) return null
  if (before.some((directive) => directive.name === name)) {
    throw notADockerfile(`the parser directive '${name}' stands twice`, line, 'keep one of the two lines')
  }
  if (name === 'escape' && value !== '\\' && value !== '`') {
    throw notADockerfile(`the escape directive must be \\ or \`, not '${value}'`, line)
  }
  return { name, value, span: { start, end: start + text.length } }
}

/** The one way in which text is refused: with the line and the reason, and with what to do where that is known. */
export function notADockerfile(reason: string, line: number, hint?: string): HardenError {
  return new HardenError('not-a-dockerfile', `line ${line}: ${reason}`, hint === undefined ? { line } : { line, hint })
}
