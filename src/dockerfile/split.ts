import { lex } from './lex.ts'
import type { Span } from './model.ts'
import { isSpace, normalKeyword } from './words.ts'

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

export type JsonForm =
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  /** A JSON array of something else, which BuildKit refuses instead of taking it for the shell form. */
  | { readonly kind: 'not-strings' }
  | { readonly kind: 'shell' }

/** Whether the arguments are a JSON array of strings. What is no valid JSON is the shell form. */
export function jsonForm(text: string): JsonForm {
  let start = 0
  while (isSpace(text[start] ?? '')) start += 1
  if (text[start] !== '[') return { kind: 'shell' }
  let values: unknown
  try {
    values = JSON.parse(text.slice(start))
  } catch {
    return { kind: 'shell' }
  }
  if (!Array.isArray(values)) return { kind: 'shell' }
  if (!values.every((value) => typeof value === 'string')) return { kind: 'not-strings' }
  return { kind: 'strings', values }
}

export interface HeredocStart {
  readonly name: string
  readonly chomp: boolean
  readonly expand: boolean
  /** White space stands between `<<` and the delimiter: no heredoc before BuildKit 0.26. */
  readonly spaced: boolean
  /** The redirect, in the logical line. */
  readonly span: Span
}

/** BuildKit's own pattern, for one shell word. */
const heredocPattern = /^(\d*)<<(-?)(?=[^<]*$)(\s*)([^<]*)$/

const takesHeredocs: ReadonlySet<string> = new Set(['ADD', 'COPY', 'RUN'])

const noVariables = () => undefined

/** The heredocs that start in a logical line: only ADD, COPY and RUN (and ONBUILD of those) in shell form have any. */
export function heredocStarts(text: string, escapeChar: string): readonly HeredocStart[] {
  if (!text.includes('<<')) return []
  const outer = splitInstruction(text, escapeChar)
  const split = outer.keyword === 'ONBUILD' ? splitInstruction(text, escapeChar, outer.arguments.start) : outer
  if (!takesHeredocs.has(split.keyword)) return []
  if (jsonForm(text.slice(split.arguments.start, split.arguments.end)).kind === 'strings') return []
  // BuildKit always takes a backslash for the escape character here, whatever the directive says.
  const options = { escape: '\\', lookup: noVariables, keepUnset: true, keepQuotes: true, keepEscapes: true }
  const lexed = lex(text, options)
  if (lexed.kind !== 'text') return []
  const starts: HeredocStart[] = []
  for (const word of lexed.words) {
    const start = heredocOf(word.text)
    if (start !== null) starts.push({ ...start, span: { start: word.start, end: word.end } })
  }
  return starts
}

/** Whether a word is a heredoc redirect: the target of a COPY may not be one. */
export function heredocOf(word: string): Omit<HeredocStart, 'span'> | null {
  const match = heredocPattern.exec(word)
  const delimiter = match?.[4]
  if (match === null || delimiter === undefined || delimiter === '') return null
  const plain = lex(delimiter, { escape: '\\', lookup: noVariables, keepUnset: true })
  const raw = lex(delimiter, { escape: '\\', lookup: noVariables, keepUnset: true, keepQuotes: true })
  if (plain.kind !== 'text' || raw.kind !== 'text') return null
  const name = plain.words[0]?.text
  if (name === undefined || plain.words.length !== 1) return null
  return {
    name,
    chomp: match[2] === '-',
    // Quotes that the raw reading keeps and the plain one does not: some part of the delimiter is quoted.
    expand: quotes(name) === quotes(raw.words[0]?.text ?? ''),
    spaced: match[3] !== '',
  }
}

function quotes(text: string): number {
  return text.replace(/[^'"]/g, '').length
}
