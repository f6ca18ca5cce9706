import { isSpace, normalKeyword } from './keywords.ts'
import type { Span } from './model.ts'

/** Where keyword, flags and arguments of one logical line stand in its text. */
export interface Split {
  /** Upper case. */
  readonly keyword: string
  readonly keywordSpan: Span
  readonly flags: readonly Span[]
  /** Trimmed; empty at its start when there is nothing. */
  readonly arguments: Span
}

const blank = /[\t\v\f\r ]/

/** BuildKit's `splitCommand`: a keyword, then words that start with `--`, quotes and escapes in them honoured. */
export function splitInstruction(text: string, escapeChar: string, from = 0): Split {
  let start = from
  let end = text.length
  while (start < end && isSpace(text[start] ?? '')) start += 1
  while (end > start && isSpace(text[end - 1] ?? '')) end -= 1
  let keywordEnd = start
  while (keywordEnd < end && !blank.test(text[keywordEnd] ?? '')) keywordEnd += 1
  const flags: Span[] = []
  let at = keywordEnd
  for (;;) {
    while (at < end && isSpace(text[at] ?? '')) at += 1
    if (!text.startsWith('--', at) || at + 2 > end) break
    const flagEnd = endOfFlag(text, at, end, escapeChar)
    const flag = { start: at, end: flagEnd }
    at = flagEnd
    // A lone -- ends the flags and is no argument.
    if (text.slice(flag.start, flag.end) === '--') {
      while (at < end && isSpace(text[at] ?? '')) at += 1
      break
    }
    flags.push(flag)
  }
  return {
    keyword: normalKeyword(text.slice(start, keywordEnd)),
    keywordSpan: { start, end: keywordEnd },
    flags,
    arguments: { start: at, end },
  }
}

function endOfFlag(text: string, start: number, end: number, escapeChar: string): number {
  let quote = ''
  let at = start
  while (at < end) {
    const char = text[at] ?? ''
    if (char === escapeChar) at += 1
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (isSpace(char)) break
    at += 1
  }
  return Math.min(at, end)
}
