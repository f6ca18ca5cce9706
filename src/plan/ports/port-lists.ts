import { escapeEre, escapeReplacement } from '../file-edit.ts'
import type { Substitution } from '../plan.ts'

/** An address that stands before its port: `10.0.0.1:53`, `*:53`, `[::]:53`, and `::1@53`, where the mark is no colon. */
const ADDRESS = String.raw`(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\*|\[[\da-f:*]+\])[:@]|[\da-f]*:[\da-f:]*@)`
/** `network("logs.example.org" …)`: the first word is whom it speaks to. */
const TO_OTHERS = /\w\s*\(\s*["'](?!\d+["']|0\.0\.0\.0["']|\*["']|::["'])[\w.:-]+["']/

/**
 * Where a line says the port among others, or in brackets: `listen: [ 0.0.0.0@53, ::@53 ]`, `- ::@53`,
 * `kdc_ports = 750,88`, `network(transport(tcp) port(601));`. `key`: a regular expression of the names that such a
 * setting has. Empty where it does not.
 */
export function listedPort(line: string, key: string, from: number, to: number): readonly Substitution[] {
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
  // Others of the list may move too, so they are no part of what is looked for.
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
 * The addresses of a Caddy site, of which one says the port: `http://example.com, :80 {`. One that listens on it without
 * a word (`http://` and 80) has to go along. Null for any other line.
 */
export function siteAddresses(line: string, from: number, to: number): Substitution | null {
  const [, head = ''] = /^\s*((?:[\w.*:[\]/-]+\s*,\s*)*[\w.*:[\]/-]+)\s*\{\s*$/.exec(line) ?? []
  const addresses = head.split(/(?:(?<!\s)\s+)?,\s*/)
  const port = new RegExp(`:${from}/?$`)
  const isNamed = /^(?:\w+:\/\/)?(?:[\w*-]+\.[\w.*-]+|localhost)?(?::\d+)?\/?$/
  if (!addresses.every((one) => isNamed.test(one)) || !addresses.some((one) => port.test(one))) return null
  // Alone and without a name it is found as any other address is.
  if (addresses.length === 1 && !/[a-z]/.test(head.replace(/^\w+:\/\//, ''))) return null
  const implied = from === 80 ? /^http:\/\/[^:]+$/ : from === 443 ? /^(?:https:\/\/)?[\w*-]+\.[^:/]+$/ : /(?!)/
  const moved = addresses.map((one) =>
    port.test(one) ? one.replace(port, `:${to}`) : implied.test(one) ? `${one}:${to}` : one,
  )
  const pattern = `^([[:space:]]*)${addresses.map(escapeEre).join('[[:space:]]*,[[:space:]]*')}([[:space:]]*\\{)`
  return { pattern, replacement: `\\1${escapeReplacement(moved.join(', '))}\\2`, global: false }
}
