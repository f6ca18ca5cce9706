import type { Instruction, InstructionWord, Piece, Span } from './model.ts'

/** What BuildKit cuts at white space alone, before it looks at quotes. */
const cutAtBlanks: ReadonlySet<string> = new Set(['ADD', 'COPY', 'EXPOSE', 'FROM', 'VOLUME'])

export function wordsOf(
  keyword: string,
  text: string,
  pieces: readonly Piece[],
  escapeChar: string,
): readonly InstructionWord[] {
  const spans = cutAtBlanks.has(keyword) ? blankSpans(text) : quotedSpans(text, escapeChar)
  return spans.map((span) => {
    const word = text.slice(span.start, span.end)
    return { text: word, value: unquote(word, escapeChar), span: sourceSpan(pieces, span.start, span.end) }
  })
}

/** Quotes and escapes removed, variables left as they are; the text itself where its quotes do not match. */
export function unquote(text: string, escapeChar: string): string {
  let value = ''
  let quote = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    const next = text[at + 1] ?? ''
    if (quote === "'") {
      if (char === "'") quote = ''
      else value += char
    } else if (char === escapeChar && (quote === '' || next === '"' || next === '$' || next === escapeChar)) {
      value += next
      at += 1
    } else if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) quote = char
    else value += char
  }
  return quote === '' ? value : text
}

function blankSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  let start = -1
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    const blank = char === ' ' || char === '\t' || char === '\r' || char === '\v' || char === '\f'
    if (blank && start !== -1) spans.push({ start, end: at })
    if (blank) start = -1
    else if (start === -1) start = at
  }
  if (start !== -1) spans.push({ start, end: text.length })
  return spans
}

/** White space within quotes does not end a word. */
export function quotedSpans(text: string, escapeChar: string): readonly Span[] {
  const spans: Span[] = []
  let quote = ''
  let start = -1
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (quote === '' && isSpace(char)) {
      if (start !== -1) spans.push({ start, end: at })
      start = -1
      continue
    }
    if (start === -1) start = at
    if (char === escapeChar && quote !== "'") at += 1
    else if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) quote = char
  }
  if (start !== -1) spans.push({ start, end: text.length })
  return spans
}

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

/** The instructions that BuildKit knows, upper case. */
const keywords: ReadonlySet<string> = new Set([
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
])

export function isKeyword(keyword: string): boolean {
  return keywords.has(keyword)
}

/** As BuildKit compares keywords: folded to lower case first, then shown in upper case. */
export function normalKeyword(word: string): string {
  return word.toLowerCase().toUpperCase()
}

/** What Go's `unicode.IsSpace` takes for a space, as the inside of a character class. */
const unicodeSpaces = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'

const spacePattern = new RegExp(`[${unicodeSpaces}]`)

export function isSpace(char: string): boolean {
  if (char === ' ' || char === '\t') return true
  // What stands between them in ASCII are letters, digits and signs.
  return (char < ' ' || char > '~') && spacePattern.test(char)
}
