import { table } from '../table.ts'
import type { Draft } from './instruction.ts'
import { unquote } from './words.ts'

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

export function flagProblem(draft: Draft, escapeChar: string): string | null {
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
