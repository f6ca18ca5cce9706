import { lineOf } from '../../line-of.ts'
import type { PortSources } from './port-sources.ts'

type Sources = Pick<PortSources, 'facts' | 'isShipped'> & Partial<Pick<PortSources, 'opened'>>

const SOURCE = /\.(m?[jt]s|cjs|py|rb|go|php|rs|cs|java|kt|exs?)$/
const OTHERS =
  /\/(node_modules|vendor|site-packages|dist-packages|gems|tests?|specs?|examples?|__tests__)\/|^\/usr\/(lib|share)\/|\.(test|spec|config|min)\.[jt]s$/
/** A port of one's own: S3_PORT and DB_PORT are those of others. */
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
      patterns.flatMap((asked) =>
        [...text.matchAll(asked)].flatMap((match) => match.slice(1).find((name) => name !== undefined) ?? []),
      ),
    ),
  )
  const [only] = names
  return names.size === 1 && only !== undefined ? only : null
}

/** Where the program's own source says the port outright: `listen(80) in /srv/app/server.js line 4`; null where it is not seen. */
export function sourcePortPlace(from: number, sources: Sources): string | null {
  const said = new RegExp(
    String.raw`\blisten(?:AndServe)?\(\s*(?:["'][\d.]*:)?${from}\b|\b(?:run|serve|listen)\([^()\n]*\bport\s*[=:]\s*${from}\b|(?:\b\w*Server|\.bind)\(\(\s*["'][^"']*["']\s*,\s*${from}\b|\bInetSocketAddress\(\s*${from}\b|\bset\(?\s*:port,\s*${from}\b`,
    'i',
  )
  for (const { path, text } of ownSource(sources)) {
    const found = said.exec(text)
    if (found !== null) return `${found[0].replace(/\s+/g, ' ')}…) in ${path} line ${lineOf(text, found.index)}`
  }
  return null
}

/** What the stage itself puts in; of an image that somebody else built, what the run opened. */
function ownSource({ facts, isShipped = () => false, opened }: Sources): readonly { path: string; text: string }[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  const read = new Set(opened ?? [])
  return files
    .texts()
    .filter((path) => SOURCE.test(path) && !OTHERS.test(path) && (isShipped(path) || read.has(path)))
    .map((path) => ({ path, text: files.text(path) ?? '' }))
}
