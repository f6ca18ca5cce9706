/** What BuildKit refuses in a single instruction (moby/buildkit, frontend/dockerfile/instructions), and why. */

import { table } from '../table.ts'
import type { Draft } from './instruction.ts'
import { heredocOf } from './split.ts'
import { quotedSpans, unquote } from './words.ts'

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

type Kind = 'text' | 'texts' | 'boolean' | 'duration' | 'count' | 'network' | 'security'

/** What BuildKit's frontends accept, the labs channel with them. */
const flagsOf: Readonly<Record<string, Readonly<Record<string, Kind>>>> = table({
  ADD: {
    chown: 'text',
    chmod: 'text',
    link: 'boolean',
    'keep-git-dir': 'boolean',
    checksum: 'text',
    unpack: 'boolean',
    exclude: 'texts',
  },
  COPY: { chown: 'text', from: 'text', chmod: 'text', link: 'boolean', exclude: 'texts', parents: 'boolean' },
  FROM: { platform: 'text' },
  HEALTHCHECK: {
    interval: 'duration',
    timeout: 'duration',
    'start-period': 'duration',
    'start-interval': 'duration',
    retries: 'count',
  },
  RUN: { mount: 'texts', network: 'network', security: 'security', device: 'texts' },
})

/** ARG and STOPSIGNAL drop their flags unread, and so does HEALTHCHECK NONE. */
const ignoresFlags: ReadonlySet<string> = new Set(['ARG', 'STOPSIGNAL'])

function flagProblem(draft: Draft, escapeChar: string): string | null {
  const { keyword, flags } = draft.split
  if (flags.length === 0 || ignoresFlags.has(keyword)) return null
  if (keyword === 'HEALTHCHECK' && draft.nested === null) return null
  const seen = new Set<string>()
  for (const span of flags) {
    const flag = unquote(draft.line.text.slice(span.start, span.end), escapeChar)
    const equals = flag.indexOf('=')
    const name = flag.slice(2, equals === -1 ? undefined : equals)
    const value = equals === -1 ? null : flag.slice(equals + 1)
    const known = flagsOf[keyword]
    const kind = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined
    if (kind === undefined) return `${keyword} has no flag --${name}`
    if (seen.has(name) && kind !== 'texts') return `the flag --${name} stands twice`
    seen.add(name)
    const problem = valueProblem(kind, value) ?? (name === 'mount' ? mountProblem(value ?? '') : null)
    if (problem !== null) return `the flag --${name} of ${keyword} ${problem}`
  }
  return null
}

const choicesOf: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  network: ['default', 'none', 'host'],
  security: ['sandbox', 'insecure'],
}

function valueProblem(kind: Kind, value: string | null): string | null {
  if (kind === 'boolean') {
    if (value === null || /^(?:true|false)$/i.test(value)) return null
    return value === '' ? 'needs a value after =' : `must be true or false, not '${value}'`
  }
  if (value === null) return 'needs a value'
  const choices = choicesOf[kind]
  if (choices !== undefined)
    return choices.includes(value) ? null : `must be one of ${choices.join(', ')}, not '${value}'`
  if (kind === 'duration') return durationProblem(value)
  if (kind === 'count') return countProblem(value)
  return null
}

const unitNanoseconds: Readonly<Record<string, number>> = table({
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
})

const durationPart = /((?<!\d)\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gu

/** Go's `time.ParseDuration`; null when it is none. */
export function durationNanoseconds(text: string): number | null {
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  const rest = text.slice(sign.length)
  if (rest === '0') return 0
  if (rest === '' || rest.replace(durationPart, '') !== '') return null
  let total = 0
  for (const [, number, unit] of rest.matchAll(durationPart))
    total += Number(number) * (unitNanoseconds[unit ?? ''] ?? 0)
  // It counts in 64 bits.
  if (total > Number.MAX_SAFE_INTEGER * 1024) return null
  return sign === '-' ? -total : total
}

function durationProblem(value: string): string | null {
  if (value === '') return null
  const duration = durationNanoseconds(value)
  if (duration === null) return `is no duration: '${value}'`
  return duration !== 0 && duration < 1e6 ? 'must be at least 1ms' : null
}

function countProblem(value: string): string | null {
  if (value === '') return null
  if (!/^[+-]?\d+$/.test(value) || Math.abs(Number(value)) > 2 ** 31 - 1) return `is no number: '${value}'`
  return Number(value) < 0 ? 'cannot be negative' : null
}

/** Fields are checked when variables are known; only the form and `from` are checked here. */
function mountProblem(value: string): string | null {
  const fields = csvFields(value)
  if (fields === null) return `has quotes that do not match: '${value}'`
  for (const field of fields) {
    const [key, from] = [field.split('=', 1)[0] ?? '', field.slice(field.indexOf('=') + 1)]
    if (key.toLowerCase() !== 'from' || !field.includes('=')) continue
    const dollar = from.indexOf('$')
    if (dollar !== -1 && dollar !== from.length - 1) return 'cannot have a variable in from=: name a stage instead'
  }
  return null
}

/** One record of comma-separated values, as in RFC 4180; null when a quote stands where none may. */
export function csvFields(text: string): readonly string[] | null {
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (text[at] === '"') {
      const match = /^"((?:[^"]|"")*)"(,|$)/.exec(text.slice(at))
      if (match === null) return null
      fields.push((match[1] ?? '').replaceAll('""', '"'))
      at += match[0].length
      if (match[2] === '') return fields
      continue
    }
    const comma = text.indexOf(',', at)
    const field = text.slice(at, comma === -1 ? undefined : comma)
    if (field.includes('"')) return null
    fields.push(field)
    if (comma === -1) return fields
    at = comma + 1
  }
}
