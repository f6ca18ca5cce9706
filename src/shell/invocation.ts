import { memoizeByObject } from '../memoize.ts'
import { nameOf } from '../path.ts'
import { parseShellScript, shellArguments } from './parse-shell.ts'
import { isShell, optionsFrom, type Starter, starterOf, type Word } from './starters.ts'
import { type SwitchCommand, switchAt } from './switches.ts'

/** A parsed command: the program that it starts in the end, and what starts that. */
export interface Invocation {
  /** Index of the program's word; as long as the command where there is none, such as `gosu app "$@"` without arguments. */
  readonly at: number
  /** The words from the program on. */
  readonly words: readonly Word[]
  /** The shell text that the last of `via` is given in place of words: `su -c TEXT`, `env -S TEXT`. */
  readonly text: Word | null
  /** Base names of the inits, wrappers and switches of user before it, outermost first. */
  readonly via: readonly string[]
}

export interface InvocationOptions {
  /** The program that `npx`, `bundle exec`, `python` and their like start counts. */
  readonly runners?: boolean
}

export function invocationOf(words: readonly Word[], { runners = false }: InvocationOptions = {}): Invocation {
  const via: string[] = []
  let at = 0
  for (;;) {
    const text = givenText(words, at)
    const found = switchAt(words, at)?.to ?? behindStarter(words, at, (starter) => runners || starter.kind !== 'runner')
    if (text === null && found === null) return { at, words: words.slice(at), text, via }
    via.push(nameOf(words[at]?.value ?? ''))
    if (text !== null) return { at: words.length, words: [], text, via }
    at = found ?? words.length
  }
}

/** `su` takes its options anywhere; words behind the command of `env` are the command's. */
function givenText(words: readonly Word[], at: number): Word | null {
  const starter = starterOf(nameOf(words[at]?.value ?? ''))
  if (starter?.text === undefined) return null
  let { operands } = starter
  for (const { word, name, value } of optionsFrom(words, at + 1, [...starter.valued, ...starter.text])) {
    if (name === '--') return null
    if (name !== null && starter.text.includes(name)) return value
    if (name !== null || starter.kind === 'switch' || isSetting(starter, word)) continue
    if (operands === 0) return null
    operands -= 1
  }
  return null
}

function isSetting({ settings }: Starter, { text }: Word): boolean {
  return settings === true && /^\w+=/.test(text)
}

/** Index of the word that names what is run behind `exec`, `tini --`, `env A=b`, `set --` …: the program, or a switch of user. */
export function programIndex(words: readonly Word[], from = 0): number {
  let at = from
  for (;;) {
    const next = behindStarter(words, at, ({ kind }) => kind === 'init' || kind === 'wrapper')
    if (next === null) return at
    at = next
  }
}

/** The index behind the starter at `at` with its options and operands; null where no starter stands there. */
function behindStarter(words: readonly Word[], at: number, isMeant: (starter: Starter) => boolean): number | null {
  const word = words[at]?.value
  if (word == null) return null
  // `set -- gosu app "$@"` prepares what a later `exec "$@"` runs.
  if (word === 'set') return words[at + 1]?.value === '--' ? at + 2 : null
  const starter = starterOf(nameOf(word))
  if (starter === null || !isMeant(starter)) return null
  // `setpriv --no-new-privs` and `chroot /srv` stay who they are; of the others nobody knows what they do without a user.
  if (starter.kind === 'switch' && starter.user === undefined) return null
  let { verb, operands } = starter
  let to = at + 1
  for (const { word: each, name, next } of optionsFrom(words, to, starter.valued)) {
    if (name === null) {
      if (verb !== undefined && verb === each.value) verb = undefined
      else if (!isSetting(starter, each)) {
        if (operands === 0) break
        operands -= 1
      }
    }
    to = next
    if (name === '--') {
      to += operands
      break
    }
  }
  // `bundle install` starts nothing of ours.
  return verb === undefined ? to : null
}

/** Recognises a switch to another user, also behind `exec`, `tini --` and the like; null when root stays root. */
export function readSwitch(words: readonly Word[]): SwitchCommand | null {
  const found = readRunAs(words)
  return found !== null && isRoots(found) ? null : found
}

/** A switch to root. */
export function isRoots({ user }: SwitchCommand): boolean {
  return user.value === 'root' || user.value === '0'
}

/** Like readSwitch, also for a switch to root: `gosu root crond`. */
export function readRunAs(words: readonly Word[]): SwitchCommand | null {
  return switchAt(words, programIndex(words))
}

/** The program that a word names, also `$(which squid)`; null where something else decides it. */
export function programName({ text, value }: Word): string | null {
  return value ?? /^"?(?:\$\(|`)\s*(?:which|command -v)\s+([\w.+-]+)\s*[)`]"?$/.exec(text)?.[1] ?? null
}

/** The ENTRYPOINT and CMD of an image, as far as they are set. */
export interface Command {
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
}

/** The words of a start: ENTRYPOINT followed by CMD, as the engine joins them. */
export function argvOf(config: Partial<Command>): readonly string[] {
  return [...(config.entrypoint ?? []), ...(config.cmd ?? [])]
}

/**
 * Base names of the programs that an image starts and of what starts them, in the order of the command; `sh -c` is looked
 * into. Only names that stand where a command stands; arguments are no programs.
 */
export const programsOf = memoizeByObject(({ entrypoint, cmd }: Command): readonly string[] => {
  return [...new Set([...programsIn(entrypoint ?? []), ...programsIn(cmd ?? [])])]
})

/** The programs of one command. */
export function programsIn(argv: readonly string[]): readonly string[] {
  return invocationsIn(asWords(argv)).flatMap(({ via, words }) => {
    const program = words[0]?.value
    return program == null ? via : [...via, nameOf(program)]
  })
}

/** An exec form as words, all of which are known. */
export function asWords(argv: readonly string[]): readonly Word[] {
  return argv.map((value) => ({ text: value, value }))
}

/**
 * The commands that a command runs in the end: those in the text of `sh -c 'text'`, the script of `sh script`, or itself. What
 * starts the shell is one of them, without words.
 */
export function invocationsIn(words: readonly Word[], options: InvocationOptions = {}): readonly Invocation[] {
  const invocation = invocationOf(words, options)
  if (invocation.text !== null) return [invocation, ...invocationsOfText(invocation.text, options)]
  // `busybox sh` is sh.
  const isBusybox = nameOf(invocation.words[0]?.value ?? '') === 'busybox'
  const started = isBusybox ? invocation.words.slice(1) : invocation.words
  if (!isShell(started[0]?.value ?? '')) return [isBusybox ? invocationOf(started, options) : invocation]
  const { text, script } = shellArguments(started.slice(1))
  const starters = { ...invocation, words: [] }
  if (text !== null) return [starters, ...invocationsOfText(text, options)]
  return script === null ? [starters] : [starters, { at: 0, words: [script], text: null, via: [] }]
}

function invocationsOfText({ value, text }: Word, options: InvocationOptions): readonly Invocation[] {
  const script = parseShellScript(value ?? '')
  if (script.kind === 'parsed')
    return script.commands.flatMap(({ words, within }) =>
      within === 'script' && words.length > 0 ? invocationsIn(words, options) : [],
    )
  // A text that cannot be parsed is reported elsewhere; names in the place of commands are better than none.
  return text.split(/&&|\|\||[;\n|&]/).map((command) => {
    const words = command.trim().split(/\s+/)
    return invocationOf(asWords(words.filter((word) => word !== '' && !/^\w+=/.test(word))), options)
  })
}

/** A shell or an interpreter with nothing to do but what somebody types. */
export function waitsForInput(argv: readonly string[]): boolean {
  return argv.length > 0 && argv.every((word) => SHELL_OR_REPL.test(word))
}

const SHELL_OR_REPL =
  /(^|\/)((ba|da|a|z)?sh|node|python[\d.]*|irb|jshell|php|-a|docker-(php-|node-)?entrypoint(\.sh)?)$/
