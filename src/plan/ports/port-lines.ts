import type { Evidence } from '../../evidence/claim.ts'
import { escapeEre, escapeReplacement, type FileEdit, type Substitution } from '../../evidence/file-edit.ts'
import { baseName } from '../../places.ts'

/** A line of a configuration file that sets a port to listen on. */
export interface PortLine {
  /** Real path, symlinks followed. */
  readonly path: string
  readonly port: number
  readonly substitution: Substitution
  /** The line, trimmed. */
  readonly text: string
}

/** `- `, `{`, `server {` and BIND's `listen-on` may stand before the key on the same line. */
const BEFORE = String.raw`(?:-\s+|[\w-]*\s*\{\s*|listen-on(?:-v6)?\s+)?`
const KEY = String.raw`[\w.-]*(?:listen|accept|(?<!sup|ex|im|re|trans|view)port|bind|addr|address|interface|virtualhost|endpoint)(?:[-_.]?(?:on|to|port|addr|address))?`
/** An address that can only be listened on, whatever the key is called, or none at all: `http = :80`, `:80 {`. */
const ANY_ADDRESS = String.raw`(?:-\s+)?(?:["']?[\w.-]+["']?\s*[:=]\s*)?["']?(?:\w+:\/\/)?(?:\*|0\.0\.0\.0|\[(?:::|\*)\])?:`
const FORWARDS = /^\s*(proxy|upstream|server\s+[^\s{]|balancer|redirect|remote|peer|forward)/i

/**
 * Finds in one configuration text every line that binds `port`: `listen 80;`, `Listen 0.0.0.0:80`, `<VirtualHost *:80>`,
 * `port = 80`, `"port": 80`, `bind *:80`, `<Connector port="80">`, `interface: 0.0.0.0@53`, `http = :80`, `:80 {`, and what
 * says it among others.
 * Comments and lines that only forward to the port are none.
 */
export function portLines(path: string, text: string, from: number, to: number): readonly PortLine[] {
  const found = new Map<string, PortLine>()
  const number = String(from)
  if (!text.includes(number)) return []
  const setting = new RegExp(
    String.raw`^\s*${BEFORE}[<"']?${KEY}["']?(?:\s*[:=]\s*|\s+)["']?(?:\S*[:@\]*])?${from}(?![\w.:]|\s*\.)`,
    'i',
  )
  const address = new RegExp(String.raw`^\s*${ANY_ADDRESS}${from}(?=["']?\/?\s*(?:[{,;]|$))`)
  const attribute = new RegExp(String.raw`(?:<\w+\b[^>]*|\binput\([^)]*)\bport\s*=\s*["']${from}["']`, 'i')
  for (const line of text.split(/\r?\n/)) {
    if (!line.includes(number) || isCommentOrForward(line)) continue
    const site = siteAddresses(line, from, to)
    if (site !== null) {
      found.set(site.pattern, { path, port: from, text: line.trim(), substitution: site })
      continue
    }
    const match = (setting.exec(line) ?? address.exec(line) ?? attribute.exec(line))?.[0]
    const times = line.split(number).length - 1
    const listed = times > (match === undefined ? 0 : 1) ? listedPort(line, `${KEY}s?`, from, to) : []
    for (const substitution of listed)
      found.set(substitution.pattern, { path, port: from, text: line.trim(), substitution })
    if (match === undefined || listed.length > 0) continue
    const tail =
      attribute.test(line) && setting.exec(line) === null
        ? ''
        : (line.slice(line.indexOf(match) + match.length).match(/^[;>]/)?.[0] ?? '')
    const fragment = `${match.trimStart()}${tail}`
    const changed = fragment.replace(new RegExp(`${from}(?=["']?[;>]?$)`), String(to))
    if (changed === fragment) continue
    // A bare number at the end would match longer ones; GNU, busybox and musl all know \b.
    const pattern = `${spaced(escapeEre(fragment))}${/\d$/.test(fragment) ? '\\b' : ''}`
    const replacement = escapeReplacement(changed.replace(/\s+/g, ' '))
    found.set(pattern, { path, port: from, text: line.trim(), substitution: { pattern, replacement, global: false } })
  }
  return [...found.values()]
}

/** The line does not say where its own program listens. */
export function isCommentOrForward(line: string): boolean {
  return /^\s*(#|;|\/\/|--|!|\*)/.test(line) || FORWARDS.test(line)
}

/** Where a line says the port. */
export function lineEvidence(path: string, from: number, line: string): Evidence {
  return { source: 'config', subject: String(from), detail: `set by "${line}" in ${path}` }
}

/** Moves a port in lines of one file. */
export function portEdit(
  path: string,
  from: number,
  lines: readonly Pick<PortLine, 'text' | 'substitution'>[],
): FileEdit {
  return {
    path,
    substitutions: lines.map(({ substitution }) => substitution),
    reason: `listen above 1024 (${baseName(path)} said ${from})`,
    purpose: 'port',
    evidence: [...new Set(lines.map(({ text }) => text))].map((line) => lineEvidence(path, from, line)),
  }
}

/** Runs of white space match any number of blanks, so that the next release of the image still fits. */
function spaced(pattern: string): string {
  return pattern.replace(/[ \t]{2,}|\t/g, '[[:space:]]+')
}

/** An address that stands before its port: `10.0.0.1:53`, `*:53`, `[::]:53`, and `::1@53`, where the mark is no colon. */
const ADDRESS = String.raw`(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\*|\[[\da-f:*]+\])[:@]|[\da-f]*:[\da-f:]*@)`
/** `network("logs.example.org" …)`: the first word is whom it speaks to. */
const TO_OTHERS = /\w\s*\(\s*["'](?!\d+["']|0\.0\.0\.0["']|\*["']|::["'])[\w.:-]+["']/

/**
 * Where a line says the port among others, or in brackets: `listen: [ 0.0.0.0@53, ::@53 ]`, `- ::@53`,
 * `kdc_ports = 750,88`, `network(transport(tcp) port(601));`. `key`: a regular expression of the names that such a
 * setting has. Empty where it does not.
 */
function listedPort(line: string, key: string, from: number, to: number): readonly Substitution[] {
  const bracketed = new RegExp(String.raw`\b(?:local)?port\s*\(\s*["']?${from}["']?\s*\)`, 'gi')
  if (!TO_OTHERS.test(line)) {
    const calls = new Set(line.match(bracketed))
    if (calls.size > 0) return [...calls].map((call) => replaced(call, call.replace(String(from), String(to)), true))
  }
  const setting = new RegExp(String.raw`^\s*(?:["']?${key}["']?(?:\s*[:=]\s*|\s+)|-\s+)`, 'i').exec(line)?.[0]
  if (setting === undefined) return []
  const rest = line.slice(setting.length)
  const address = new RegExp(String.raw`(?<![\w.:@])${ADDRESS}${from}(?![\w.:@])`, 'gi')
  const addresses = new Set(rest.match(address))
  if (addresses.size > 0)
    return [...addresses].map((one) =>
      replaced(one, `${one.slice(0, one.length - String(from).length)}${to}`, addresses.size === 1),
    )
  // Other ports of the list may move too, so the pattern leaves them out.
  if (!new RegExp(String.raw`^(?:\d+(?:\s*,\s*|\s+))*${from}(?=\s*(?:[,;\s]|$))`).test(rest)) return []
  const head = setting.trimStart()
  const pattern = String.raw`(${escapeEre(head)}[0-9, ]*)\b${from}\b`
  return [{ pattern, replacement: `\\1${to}`, global: false }]
}

function replaced(text: string, other: string, global: boolean): Substitution {
  const end = /\d$/.test(text) ? '\\b' : ''
  return { pattern: `${escapeEre(text)}${end}`, replacement: escapeReplacement(other), global }
}

/**
 * The addresses of a Caddy site of which one names the port: `http://example.com, :80 {`. An address that implies it (`http://` for
 * 80) moves along. Null for any other line.
 */
function siteAddresses(line: string, from: number, to: number): Substitution | null {
  const [, head = ''] = /^\s*((?:[\w.*:[\]/-]+\s*,\s*)*[\w.*:[\]/-]+)\s*\{\s*$/.exec(line) ?? []
  const addresses = head.split(/(?:(?<!\s)\s+)?,\s*/)
  const port = new RegExp(`:${from}/?$`)
  const isNamed = /^(?:\w+:\/\/)?(?:[\w*-]+\.[\w.*-]+|localhost)?(?::\d+)?\/?$/
  if (!addresses.every((one) => isNamed.test(one)) || !addresses.some((one) => port.test(one))) return null
  // A single address without a name is found like any other.
  if (addresses.length === 1 && !/[a-z]/.test(head.replace(/^\w+:\/\//, ''))) return null
  const implied = from === 80 ? /^http:\/\/[^:]+$/ : from === 443 ? /^(?:https:\/\/)?[\w*-]+\.[^:/]+$/ : /(?!)/
  const moved = addresses.map((one) =>
    port.test(one) ? one.replace(port, `:${to}`) : implied.test(one) ? `${one}:${to}` : one,
  )
  const pattern = `^([[:space:]]*)${addresses.map(escapeEre).join('[[:space:]]*,[[:space:]]*')}([[:space:]]*\\{)`
  return { pattern, replacement: `\\1${escapeReplacement(moved.join(', '))}\\2`, global: false }
}
