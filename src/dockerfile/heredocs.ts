import { jsonForm } from './json-form.ts'
import { lex } from './lex.ts'
import type { Span } from './model.ts'
import { splitInstruction } from './split.ts'

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
