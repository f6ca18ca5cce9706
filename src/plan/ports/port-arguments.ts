import { table } from '../../table.ts'

const SCHEME_PORTS: Readonly<Record<string, number>> = table({
  http: 80,
  https: 443,
  ldap: 389,
  ldaps: 636,
  ws: 80,
  wss: 443,
  dns: 53,
})

/** `80`, `:80`, `0.0.0.0:80`, `http://+:80`, `tcp://*:80/`; a value that only contains the digits stays. */
export function movePort(value: string, from: number, to: number): string {
  if (value === String(from)) return String(to)
  // `ldap:///` and `http://*/` listen on the port that their scheme stands for.
  const scheme = /^(\w+):\/\/(\*|\+|0\.0\.0\.0|\[::\])?(\/.*)?$/.exec(value)
  if (scheme !== null && SCHEME_PORTS[scheme[1] ?? ''] === from)
    return `${scheme[1]}://${scheme[2] ?? ''}:${to}${scheme[3] ?? ''}`
  return value.replace(new RegExp(String.raw`((?:^|[\w\]*+.]|//[^/;,]*):)${from}(?=$|[/;,\s"'])`, 'g'), `$1${to}`)
}

const PORT_OPTION = /^-(?=[\w.-]+$)[\w.-]*(?:port|listen|bind|addr|http)/i
/** Options of one letter that are a port in nearly every server. */
const SHORT_PORT_OPTION = /^-[pPlbB]$/

/** `python -m http.server 80` */
const POSITIONAL = /^(http\.server|SimpleHTTPServer)$/

export function moveInArguments(argv: readonly string[] | null, from: number, to: number): readonly string[] | null {
  if (argv === null) return null
  return argv.map((word, index) => {
    if (/\s/.test(word)) return moveInCommandLine(word, from, to)
    return moveInWord(word, argv[index - 1] ?? '', from, to)
  })
}

function moveInWord(word: string, previous: string, from: number, to: number): string {
  const option = /^(--?[\w.-]+[=:])(.*)$/.exec(word)
  if (option !== null && PORT_OPTION.test((option[1] ?? '').slice(0, -1)))
    return `${option[1]}${movePort(option[2] ?? '', from, to)}`
  if (word === String(from))
    return PORT_OPTION.test(previous) || SHORT_PORT_OPTION.test(previous) || POSITIONAL.test(previous)
      ? String(to)
      : word
  const glued = new RegExp(`^(-[pPlb])${from}$`).exec(word)
  if (glued !== null) return `${glued[1]}${to}`
  return movePort(word, from, to)
}

function moveInCommandLine(text: string, from: number, to: number): string {
  const words = text.split(/(\s+)/)
  return words
    .map((word, index) => (/^\s*$/.test(word) ? word : moveInWord(word, words[index - 2] ?? '', from, to)))
    .join('')
}
