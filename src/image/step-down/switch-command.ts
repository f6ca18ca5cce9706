import { table } from '../../table.ts'
import { nameOf } from '../path.ts'
import { type CommandWord, programIndex } from './wrappers.ts'

/** A command that runs another one as another user. */
export interface SwitchCommand {
  readonly tool: string
  /** The words that name user and group; a value of null is decided at run time. */
  readonly user: CommandWord
  readonly group: CommandWord | null
  /** The words from `from` up to `to` switch; put `instead` in their place and the command runs without switching. */
  readonly from: number
  readonly to: number
  /** Source texts; null where the command cannot be had without its switch. */
  readonly instead: readonly CommandWord[] | null
}

type Found = Omit<SwitchCommand, 'tool' | 'from'>
type Reader = (words: readonly CommandWord[], at: number) => Found | null

const readers: Readonly<Record<string, Reader>> = table({
  gosu: userFirst,
  'su-exec': userFirst,
  setuidgid: userFirst,
  's6-setuidgid': userFirst,
  's6-applyuidgid': byOption({ user: ['-u'], group: ['-g'], valued: ['-G'] }),
  chpst: byOption({ user: ['-u'], group: [], valued: '-U -b -e -/ -n -l -L -m -d -o -p -f -c -t'.split(' ') }),
  setpriv: byOption({
    user: ['--reuid', '--ruid', '--euid'],
    group: ['--regid', '--rgid', '--egid'],
    valued:
      '--groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig --selinux-label --apparmor-profile'.split(
        ' ',
      ),
  }),
  sudo: byOption({ user: ['-u', '--user'], group: ['-g', '--group'], valued: '-h -p -C -r -t -T -U -D -R'.split(' ') }),
  chroot,
  su,
  runuser: (words, at) =>
    byOption({ user: ['-u', '--user'], group: ['-g', '--group'], valued: [] })(words, at) ?? su(words, at),
  'start-stop-daemon': startStopDaemon,
})

export const switchTools: readonly string[] = Object.keys(readers)

/** Recognises a switch to another user, also behind `exec`, `tini --` and the like; null when root stays root. */
export function readSwitch(words: readonly CommandWord[]): SwitchCommand | null {
  const found = readRunAs(words)
  return found?.user.value === 'root' || found?.user.value === '0' ? null : found
}

/** The same, whoever it runs the program as: `gosu root crond` too. */
export function readRunAs(words: readonly CommandWord[]): SwitchCommand | null {
  const from = programIndex(words)
  const program = words[from]?.value
  if (program == null) return null
  const tool = nameOf(program)
  const found = Object.hasOwn(readers, tool) ? readers[tool]?.(words, from) : null
  return found == null ? null : { tool, from, ...found }
}

/** The program does nothing but start another one as somebody else; `chroot` and `start-stop-daemon` do more. */
export function isSwitch(program: string): boolean {
  const tool = nameOf(program)
  return Object.hasOwn(readers, tool) && tool !== 'chroot' && tool !== 'start-stop-daemon'
}

/** `USER[:GROUP]`, also where only one of the two is static. */
function splitUser(word: CommandWord): { readonly user: CommandWord; readonly group: CommandWord | null } {
  const text = (word.value ?? word.text.replace(/^(["'])(.*)\1$/, '$2')).replace(/^:/, '')
  const colon = /^((?:\$\{[^}]*\}|\$(?!\{)|[^:$])*):(.*)$/.exec(text)
  const part = (piece: string): CommandWord => ({
    text: piece,
    value: word.value === null && /[$`]/.test(piece) ? null : piece,
  })
  return colon?.[1] === undefined
    ? { user: part(text), group: null }
    : { user: part(colon[1]), group: part(colon[2] ?? '') }
}

function userFirst(words: readonly CommandWord[], at: number): Found | null {
  const word = words[at + 1]
  if (word === undefined || word.text.startsWith('-')) return null
  const to = words[at + 2]?.value === '--' ? at + 3 : at + 2
  return { ...splitUser(word), to, instead: to < words.length ? [] : null }
}

interface OptionNames {
  readonly user: readonly string[]
  readonly group: readonly string[]
  /** Others that take a word of their own. */
  readonly valued: readonly string[]
}

function byOption(names: OptionNames): Reader {
  return (words, at) => {
    let user: CommandWord | null = null
    let group: CommandWord | null = null
    const valued = [...names.user, ...names.group, ...names.valued]
    let to = at + 1
    for (const token of tokens(words, at + 1, valued)) {
      // sudo takes settings of variables before the command.
      if (token.option === null && !/^\w+=/.test(token.word.text)) break
      to = token.next
      if (token.option === '--') break
      if (token.option !== null && names.user.includes(token.option)) user = token.value
      if (token.option !== null && names.group.includes(token.option)) group = token.value
    }
    if (user === null) return null
    const split = splitUser(user)
    return { user: split.user, group: group ?? split.group, to, instead: to < words.length ? [] : null }
  }
}

interface Token {
  readonly word: CommandWord
  /** `--name`, `-n`, `--`; null for an operand. */
  readonly option: string | null
  readonly value: CommandWord | null
  /** Index after the token and its value. */
  readonly next: number
}

/** Reads options one by one; `valued` are those whose value may be the next word. */
function* tokens(words: readonly CommandWord[], from: number, valued: readonly string[]): Iterable<Token> {
  let at = from
  while (at < words.length) {
    const word = words[at] as CommandWord
    const option = optionOf(word)
    const takesNext = option !== null && option.value === null && valued.includes(option.name)
    const next = at + (takesNext ? 2 : 1)
    yield {
      word,
      option: option?.name ?? null,
      value: option?.value ?? (takesNext ? (words[at + 1] ?? null) : null),
      next,
    }
    at = next
  }
}

/** `--name=value`, `--name`, `-n`, and `-uvalue`; null for a word that is no option. */
function optionOf(word: CommandWord): { readonly name: string; readonly value: CommandWord | null } | null {
  const text = word.value ?? word.text
  if (!text.startsWith('-') || text === '-') return null
  const match = /^(--[\w-]+)=(.*)$/s.exec(text) ?? /^(-[ug])(.+)$/s.exec(text)
  if (match?.[1] === undefined) return { name: text, value: null }
  const value = match[2] ?? ''
  return { name: match[1], value: { text: value, value: word.value === null && /[$`]/.test(value) ? null : value } }
}

function chroot(words: readonly CommandWord[], at: number): Found | null {
  const found = byOption({ user: ['--userspec'], group: [], valued: ['--groups'] })(words, at)
  if (found === null) return null
  const stays = words[found.to]?.value === '/'
  const to = found.to + 1
  return { ...found, to, instead: stays && to < words.length ? [] : null }
}

const suCommand = ['-c', '--command']
const suShell = ['-s', '--shell']

/** `su [options] [-] [user] [arguments]`, options anywhere: without `-c` it would only give a shell. */
function su(words: readonly CommandWord[], at: number): Found | null {
  let command: CommandWord | null = null
  let shell: CommandWord = { text: 'sh', value: 'sh' }
  const operands: CommandWord[] = []
  const valued = [...suCommand, ...suShell, '-g', '--group', '-G', '--supp-group', '-w']
  for (const { word, option, value } of tokens(words, at + 1, valued)) {
    if (option === null && word.value !== '-') operands.push(word)
    if (option !== null && suCommand.includes(option)) command = value
    if (option !== null && suShell.includes(option) && value !== null) shell = value
  }
  const [user, ...rest] = operands
  if (user === undefined) return null
  const instead = command === null ? null : [shell, { text: '-c', value: '-c' }, inItsPlace(command), ...rest]
  return { user, group: null, to: words.length, instead }
}

/** One plain command, or the arguments of the script. */
const PLAIN = /^(?:[\w./][\w./-]*(?![\w./=-])[^;&|<>()`\\\n'"]*|\$[*@])$/
const NO_PROGRAM = /^(?:exec|cd|if|while|until|for|case|\.|source|export|set|unset|ulimit|umask|exit|eval|trap)\b/

/** `su` passes signals on, and a shell that waits for its command as process 1 does not: one plain command takes its place. */
function inItsPlace({ text, value }: CommandWord): CommandWord {
  const told = (command: string): string =>
    PLAIN.test(command) && !NO_PROGRAM.test(command) ? `exec ${command}` : command
  const [, quote, quoted] = /^(["'])(.*)\1$/s.exec(text) ?? []
  return {
    // Without quotes it is one word of a script.
    text: quote === undefined || quoted === undefined ? text : `${quote}${told(quoted)}${quote}`,
    value: value === null ? null : told(value),
  }
}

function startStopDaemon(words: readonly CommandWord[], at: number): Found | null {
  const instead: CommandWord[] = []
  let user: CommandWord | null = null
  let before = at
  for (const { option, value, next } of tokens(words, at, ['--chuid', '-c', '--group', '-g'])) {
    if (option === '--') {
      instead.push(...words.slice(before))
      break
    }
    if (option === '--chuid' || option === '-c') user = value
    else if (option !== '--group' && option !== '-g') instead.push(...words.slice(before, next))
    before = next
  }
  return user === null ? null : { ...splitUser(user), to: words.length, instead }
}
