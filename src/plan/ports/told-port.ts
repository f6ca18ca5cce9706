import type { DaemonPortRule } from '../../../catalogue/program.ts'
import type { VendorMove } from '../../evidence/claim.ts'
import { escapeReplacement, matches } from '../../evidence/file-edit.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { isInside } from '../../places.ts'
import { argvOf, programsOf } from '../../shell/index.ts'
import { type Start, tellPort } from './port-arguments.ts'

/**
 * How a daemon that binds a port by default is given another one: an argument, or a line of its configuration. Null where no rule
 * knows the program.
 */
export function daemonMove(
  rules: readonly DaemonPortRule[],
  { facts, seen }: { readonly facts: ImageFacts; readonly seen: readonly string[] },
  start: Start,
  from: number,
  to: number,
): VendorMove | null {
  const started = programsOf(start.command)
  const argv = argvOf(start.command)
  for (const rule of rules) {
    const program = rule.programs.find((name) => started.includes(name) || seen.includes(name))
    if (program === undefined || !rule.ports.includes(from)) continue
    const { onlyWith } = rule
    if (onlyWith !== undefined && !argv.some((word) => new RegExp(onlyWith).test(word))) continue
    const move =
      rule.config === undefined ? withArguments(rule, program, start, from, to) : withLine(rule, facts, argv, from, to)
    if (move !== null) return rule.beside === true ? { ...move, beside: true } : move
  }
  return null
}

function withArguments(
  { arguments: words = [], source }: DaemonPortRule,
  program: string,
  start: Start,
  from: number,
  to: number,
): VendorMove | null {
  const told = words.map((word) => word.replace('{port}', String(to)))
  const evidence = { source: 'catalogue', subject: String(from), detail: source } as const
  const move = tellPort(program, told, { from, to, evidence }, start)
  // The image's command need not name a port that the daemon binds by default.
  return move === null || move.fileEdits.length > 0 ? move : { ...move, evidence: [] }
}

function withLine(
  rule: DaemonPortRule,
  facts: ImageFacts,
  argv: readonly string[],
  from: number,
  to: number,
): VendorMove | null {
  const { config } = rule
  if (config === undefined || !facts.files.known) return null
  const files = facts.files.value
  const line = { pattern: config.after, replacement: '', global: false }
  const { unless } = config
  const said = unless === undefined ? null : { pattern: unless, replacement: '', global: false }
  const isMeant = (file: string): boolean => {
    const text = files.text(file) ?? ''
    return matches(text, line) && (said === null || !matches(text, said))
  }
  // The command may name one that lies elsewhere.
  const named = files.texts().filter((file) => argv.some((word) => word.endsWith(file)))
  const usual = files.texts().filter((file) => isInside(file, config.folder))
  const found = [...new Set([...named, ...usual])].filter(isMeant)
  if (found.length === 0) return null
  const insert = config.insert.replaceAll('{port}', String(to))
  return {
    to,
    fileEdits: (unless === undefined ? found.slice(0, 1) : found).map((path) => ({
      path,
      substitutions: [{ pattern: config.after, replacement: `&\\n${escapeReplacement(insert)}`, global: false }],
      reason: `listen above 1024 (${from} is its default)`,
      purpose: 'port',
      evidence: [{ source: 'catalogue', subject: String(from), detail: rule.source }],
    })),
    env: [],
    append: [],
  }
}

/** What a program of the image says of itself. */
export interface HelpText {
  /** Its base name. */
  readonly program: string
  readonly text: string
}

/** Moves a port that the program binds by itself with the option that its own help names; the next round shows whether it does. */
export function helpMove(help: HelpText | null, start: Start, from: number, to: number): VendorMove | null {
  const option = help === null ? null : portOption(help.text)
  if (help === null || option === null) return null
  const words = option.words.map((word) => word.replace('{port}', String(to)))
  const detail = `the help of ${help.program} names the option: ${option.line}`
  return tellPort(
    help.program,
    words,
    { from, to, evidence: { source: 'config', subject: String(from), detail } },
    start,
  )
}

/** An option that sets the port a program listens on, as its own help text names it. */
export interface PortOption {
  /** The option as words of a command; `{port}` stands for the number. */
  readonly words: readonly string[]
  /** The line of the help text, for a reader. */
  readonly line: string
}

const VALUE = String.raw`[<\[{"']?(?:(?:\w+[-_])?port(?:[-_]?\w+)?|num(?:ber)?|n|int(?:eger)?|uint16|arg|value|#|\.\.\.)[>\]}"']?`
/** Words for ports of other servers, and for what is no port. */
const OTHERS =
  /\b(source|src|remote|peer|proxy|upstream|backend|admin|metrics?|debug\w*|control|client|connect(?!ions\b)\w*|monitor\w*|stats?|min|max|first|last|range|serial|device|ssl|tls|https)\b/i

/** Names that mean only the port to listen on, the plainest first. */
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
