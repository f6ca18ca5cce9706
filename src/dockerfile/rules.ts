/** What BuildKit refuses in a single instruction (moby/buildkit, frontend/dockerfile/instructions), and why. */
import { flagProblem } from './flag-rules.ts'
import { heredocOf } from './heredocs.ts'
import type { Draft } from './instruction.ts'
import { quotedSpans } from './words.ts'

/** The reason to refuse the instruction; null when it is fine. */
export function problemOf(draft: Draft, escapeChar: string): string | null {
  return argumentProblem(draft, escapeChar) ?? flagProblem(draft, escapeChar)
}

function argumentProblem(draft: Draft, escapeChar: string): string | null {
  const { keyword, arguments: rest } = draft.split
  const text = draft.line.text.slice(rest.start, rest.end)
  switch (keyword) {
    case 'ADD':
    case 'COPY':
      return copyProblem(keyword, draft.json ?? blankWords(text))
    case 'ARG':
      return pairsProblem(keyword, text, escapeChar)
    case 'ENV':
    case 'LABEL':
      return pairsProblem(keyword, text, escapeChar)
    case 'EXPOSE':
    case 'MAINTAINER':
    case 'STOPSIGNAL':
    case 'USER':
    case 'WORKDIR':
      return text === '' ? `${keyword} needs an argument` : null
    case 'VOLUME':
      return volumeProblem(draft.json ?? blankWords(text))
    case 'FROM':
      return fromProblem(blankWords(text))
    case 'HEALTHCHECK':
      return healthcheckProblem(draft, text)
    case 'SHELL':
      return draft.json === null || draft.json.length === 0 ? 'SHELL needs a JSON array with at least one string' : null
    case 'ONBUILD':
      return onbuildProblem(draft, text, escapeChar)
    default:
      return null
  }
}

function blankWords(text: string): readonly string[] {
  return text.split(/[\t\v\f\r ]+/).filter((word) => word !== '')
}

function copyProblem(keyword: string, words: readonly string[]): string | null {
  if (words.length < 2) return `${keyword} needs a source and a destination`
  return heredocOf(words.at(-1) ?? '') === null ? null : `${keyword} cannot take a heredoc as its destination`
}

function volumeProblem(paths: readonly string[]): string | null {
  if (paths.length === 0) return 'VOLUME needs an argument'
  return paths.some((path) => path.trim() === '') ? 'VOLUME cannot be an empty path' : null
}

/** `ENV a=b c=d`, `ENV a b`, `LABEL` likewise; `ARG a b=c`. */
function pairsProblem(keyword: string, text: string, escapeChar: string): string | null {
  const words = quotedSpans(text, escapeChar).map((span) => text.slice(span.start, span.end))
  const first = words[0]
  if (first === undefined) return `${keyword} needs an argument`
  if (keyword !== 'ARG' && !first.includes('=')) {
    return /[\t\v\f\r ]/.test(text) ? null : `${keyword} needs a name and a value`
  }
  for (const word of words) {
    if (word.startsWith('=')) return `${keyword} has a blank name before '='`
    if (keyword !== 'ARG' && !word.includes('=')) return `'${word}' in ${keyword} is not of the form name=value`
  }
  return null
}

function fromProblem(words: readonly string[]): string | null {
  const [, as, name] = words
  if (words.length === 1) return null
  if (words.length !== 3 || as?.toLowerCase() !== 'as') return 'FROM takes an image, or an image, AS and a name'
  if (/^[a-z][a-z0-9\-_.]*$/.test(name?.toLowerCase() ?? '')) return null
  return `'${name}' is no name for a stage: it must start with a letter and hold letters, digits, '-', '_' and '.' only`
}

function healthcheckProblem(draft: Draft, text: string): string | null {
  const type = /^\S*/.exec(text)?.[0] ?? ''
  if (type === '') return 'HEALTHCHECK needs CMD or NONE'
  if (type.toUpperCase() === 'NONE') return type.length === text.length ? null : 'HEALTHCHECK NONE takes no arguments'
  if (type.toUpperCase() !== 'CMD') return `HEALTHCHECK has an unknown type '${type}': CMD and NONE are known`
  const command = draft.nested?.split.arguments
  if (command === undefined || command.start === command.end || draft.nested?.json?.length === 0) {
    return 'HEALTHCHECK CMD needs a command'
  }
  return null
}

/** BuildKit checks of a trigger only what its line parser checks; the rest when it is run in a child image. */
function onbuildProblem(draft: Draft, text: string, escapeChar: string): string | null {
  if (text === '') return 'ONBUILD needs an instruction'
  const trigger = /^\S*/.exec(text)?.[0]?.toUpperCase() ?? ''
  if (trigger === 'ONBUILD') return 'ONBUILD cannot trigger another ONBUILD'
  if (trigger === 'FROM' || trigger === 'MAINTAINER') return `${trigger} cannot be an ONBUILD trigger`
  if (trigger !== 'ENV' && trigger !== 'LABEL') return null
  const nested = draft.nested
  if (nested === null || nested.split.arguments.start === nested.split.arguments.end) return null
  const rest = nested.line.text.slice(nested.split.arguments.start, nested.split.arguments.end)
  const problem = pairsProblem(trigger, rest, escapeChar)
  return problem?.includes('blank name') ? null : problem
}
