import { isSpace } from './keywords.ts'
import type { Piece, Span, Word } from './model.ts'
import { sourceSpan } from './pieces.ts'

/** What BuildKit cuts at white space alone, before it looks at quotes. */
const cutAtBlanks: ReadonlySet<string> = new Set(['ADD', 'COPY', 'EXPOSE', 'FROM', 'VOLUME'])

export function wordsOf(keyword: string, text: string, pieces: readonly Piece[], escapeChar: string): readonly Word[] {
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
