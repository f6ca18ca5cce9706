import { bounds } from '../../bounds.ts'
import { type Edit, lineOf } from '../../edit.ts'
import { escapeEre } from '../../evidence/file-edit.ts'

/** A port that moves, and the names that callers use. */
export interface MovedPort {
  /** The names that others call it; in a text that has it in a variable, that too (`${API_HOST}`). */
  readonly hosts: readonly string[]
  readonly from: number
  readonly to: number
  /** The service that it is a port of, which need not be the one that is called. Absent: nobody asks. */
  readonly by?: string
}

export interface PortCalls {
  readonly edits: readonly Edit[]
  /** Places that name one in a way that no rule can follow. */
  readonly open: readonly OpenCall[]
}

interface OpenCall {
  /** Of the text, 1-based. */
  readonly line: number
  readonly said: string
  readonly port: MovedPort
  /** The number stands some lines away; else it is a variable's. */
  readonly isNear: boolean
}

export interface CallContext {
  /** Names that the text defines itself: nginx's `upstream api {`. */
  readonly ownNames?: ReadonlySet<string>
  readonly variables?: ReadonlyMap<string, string>
  /** Source code and the like: a host alone, without a scheme or a port, is a word like any other. */
  readonly isSource?: boolean
}

/**
 * Where a text calls one of the hosts at its port, with what has to stand there: `api:80`, `http://api/`, which means 80, and
 * by the directives that are known nginx's `server api;`, Caddy's `reverse_proxy api`, `nc -z api 80`, Envoy's `address: api, port_value: 80`.
 */
export function portCalls(text: string, moves: readonly MovedPort[], context: CallContext = {}): PortCalls {
  const edits: Edit[] = []
  const open: OpenCall[] = []
  const hosts = [...new Set(moves.flatMap((move) => move.hosts))].filter((host) => text.includes(host))
  if (hosts.length === 0) return { edits, open }
  for (const { index: start, 0: host } of text.matchAll(hostPattern(hosts))) {
    const line = text.slice(Math.max(text.lastIndexOf('\n', start - 1) + 1, start - bounds.surveyedLine), start)
    if (COMMENT.test(line)) continue
    const place: Place = { text, start, end: start + host.length, before: line, host, context }
    for (const move of moves) {
      if (!move.hosts.includes(host)) continue
      const found = callAt(place, move)
      if (found === null) continue
      const isNear = text[place.end] !== ':'
      if (found === 'open')
        open.push({ line: lineOf(text, start), said: saidAt(text, start - line.length), port: move, isNear })
      else edits.push(found)
    }
  }
  return { edits, open }
}

/** Names that nginx knows in these texts as groups of servers: `http://api` then means the group. */
export function upstreamNames(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => [...text.matchAll(UPSTREAM)].map(([, name = '']) => name)))
}

const UPSTREAM = /^[ \t]*upstream[ \t]+([\w.-]+)[ \t]*\{/gm

/** For the names of a `MovedPort`: a variable that stands for the host, in the ways in which it is written. */
export function asVariable(name: string): readonly string[] {
  return [`\${${name}}`, `$${name}`, `{$${name}}`, `{env.${name}}`]
}

const COMMENT = /^\s*(?:#|\/\/|;|--)/
const LONGEST = 200

function saidAt(text: string, start: number): string {
  return (text.slice(start, start + LONGEST).split(/\r?\n/)[0] ?? '').trim()
}

/** Matches whole names only: no part of a longer name, and none of a domain. */
function hostPattern(hosts: readonly string[]): RegExp {
  const names = hosts.toSorted((a, b) => b.length - a.length).map(escapeEre)
  return new RegExp(`(?<![\\w.$-])(?:${names.join('|')})(?![\\w-]|\\.\\w)`, 'g')
}

interface Place {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly before: string
  readonly host: string
  readonly context: CallContext
}

function callAt(place: Place, move: MovedPort): Edit | 'open' | null {
  const { text, end, before } = place
  const after = text.slice(end, end + LONGEST)
  if (after.startsWith(':')) return isAddress(before) ? atPort(place, move, after) : null
  const insert = { start: end, end, text: `:${move.to}` }
  if (isImplied(place, move.from)) return insert
  if (place.context.isSource === true) return null
  const number = numberBehind(before, after, move.from)
  if (number !== null)
    return { start: end + number, end: end + number + String(move.from).length, text: String(move.to) }
  if (isNearPort(place, move.from)) return 'open'
  return move.from === 80 && isBare(before, after) ? insert : null
}

/** `registry/api:80` is an image, and `x@api:80` none but behind a scheme. */
function isAddress(before: string): boolean {
  if (/(?:^|[^/])\/$/.test(before)) return false
  return !before.endsWith('@') || /:\/\/[^\s/"'@]{0,100}@$/.test(before)
}

function atPort({ context, end }: Place, { from, to }: MovedPort, after: string): Edit | 'open' | null {
  const [, number] = /^:(\d{1,5})(?!\d|\.\d)/.exec(after) ?? []
  if (number !== undefined)
    return Number(number) === from ? { start: end + 1, end: end + 1 + number.length, text: String(to) } : null
  // Of a template, or of Caddy's own variables.
  if (/^:[{%<]/.test(after)) return 'open'
  const [all, variable] = /^:(\$(?:\{\w+[^}\n]{0,60}\}|\w+))/.exec(after) ?? []
  if (all === undefined || variable === undefined) return null
  const known = knownPort(variable, context.variables ?? new Map())
  if (known === null) return 'open'
  // Nobody outside chooses a port inside a container: the number stands for itself from now on.
  return known === from ? { start: end + 1, end: end + all.length, text: String(to) } : null
}

/** The number that a variable of Compose stands for: `${PORT:-80}`; null where only whoever starts it knows. */
export function knownPort(variable: string, variables: ReadonlyMap<string, string>): number | null {
  const [, braced, preset, bare] = /^\$(?:\{(\w+)(?::?-(\d{1,5}))?\}|(\w+))$/.exec(variable) ?? []
  const value = variables.get(braced ?? bare ?? '') ?? preset
  return value !== undefined && /^\d{1,5}$/.test(value) ? Number(value) : null
}

/** A scheme that means the port, and a host that is one. */
function isImplied({ before, host, context, text, end }: Place, from: number): boolean {
  const [, scheme] = /(?:^|\W)(https?|wss?):\/\/(?:[^\s/"'@]{1,100}@)?$/i.exec(before) ?? []
  if (scheme === undefined || context.ownNames?.has(host) === true || /[.-]/.test(text[end] ?? '')) return false
  return from === (/^(?:https|wss)$/i.test(scheme) ? 443 : 80)
}

/** Where behind the host its port stands as a word or a setting of its own; null where it does not. */
function numberBehind(before: string, after: string, from: number): number | null {
  const ways = [
    { who: /\b(?:nc|ncat|netcat|telnet)\b[^|;&]{0,100}\s$/, where: /^\s+/ },
    { who: /\/dev\/tcp\/$/, where: /^\// },
    {
      who: /(?:^|[\s"'{,])(?:address|host|hostname|server)["']?\s*[:=]\s*["']?$/i,
      where: /^["']?\s*,?\s*["']?(?:port|port_value)["']?\s*[:=]\s*["']?/i,
    },
  ]
  for (const { who, where } of ways) {
    const [between] = who.test(before) ? (where.exec(after) ?? []) : []
    if (between === undefined) continue
    const rest = after.slice(between.length)
    if (rest.startsWith(String(from)) && !/^\d/.test(rest.slice(String(from).length))) return between.length
  }
  return null
}

/**
 * The whole value of a key that is for a host, with the port as that of another key some lines away: YAML, JSON, TOML, VCL. Variables
 * of an environment come in pairs of names, which are followed elsewhere.
 */
function isNearPort(
  { text, before, start, end }: Pick<Place, 'text' | 'before' | 'start' | 'end'>,
  port: number,
): boolean {
  if (!HOST_KEY.test(before) || /^[A-Z][A-Z\d_]*=["']?$/.test(before.trimStart())) return false
  if (!/^["']?[ \t]*(?:[,;}#\r\n]|$)/.test(text.slice(end, end + LONGEST))) return false
  const above = text
    .slice(Math.max(0, start - bounds.surveyedLine), start - before.length)
    .split('\n')
    .slice(-NEAR)
  const below = text
    .slice(end, end + bounds.surveyedLine)
    .split('\n')
    .slice(0, NEAR)
  return [above.toReversed(), below].some((lines) => {
    const next = lines.findIndex((line) => OTHER_HOST.test(line))
    const own = next < 0 ? lines : lines.slice(0, next)
    return own.some((line) => !COMMENT.test(line) && PORT_KEY.exec(line)?.[1] === String(port))
  })
}

const HOST_KEY = /(?:addr|address|host|hostname|server|upstream|backend|target|endpoint)["']?\s*[:=]\s*["']?$/i
const OTHER_HOST = /(?:addr|address|host|hostname|server|upstream|backend|target|endpoint)["']?\s*[:=]\s*["']?[\w$]/i
const PORT_KEY = /(?:^|[\s"'{,._-])port(?:_?(?:value|number))?["']?\s*[:=]\s*["']?(\d{1,5})["']?\s*(?:[,;}#\r]|$)/i
/** Lines, with that of the host itself. */
const NEAR = 5

/** A host alone, where the directive says that it is one and means port 80. */
function isBare(before: string, after: string): boolean {
  const [rest = ''] = after.split(/\r?\n/)
  if (/^\s*server\s+$/.test(before)) return /^(?:\s+[^;{]*)?;/.test(rest)
  if (/^\s*(?:\S+\s+)?reverse_proxy\s(?:[^#{]*\s)?$/.test(before)) return /^(?:\s|$)/.test(rest)
  if (/^\s*to\s(?:[^#{]*\s)?$/.test(before)) return /^(?:\s|$)/.test(rest)
  if (/\b(?:curl|wget)\s[^|;&]{0,200}$/.test(before) && /(?<!:|-[oHu])[\s"']$/.test(before))
    return /^(?:[/\s"',\]]|$)/.test(rest)
  return /\btargets:\s*\[[^\]]*["'\s[]$/.test(before) && /^["']?\s*[,\]]/.test(rest)
}
