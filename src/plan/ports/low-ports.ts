import { knownPrograms } from '../../../catalogue/known-programs.ts'
import { lineOf } from '../../edit.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../../evidence/claim.ts'
import { type FileEdit, inPlaceOf } from '../../evidence/file-edit.ts'
import type { ExposedPort } from '../../image/facts.ts'
import { memoizeByObject, memoizeSearch } from '../../memoize.ts'
import { argvOf } from '../../shell/index.ts'
import type { PortSources } from './decide-port.ts'
import { moveInArguments } from './port-arguments.ts'
import { configurationRead, namesLocal } from './port-files.ts'
import { isCommentOrForward, type PortLine, portEdit } from './port-lines.ts'

const SHIFT = 8000

/** Below 1024: named by EXPOSE, seen to be listened on, or said by the command or a configuration. */
export interface LowPort extends ExposedPort {
  readonly exposed: boolean
}

export function lowPorts(sources: PortSources): readonly LowPort[] {
  const ports = new Map<string, LowPort>()
  for (const { port, protocol } of sources.facts.config.exposedPorts.filter(isLow))
    ports.set(`${port}/${protocol}`, { port, protocol, exposed: true })
  for (const { port, protocol } of (sources.bound ?? []).filter(isLow)) {
    const key = `${port}/${protocol}`
    if (!ports.has(key)) ports.set(key, { port, protocol, exposed: false })
  }
  for (const { port, protocol } of sources.bound === null ? saidPorts(sources).filter(isLow) : []) {
    if (![...ports.values()].some((other) => other.port === port))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  for (const [port, move] of sources.stock ?? []) {
    const protocol = 'tcp'
    if (move.fileEdits.length > 0 && !ports.has(`${port}/${protocol}`))
      ports.set(`${port}/${protocol}`, { port, protocol, exposed: false })
  }
  return [...ports.values()].filter(isLow)
}

function isLow({ port }: { readonly port: number }): boolean {
  return port < FIRST_UNPRIVILEGED_PORT && port > 0
}

const LAST_PORT = 65535

/** 80 becomes 8080, 443 becomes 8443, unless that is in use already; null where all are. */
export function freePort(port: number, sources: PortSources, moved: readonly (number | null)[]): number | null {
  for (let to = port + SHIFT; to <= LAST_PORT; to += 1) if (isFree(to, sources, moved)) return to
  return null
}

const portsInUse = memoizeByObject(
  ({ facts, bound }: PortSources): ReadonlySet<number> =>
    new Set([...facts.config.exposedPorts, ...(bound ?? [])].map(({ port }) => port)),
)

export function isFree(port: number, sources: PortSources, moved: readonly (number | null)[]): boolean {
  return !portsInUse(sources).has(port) && !moved.includes(port) && !namesLocal(port, sources)
}

/** An address that can only be listened on: `:80`, `0.0.0.0:80`, `http://+:80`, `--listen=*:80`. */
const ANY = /^(?:--?[\w.-]+=)?["']?(?:\w+:\/\/)?(?:\*|\+|0\.0\.0\.0|\[::\])?:(\d{1,3})\/?["']?$/
const LISTEN_OPTION = /^--?(?:[\w.-]*[-_.])?(?:port|listen|bind)$/i
const GLUED = /^--?(?:[\w.-]*[-_.])?(?:port|listen|bind)=(\d{1,3})$/i
/** Only web ports count behind an option of one letter, which may count something else. */
const WEB = /^(80|443)$/
const LISTEN_VARIABLE = /^(?:HTTP_|HTTPS_|SERVER_|LISTEN_|APP_|WEB_)?PORT$/
const ANY_LINE = String.raw`(?:\S*[:\]*])?`
/** Keys that name only the program's own address; `port` is often somebody else's. */
const LINE = new RegExp(
  String.raw`^[ \t]*(?:\w*[ \t]*\{[ \t]*)?<?(?:listen|bind|virtualhost)(?:[ \t]*[:=][ \t]*|[ \t]+)["']?${ANY_LINE}(\d{1,3})(?![\w.:-])`,
  'i',
)

/** DHCP, TFTP, NTP, NetBIOS, SNMP, IKE, DHCPv6: nobody serves these by TCP. Source: IANA's registry of service names. */
const UDP = new Set([67, 68, 69, 123, 137, 138, 161, 162, 319, 320, 500, 520, 521, 546, 547])

/**
 * Ports that command, environment and configuration say outright; many leave out EXPOSE. Of the files only those that the
 * stage itself puts in: what an image came with may never be read.
 */
function saidPorts(sources: PortSources): readonly ExposedPort[] {
  const { config } = sources.facts
  const isOwn = sources.isShipped ?? (() => false)
  const texts = configurationRead(sources).flatMap(({ path, text }) => (isOwn(path) ? [text] : []))
  const words = argvOf(config).flatMap((word) => word.split(/\s+/))
  const inWords = words.map((word, index) => {
    const before = words[index - 1] ?? ''
    const named = LISTEN_OPTION.test(before) ? /^(\d{1,3})$/.exec(word) : /^-[pP]$/.test(before) ? WEB.exec(word) : null
    return (ANY.exec(word) ?? GLUED.exec(word) ?? named)?.[1]
  })
  // A server whose every setting is known does not listen to what shared variables tell others.
  const given = sources.isListed === true && config.exposedPorts.length > 0 ? [] : [...config.env]
  const inVariables = given.map(([name, value]) => {
    const plain = LISTEN_VARIABLE.test(name) ? /^(\d{1,3})$/.exec(value) : null
    return (plain ?? (value.includes('//') || value.startsWith(':') ? ANY.exec(value) : null))?.[1]
  })
  const found = [...inWords, ...inVariables, ...texts.flatMap(saidInLines)].flatMap((port) =>
    port === undefined ? [] : [Number(port)],
  )
  return [...new Set(found)].map((port) => ({ port, protocol: UDP.has(port) ? 'udp' : 'tcp' }))
}

const saidInLines = memoizeSearch((text): readonly string[] =>
  text.split('\n').flatMap((line) => {
    const [, port] = LINE.exec(line) ?? []
    return port === undefined || isCommentOrForward(line) ? [] : [port]
  }),
)

/**
 * Lines of a start script that set a port: `httpd -f -p 80`, `serve --port=80`, `PORT=80 node x`. A client that only speaks to it
 * moves along and proves nothing.
 */
export function scriptPortLines(path: string, text: string, from: number, to: number): readonly PortLine[] {
  const found = text.split('\n').flatMap((whole) => {
    const line = whole.trim()
    const isSaid = new RegExp(String.raw`\b${from}\b`).test(line) || /\b(?:ldaps?|dns):\/\//.test(line)
    if (line.startsWith('#') || !isSaid) return []
    const [moved = line] = moveInArguments([line], from, to) ?? []
    const changed = moved.replace(new RegExp(String.raw`\bPORT=(["']?)${from}\1(?=\s|$)`), `PORT=$1${to}$1`)
    if (changed === line || !/\s/.test(line)) return []
    return [{ path, port: from, text: line, substitution: inPlaceOf(line, changed) }]
  })
  return found.every((line) => isClients(line.text, from, to)) ? [] : found
}

/** Every command of the line that names the port is a client of it: `ldapmodify -p 389`. */
function isClients(line: string, from: number, to: number): boolean {
  const told = line.split(/[|;&()`]+/).filter((part) => (moveInArguments([part], from, to) ?? [])[0] !== part)
  return told.length > 0 && told.every((part) => CLIENT.test(part))
}

/** What may stand before a command: `if`, `!`, `exec`, a variable. */
const CLIENT = new RegExp(
  String.raw`^\s*(?:(?:if|elif|while|until|then|do|else|!|exec|sudo|time|\w+=\S*)\s+)*(?:/\S+/)?(?:${knownPrograms.clients.programs.join('|')})\s`,
)

/** The same lines as one edit, for a plan without a run. */
export function scriptPortEdits(path: string, text: string, from: number): readonly FileEdit[] {
  const lines = scriptPortLines(path, text, from, from + 8000)
  return lines.length === 0 ? [] : [portEdit(path, from, lines)]
}

/** A port of somebody else: `http://$BACKEND:${BACKEND_PORT:-80}`. */
export const ELSEWHERE = /(BACKEND|UPSTREAM|PROXY_PASS|TARGET|REMOTE|DB|DATABASE|MYSQL|POSTGRES|REDIS|SMTP|API)_/i

/** The one variable by which a script is told the port, with `from` where it is not set: `-a :${HTTP_PORT:-80}`. Else null. */
export function scriptPortVariable(texts: readonly string[], from: number): string | null {
  const named = new RegExp(String.raw`(^|.)\$\{(\w*(?:PORT|LISTEN)\w*):?[-=]${from}\}`, 'gi')
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => !/^\s*#/.test(line)))
  const found = lines.flatMap((line) =>
    [...line.matchAll(named)].map(({ index, 1: before = '', 2: name = '' }) => {
      const host =
        before === ':' ? /(?<![\w.\]*}"-])([\w.\]*}"-]*)$/.exec(line.slice(Math.max(0, index - 256), index))?.[1] : ''
      return { name, isOwn: /^(|0\.0\.0\.0|\*|.*::\])$/.test(host ?? '') && !ELSEWHERE.test(name) }
    }),
  )
  const own = new Set(found.flatMap(({ name, isOwn }) => (isOwn ? [name] : [])))
  const [only] = own
  return own.size === 1 && only !== undefined && found.every(({ isOwn, name }) => isOwn || name !== only) ? only : null
}

type Sources = Pick<PortSources, 'facts' | 'isShipped'> & Partial<Pick<PortSources, 'opened'>>

const SOURCE = /\.(m?[jt]s|cjs|py|rb|go|php|rs|cs|java|kt|exs?)$/
const OTHERS =
  /\/(node_modules|vendor|site-packages|dist-packages|gems|tests?|specs?|examples?|__tests__)\/|^\/usr\/(lib|share)\/|\.(test|spec|config|min)\.[jt]s$/
/** The program's own port; S3_PORT and DB_PORT are other servers'. */
const OWN = '((?:HTTPS?_|SERVER_|APP_|WEB_|LISTEN_|NODE_|FLASK_|SERVICE_)?PORT)'

const QUOTE = String.raw`["'\`]`

/**
 * How source says "the variable, else this number": process.env, Bun.env and Deno.env.get; Python's os.environ and
 * os.getenv; Ruby's ENV; PHP's getenv, $_ENV and $_SERVER; Elixir's System.get_env; Java's getOrDefault.
 */
function forms(port: number): readonly RegExp[] {
  const number = String.raw`${QUOTE}?${port}(?![\w.])${QUOTE}?`
  const member = String.raw`\benv(?:\.${OWN}|\[${QUOTE}${OWN}${QUOTE}\])(?:,\s*10)?\)*`
  const call = String.raw`(?:env\.get|environ\.get|getenv|get_env|ENV\.fetch|getOrDefault)\(\s*${QUOTE}${OWN}${QUOTE}`
  const index = String.raw`(?:ENV|environ|\$_ENV|\$_SERVER)\[${QUOTE}${OWN}${QUOTE}\]`
  const otherwise = String.raw`\s*(?:\|\||\?\?|\?:|\bor\b)\s*`
  return [
    `${member}${otherwise}${number}`,
    String.raw`${member}\s*\?\s*[^:\n]{1,60}:\s*${number}`,
    String.raw`\{[^{}]*\b${OWN}\s*=\s*${number}[^{}]*\}\s*=\s*process\.env\b`,
    String.raw`${call}\s*,\s*${number}\s*\)`,
    String.raw`${call}\s*\)\)*(?:\.to_i)?${otherwise}${number}`,
    String.raw`${call}\s*\)\s*\{\s*${number}\s*\}`,
    `${index}${otherwise}${number}`,
  ].map((form) => new RegExp(form, 'g'))
}

/** The one variable by which the program's own source takes its port, with `from` where it is not set: `process.env.PORT || 80`. */
export function sourcePortVariable(from: number, sources: Sources): string | null {
  const patterns = forms(from)
  const names = new Set(
    ownSource(sources).flatMap(({ text }) =>
      // Few texts name both the number and a variable: this costs less than one expression.
      text.includes(String(from)) && text.includes('PORT')
        ? patterns.flatMap((asked) =>
            [...text.matchAll(asked)].flatMap((match) => match.slice(1).find((name) => name !== undefined) ?? []),
          )
        : [],
    ),
  )
  const [only] = names
  return names.size === 1 && only !== undefined ? only : null
}

/** A line of the program's own source that says a port. */
export interface SourcePlace {
  readonly path: string
  readonly line: number
  /** `listen(80…)` */
  readonly text: string
}

/** Where the program's own source says the port outright; null where it is not seen. */
export function sourcePortPlace(from: number, sources: Sources): SourcePlace | null {
  const said = new RegExp(
    String.raw`\blisten(?:AndServe)?\(\s*(?:["'][\d.]*:)?${from}\b|\b(?:run|serve|listen)\([^()\n]*\bport\s*[=:]\s*${from}\b|(?:\b\w*Server|\.bind)\(\(\s*["'][^"']*["']\s*,\s*${from}\b|\bInetSocketAddress\(\s*${from}\b|\bset\(?\s*:port,\s*${from}\b`,
    'i',
  )
  for (const { path, text } of ownSource(sources)) {
    const found = text.includes(String(from)) ? said.exec(text) : null
    if (found !== null) return { path, line: lineOf(text, found.index), text: `${found[0].replace(/\s+/g, ' ')}…)` }
  }
  return null
}

/** Sources that the stage adds; for somebody else's image those that the run opened. */
function ownSource({ facts, isShipped = () => false, opened }: Sources): readonly { path: string; text: string }[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  const read = new Set(opened ?? [])
  return files
    .texts()
    .filter((path) => SOURCE.test(path) && !OTHERS.test(path) && (isShipped(path) || read.has(path)))
    .map((path) => ({ path, text: files.text(path) ?? '' }))
}
