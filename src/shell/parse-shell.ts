import { parse } from 'unbash'
import { bounds } from '../bounds.ts'
import { memoizeByText } from '../memoize.ts'
import { nameOf } from '../path.ts'
import type { ShellCommand, ShellScript, ShellWord, Span } from './shell-command.ts'
import { isShell, starterOf, type Word } from './starters.ts'
import { walkScript } from './walk-shell.ts'

/** What is to be read as shell commands, and where it stands in a longer text. */
export type ShellSource =
  | ShellText
  /** An exec form: one command, its words given. */
  | { readonly kind: 'words'; readonly words: readonly ShellWord[]; readonly span: Span }
  | { readonly kind: 'none'; readonly reason: string }

export interface ShellText {
  readonly kind: 'text'
  readonly text: string
  readonly spanOf: (start: number, end: number) => Span
}

/** The commands of a script of its own, such as an entrypoint, with offsets into its text. */
export const parseShellScript = memoizeByText((text): ShellScript => {
  const problem = interpreterProblem(text)
  if (problem !== null) return { kind: 'unparsed', reason: problem }
  return readCommands({ kind: 'text', text, spanOf: (start, end) => ({ start, end }) })
})

/** A text that is no shell script gives a value with the reason. */
export function readCommands(source: ShellSource): ShellScript {
  if (source.kind === 'none') return { kind: 'unparsed', reason: source.reason }
  if (source.kind === 'words') return execForm(source)
  if (source.text.split('<<', bounds.heredocs + 2).length > bounds.heredocs + 1) return TOO_MANY_HEREDOCS
  try {
    const script = parse(source.text)
    const error = script.errors?.[0]
    if (error?.message.endsWith('nesting depth exceeded') === true) return TOO_DEEP
    if (error !== undefined) return { kind: 'unparsed', reason: `${error.message} at offset ${error.pos}` }
    return { kind: 'parsed', commands: walkScript(script, source) }
  } catch (cause) {
    // Text nested deep enough exhausts the stack of any recursive parser.
    const { message } = cause as Error
    if (!(cause instanceof RangeError)) return { kind: 'unparsed', reason: message }
    return message.includes('call stack') ? TOO_DEEP : { kind: 'unparsed', reason: message, tooLong: true }
  }
}

const TOO_DEEP: ShellScript = { kind: 'unparsed', reason: 'it is nested too deeply', tooLong: true }

const TOO_MANY_HEREDOCS: ShellScript = {
  kind: 'unparsed',
  reason: `it has more than ${bounds.heredocs} heredocs`,
  tooLong: true,
}

/** An exec form runs one command; the text of `["sh", "-c", "…"]` is followed. */
function execForm({ words, span }: Extract<ShellSource, { kind: 'words' }>): ShellScript {
  if (words.length === 0) return { kind: 'parsed', commands: [] }
  const command: ShellCommand = {
    name: words[0]?.value ?? null,
    words,
    assignments: [],
    redirects: [],
    connector: '',
    conditional: false,
    conditions: [],
    functionName: null,
    within: 'script',
    span,
  }
  const script = innerScript(words)
  const inner = script === null ? null : readCommands(script)
  if (inner?.kind === 'unparsed' && inner.tooLong === true) return inner
  if (inner?.kind !== 'parsed') return { kind: 'parsed', commands: [command] }
  const within = inner.commands.map((found) =>
    found.within === 'script' ? { ...found, within: 'sh -c' as const } : found,
  )
  return { kind: 'parsed', commands: [command, ...within] }
}

export interface ShellArguments<W extends Word> {
  /** What `-c` names. */
  readonly text: W | null
  /** The file that it reads. */
  readonly script: W | null
  /** `-e`: it ends at the first failure. */
  readonly exitsOnError: boolean
}

/** The options and the script of a shell's command line. */
export function shellArguments<W extends Word>(args: readonly W[]): ShellArguments<W> {
  let isText = false
  let exitsOnError = false
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as W
    const option = word.value ?? ''
    if (!/^[-+]/.test(option)) return { text: isText ? word : null, script: isText ? null : word, exitsOnError }
    if (/^-[a-z]*c/.test(option)) isText = true
    if (/^-[a-z]*e/.test(option)) exitsOnError = true
    // `-o pipefail`, `-euo pipefail`: the next word belongs to it.
    if (/^[-+][A-Za-z]*[oO]$/.test(option)) at += 1
  }
  return { text: null, script: null, exitsOnError }
}

/** Bash with a library of Home Assistant's add-ons. */
const BASHIO = /(^|\/)bashio$/

/** Why a script is not for a shell, by its first line; null when it is, or does not say. */
export function interpreterProblem(script: string): string | null {
  const line = /^\s*#![^\S\n]*(\S+)(?:[^\S\n]+(?:-\S+[^\S\n]+)*(\S+))?/.exec(script)
  const first = nameOf(line?.[1] ?? '')
  const kind = starterOf(first)?.kind
  // `#!/usr/bin/dumb-init /bin/sh` is for a shell.
  const name = first === 'busybox' || kind === 'init' || kind === 'wrapper' ? line?.[2] : line?.[1]
  return name === undefined || isShell(name) || BASHIO.test(name) ? null : `the script is for ${name}`
}

/** The script of `sh -c 'script'`; null when the words are no such thing. */
export function innerScript(words: readonly ShellWord[]): ShellText | null {
  const script = isShell(words[0]?.value ?? '') ? shellArguments(words.slice(1)).text : null
  return script === null ? null : quotedScript(script)
}

/** The script of a `trap 'script' SIGNAL…`; null for other words, or for one that resets a trap. */
export function trapScript(words: readonly ShellWord[]): ShellText | null {
  if (words[0]?.value !== 'trap') return null
  const [script, ...signals] = words.slice(words[1]?.value === '--' ? 2 : 1)
  return script === undefined || signals.length === 0 || /^-/.test(script.text) ? null : quotedScript(script)
}

function quotedScript(script: ShellWord): ShellText | null {
  const { start, end } = script.span
  const quoted = /^(['"])([\s\S]*)\1$/.exec(script.text)
  const inner = quoted?.[2]
  const text = script.value ?? inner
  if (text === undefined) return null
  // Places are exact where the text stands unchanged in its quotes; otherwise the whole word is the place.
  const exact = text === inner && end - start === text.length + 2
  return {
    kind: 'text',
    text,
    spanOf: exact ? (from, to) => ({ start: start + 1 + from, end: start + 1 + to }) : () => script.span,
  }
}
