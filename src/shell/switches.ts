import { nameOf } from '../path.ts'
import { optionsFrom, type Starter, starterOf, type Word } from './starters.ts'

/** A command that runs another one as another user. */
export interface SwitchCommand {
  readonly tool: string
  /** The words that name user and group; a value of null is decided at run time. */
  readonly user: Word
  readonly group: Word | null
  /** The words from `from` up to `to` are the switch; with `instead` in their place the command runs without it. */
  readonly from: number
  readonly to: number
  /** Source texts; null where the switch cannot be removed. */
  readonly instead: readonly Word[] | null
  /** The folder that the words also chroot into. Absent: none. */
  readonly jail?: string
}

type FoundSwitch = Omit<SwitchCommand, 'tool' | 'from'>

/** The switch that begins at the word `at`, also to root; null where there is none. */
export function switchAt(words: readonly Word[], at: number): SwitchCommand | null {
  const program = words[at]?.value
  const tool = program == null ? '' : nameOf(program)
  const starter = starterOf(tool)
  const found = starter?.kind === 'switch' ? readAs(tool, starter, words, at) : null
  return found === null ? null : { tool, from: at, ...found }
}

function readAs(tool: string, starter: Starter, words: readonly Word[], at: number): FoundSwitch | null {
  switch (tool) {
    case 'su':
      return su(starter, words, at)
    case 'runuser':
      return byOption(starter, words, at) ?? su(starter, words, at)
    case 'chroot':
      return chroot(starter, words, at)
    case 'start-stop-daemon':
      return startStopDaemon(starter, words, at)
    default:
      return starter.user === undefined ? userFirst(words, at) : byOption(starter, words, at)
  }
}

/** `USER[:GROUP]`, also where only one of the two is static. */
function splitUser(word: Word): { readonly user: Word; readonly group: Word | null } {
  const text = (word.value ?? word.text.replace(/^(["'])(.*)\1$/, '$2')).replace(/^:/, '')
  const colon = /^((?:\$\{[^}]*\}|\$(?!\{)|[^:$])*):(.*)$/.exec(text)
  const part = (piece: string): Word => ({
    text: piece,
    value: word.value === null && /[$`]/.test(piece) ? null : piece,
  })
  return colon?.[1] === undefined
    ? { user: part(text), group: null }
    : { user: part(colon[1]), group: part(colon[2] ?? '') }
}

function userFirst(words: readonly Word[], at: number): FoundSwitch | null {
  const word = words[at + 1]
  if (word === undefined || word.text.startsWith('-')) return null
  const to = words[at + 2]?.value === '--' ? at + 3 : at + 2
  return { ...splitUser(word), to, instead: to < words.length ? [] : null }
}

function byOption(starter: Starter, words: readonly Word[], at: number): FoundSwitch | null {
  let user: Word | null = null
  let group: Word | null = null
  let to = at + 1
  for (const { name, value, word, next } of optionsFrom(words, at + 1, starter.valued)) {
    if (name === null && !(starter.settings === true && /^\w+=/.test(word.text))) break
    to = next
    if (name === '--') break
    if (name !== null && starter.user?.includes(name) === true) user = value
    if (name !== null && starter.group?.includes(name) === true) group = value
  }
  if (user === null) return null
  const split = splitUser(user)
  return { user: split.user, group: group ?? split.group, to, instead: to < words.length ? [] : null }
}

function chroot(starter: Starter, words: readonly Word[], at: number): FoundSwitch | null {
  const found = byOption(starter, words, at)
  if (found === null) return null
  const stays = words[found.to]?.value === '/'
  const to = found.to + 1
  return { ...found, to, instead: stays && to < words.length ? [] : null }
}

const suCommand = ['-c', '--command']
const suShell = ['-s', '--shell']

/** `su [options] [-] [user] [arguments]`, options anywhere: without `-c` it would only give a shell. */
function su({ valued }: Starter, words: readonly Word[], at: number): FoundSwitch | null {
  let command: Word | null = null
  let shell: Word = { text: 'sh', value: 'sh' }
  const operands: Word[] = []
  for (const { word, name, value } of optionsFrom(words, at + 1, [...valued, ...suCommand, ...suShell])) {
    if (name === null && word.value !== '-') operands.push(word)
    if (name !== null && suCommand.includes(name)) command = value
    if (name !== null && suShell.includes(name) && value !== null) shell = value
  }
  const [user, ...rest] = operands
  if (user === undefined) return null
  const inShell = (told: Word): readonly Word[] => [shell, { text: '-c', value: '-c' }, inItsPlace(told), ...rest]
  const instead = command === null ? null : (alone(command) ?? inShell(command))
  return { user, group: null, to: words.length, instead }
}

/** One plain command, or the arguments of the script. */
const PLAIN = /^(?:[\w./][\w./-]*(?![\w./=-])[^;&|<>()`\\\n'"]*|\$[*@])$/
const NO_PROGRAM = /^(?:exec|cd|if|while|until|for|case|\.|source|export|set|unset|ulimit|umask|exit|eval|trap)\b/

/** One command that no shell has to read; null for another one. */
function alone({ value }: Word): readonly Word[] | null {
  if (value === null || !/^[\w./-]+(?: [\w./:=@,+-]+)*$/.test(value) || NO_PROGRAM.test(value)) return null
  return value.split(' ').map((word) => ({ text: word, value: word }))
}

/** `su` passes signals on, and a shell that waits for its command as process 1 does not: one plain command takes its place. */
function inItsPlace({ text, value }: Word): Word {
  const told = (command: string): string =>
    PLAIN.test(command) && !NO_PROGRAM.test(command) ? `exec ${command}` : command
  const [, quote, quoted] = /^(["'])(.*)\1$/s.exec(text) ?? []
  return {
    // Without quotes it is one word of a script.
    text: quote === undefined || quoted === undefined ? text : `${quote}${told(quoted)}${quote}`,
    value: value === null ? null : told(value),
  }
}

function startStopDaemon({ valued }: Starter, words: readonly Word[], at: number): FoundSwitch | null {
  const instead: Word[] = []
  let user: Word | null = null
  let before = at
  for (const { name, value, next } of optionsFrom(words, at, valued)) {
    if (name === '--') {
      instead.push(...words.slice(before))
      break
    }
    if (name === '--chuid' || name === '-c') user = value
    else if (name !== '--group' && name !== '-g') instead.push(...words.slice(before, next))
    before = next
  }
  return user === null ? null : { ...splitUser(user), to: words.length, instead }
}
