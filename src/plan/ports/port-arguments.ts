import type { Evidence, VendorMove } from '../../evidence/claim.ts'
import { inPlaceOf, type Substitution } from '../../evidence/file-edit.ts'
import { baseName } from '../../places.ts'
import { argvOf, type Command, programsOf } from '../../shell/index.ts'
import type { WrittenCommand } from '../../start/step-down.ts'
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

/** Moves `80`, `:80`, `0.0.0.0:80`, `http://+:80`, `tcp://*:80/`; a value that only contains the digits stays. */
export function movePort(value: string, from: number, to: number): string {
  if (value === String(from)) return String(to)
  // `ldap:///` and `http://*/` listen on the port that their scheme stands for.
  const [, quote = '', scheme = '', host = '', rest = ''] =
    /^(["']?)(\w+):\/\/(\*|\+|0\.0\.0\.0|\[::\])?((?:\/.*)?["']?)$/.exec(value) ?? []
  if (SCHEME_PORTS[scheme] === from) return `${quote}${scheme}://${host}:${to}${rest}`
  return value.replace(new RegExp(String.raw`((?:^|[\w\]*+.,]|//[^/;,]*):)${from}(?=$|[/;,\s"'])`, 'g'), `$1${to}`)
}

const PORT_OPTION = /^-(?=[\w.-]+$)[\w.-]*(?:port|listen|bind|addr|http)/i
/** Options of one letter that mean a port in nearly every server. */
const SHORT_PORT_OPTION = /^-[pPlbB]$/

/** Options that are called like what listens there: `--web 80 --smtp 25`. */
const SERVICE_OPTION = /^--?(?:https?|web|www|tls|ssl|smtp|mail|dns|ftp|imap|pop3|ldap|syslog)$/i

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
    return [PORT_OPTION, SHORT_PORT_OPTION, SERVICE_OPTION, POSITIONAL].some((option) => option.test(previous))
      ? String(to)
      : word
  // `-p 80,443`: each of a list moves by itself.
  if (/^\d+(,\d+)+$/.test(word) && (PORT_OPTION.test(previous) || SHORT_PORT_OPTION.test(previous)))
    return word.replace(new RegExp(`(?<!\\d)${from}(?!\\d)`), String(to))
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

interface Argv {
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
}

/**
 * ENTRYPOINT and CMD with words appended to the program, also inside the text of `sh -c`, where a word behind it would be the
 * shell's own. Null where that text is more than one plain command.
 */
export function appendArguments({ entrypoint, cmd }: Argv, words: readonly string[]): Argv | null {
  if (words.length === 0) return { entrypoint, cmd }
  const ofEntrypoint = cmd === null || cmd.length === 0
  const argv = (ofEntrypoint ? entrypoint : cmd) ?? []
  const [shell = '', option = '', text] = argv
  const isText = /^(?:\/\S+\/)?(?:ba|da|a|z)?sh$/.test(shell) && /^-[a-z]*c$/.test(option) && argv.length === 3
  if (!isText || text === undefined) return { entrypoint, cmd: [...(cmd ?? []), ...words] }
  if (/[;&|<>\n`$(){}#]/.test(text)) return null
  const longer = [shell, option, `${text.trimEnd()} ${words.join(' ')}`]
  return ofEntrypoint ? { entrypoint: longer, cmd } : { entrypoint, cmd: longer }
}

/** What an image starts: by its own command, and in the start scripts that this runs. */
export interface Start {
  readonly command: Command
  readonly started: readonly WrittenCommand[]
}

/**
 * Gives a program the words that set its port: behind the image's command, or in a start script. Null where that is not possible,
 * or it has that option already.
 */
export function tellPort(
  program: string,
  words: readonly string[],
  { from, to, evidence }: { readonly from: number; readonly to: number; readonly evidence: Evidence },
  start: Start,
): VendorMove | null {
  const move = { to, fileEdits: [], env: [], append: [], evidence: [evidence] }
  const told = placeToTell(program, words, start)
  if (told === null) return null
  if (told === 'command') return { ...move, append: words }
  const edit = {
    path: told.path,
    substitutions: [told.substitution],
    reason: `listen above 1024 (${from} is what ${program} binds by itself, and ${baseName(told.path)} starts it)`,
    purpose: 'port' as const,
    evidence: [evidence],
  }
  return { ...move, fileEdits: [edit] }
}

/** Where a program is told more words: in ENTRYPOINT and CMD, or in a start script. */
interface ToldProgram {
  readonly argv: Argv | null
  readonly script: ScriptArguments | null
}

/** Gives a program more words where it is started; null where that cannot be said, or it has that option already. */
export function tellProgram(program: string, words: readonly string[], start: Start): ToldProgram | null {
  const told = placeToTell(program, words, start)
  if (told === null) return null
  if (told !== 'command') return { argv: null, script: told }
  const argv = appendArguments(start.command, words)
  return argv === null ? null : { argv, script: null }
}

function placeToTell(
  program: string,
  words: readonly string[],
  { command, started }: Start,
): 'command' | ScriptArguments | null {
  if (!programsOf(command).includes(program)) return appendInScript(started, program, words)
  const all = argvOf(command).flatMap((word) => word.split(/\s+/))
  return hasOption(all, words) ? null : 'command'
}

/** A start script, and the edit that appends words to a program that it starts. */
interface ScriptArguments {
  readonly path: string
  readonly substitution: Substitution
}

/**
 * Appends words to a program in a start script. Options go before its own words, so that an edit that removes what follows (a
 * switch of user) still matches; other words go to the end. Null where no script starts it, the command is ambiguous, or it has
 * that option already.
 */
function appendInScript(
  started: readonly WrittenCommand[],
  program: string,
  words: readonly string[],
): ScriptArguments | null {
  const found = started.filter((one) => one.program === program)
  const [only, second] = new Map(found.map((one) => [`${one.path} ${one.text}`, one])).values()
  if (only === undefined || second !== undefined || only.text.includes('\n')) return null
  if (hasOption(only.words, words)) return null
  const { path, word, next, text } = only
  const more = words.join(' ')
  // The script may name a program elsewhere that it starts without words.
  if (next === '') return null
  const substitution = next.startsWith('-')
    ? inPlaceOf(`${word} ${next}`, `${word} ${more} ${next}`)
    : inPlaceOf(text, `${text} ${more}`)
  return { path, substitution }
}

/** The option is there already, whatever its value: of two the program takes one, or refuses both. */
function hasOption(argv: readonly (string | null)[], [first = '']: readonly string[]): boolean {
  const option = first.split('=')[0] ?? ''
  return option.startsWith('-') && argv.some((word) => word === option || word?.startsWith(`${option}=`) === true)
}

/** A listed move, rewritten for another port than it names. */
export function renumbered(move: VendorMove, to: number): VendorMove {
  if (to === move.to) return move
  // `\18080`: the first group, then the port.
  const number = new RegExp(String.raw`(\\\d|(?<!\d))${move.to}(?!\d)`, 'g')
  const told = (text: string): string => text.replaceAll(number, (_, before: string) => `${before}${to}`)
  return {
    ...move,
    to,
    fileEdits: move.fileEdits.map((edit) => ({
      ...edit,
      substitutions: edit.substitutions.map((one) => ({ ...one, replacement: told(one.replacement) })),
    })),
    env: move.env.map((setting) => ({ ...setting, value: told(setting.value) })),
    append: move.append.map(told),
  }
}
