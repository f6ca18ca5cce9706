import { lineOf } from '../line-of.ts'
import type { PortSources } from './ports.ts'

type Sources = Pick<PortSources, 'facts' | 'isShipped'>

const SOURCE = /\.(m?[jt]s|cjs|py|rb|go|php|rs|cs|java|kt)$/
const OTHERS = /\/(node_modules|vendor|tests?|spec|examples?|__tests__)\/|\.(test|spec|config|min)\.[jt]s$/
/** A port of one's own: S3_PORT and DB_PORT are those of others. */
const OWN = '((?:HTTPS?_|SERVER_|APP_|WEB_|LISTEN_|NODE_|FLASK_|SERVICE_)?PORT)'

/** The one variable by which the program's own source takes its port, with `from` where it is not set: `process.env.PORT || 80`. */
export function sourcePortVariable(from: number, sources: Sources): string | null {
  const value = String.raw`["']?${from}["']?(?!\d)`
  const asked = new RegExp(
    [
      String.raw`process\.env(?:\.|\[["'])${OWN}(?:["']\])?\s*(?:\|\||\?\?)\s*${value}`,
      String.raw`(?:environ\.get|getenv|ENV\.fetch)\(\s*["']${OWN}["']\s*,\s*${value}`,
      String.raw`ENV\[["']${OWN}["']\]\s*\|\|\s*${value}`,
    ].join('|'),
    'g',
  )
  const names = new Set(
    ownSource(sources).flatMap(({ text }) =>
      [...text.matchAll(asked)].flatMap((match) => match.slice(1).find((name) => name !== undefined) ?? []),
    ),
  )
  const [only] = names
  return names.size === 1 && only !== undefined ? only : null
}

/** Where the program's own source says the port outright: `listen(80) in /srv/app/server.js line 4`; null where it is not seen. */
export function sourcePortPlace(from: number, sources: Sources): string | null {
  const said = new RegExp(
    String.raw`\blisten(?:AndServe)?\(\s*(?:["'][\d.]*:)?${from}\b|\b(?:run|serve|listen)\([^()\n]*\bport\s*[=:]\s*${from}\b|\bHTTPServer\(\(\s*["'][^"']*["']\s*,\s*${from}\b`,
    'i',
  )
  for (const { path, text } of ownSource(sources)) {
    const found = said.exec(text)
    if (found !== null) return `${found[0].replace(/\s+/g, ' ')}…) in ${path} line ${lineOf(text, found.index)}`
  }
  return null
}

function ownSource({ facts, isShipped = () => false }: Sources): readonly { path: string; text: string }[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  return files
    .texts()
    .filter((path) => SOURCE.test(path) && !OTHERS.test(path) && isShipped(path))
    .map((path) => ({ path, text: files.text(path) ?? '' }))
}
