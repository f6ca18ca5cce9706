/** An option that sets the port a program listens on, as its own help text names it. */
export interface PortOption {
  /** The option as words of a command; `{port}` stands for the number. */
  readonly words: readonly string[]
  /** The line of the help text, for a reader. */
  readonly line: string
}

const VALUE = String.raw`[<\[{"']?(?:(?:\w+[-_])?port(?:[-_]?\w+)?|num(?:ber)?|n|int(?:eger)?|uint16|arg|value|#|\.\.\.)[>\]}"']?`
/** Whose port it is when it is not the one to listen on, and what is no port at all. */
const OTHERS =
  /\b(source|src|remote|peer|proxy|upstream|backend|admin|metrics?|debug\w*|control|client|connect(?!ions\b)\w*|monitor\w*|stats?|min|max|first|last|range|serial|device|ssl|tls|https)\b/i

/** Names that say no more than that it is the port to listen on, the plainest first. */
const PLAIN = [/^--?port(=|$)/, /^--?(local|listen|listening|server|bind)-?port(=|$)/]

/**
 * Reads `-p port  …`, `--port=PORT`, `-p, --port <n>  …` and `[-p port]` of a usage line. Of several the one that is
 * called just `port`, or the local one; null where none is left, or more than one would do.
 */
export function portOption(help: string): PortOption | null {
  const found = help.split('\n').flatMap((line) => optionsIn(line))
  const named = PLAIN.map((name) => found.filter(({ words }) => name.test(words[0] ?? '')))
  const chosen = named.find((some) => some.length > 0) ?? found
  const distinct = new Map(chosen.map((option) => [option.words.join(' '), option]))
  const [only, second] = distinct.values()
  return only === undefined || second !== undefined ? null : only
}

function optionsIn(text: string): readonly PortOption[] {
  const line = text.trim()
  if (line.length > 2000 || !/port/i.test(line)) return []
  const entry = /^(-[a-zA-Z](?![\w-]))?(?:\s*(?:[,|/]|\bor\b)?\s*)(--?[a-z][\w-]*)?(=|\s+)?/.exec(line)
  if (line.startsWith('-') && entry !== null && !OTHERS.test(line)) {
    const [head, short, long = '', equals] = entry
    const rest = line.slice(head.length)
    const takes = new RegExp(`^${VALUE}(?=[\\s,;:]|$)`, 'i').test(rest)
    if (/^--?(?:\w+-)*port$/.test(long) && (takes || /^-\w/.test(rest) === false))
      return [{ words: equals === '=' ? [`${long}={port}`] : [long, '{port}'], line: shorten(line) }]
    if (short !== undefined && long === '' && takes && /port/i.test(rest))
      return [{ words: [short, '{port}'], line: shorten(line) }]
    return []
  }
  return [...line.matchAll(/\[\s*(--?[a-zA-Z][\w-]*)(=|\s+)<?(port|port[-_ ]?number|portnum)>?\s*\]/gi)].map(
    ([whole, option = '', equals]) => ({
      words: equals === '=' ? [`${option}={port}`] : [option, '{port}'],
      line: whole,
    }),
  )
}

function shorten(line: string): string {
  const text = line.replace(/\s+/g, ' ')
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
