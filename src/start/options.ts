import { nameOf } from '../path.ts'
import { programIndex, type SwitchCommand, type Word } from '../shell/index.ts'
import { daemonOf, type SwitchingDaemon } from './daemons.ts'

/** A daemon that its own command line tells to switch: `memcached -u memcache`, `mysqld --user=mysql`. */
export function readDaemonOption(words: readonly Word[]): SwitchCommand | null {
  const from = programIndex(words)
  const program = words[from]?.value
  if (program == null) return null
  const daemon = daemonOf(nameOf(program))
  if (daemon === null) return null
  const user = optionAt(words, from, daemon.options ?? [])
  if (user === null || user.value.value === 'root' || user.value.value === '0') return null
  const group = optionAt(words, from, daemon.groupOptions ?? [])
  const places = group === null ? [user] : [user, group]
  const kept = keptOf(daemon, user.value, words)
  return takenOut(words, { tool: nameOf(program), user: user.value, group: group?.value ?? null, places, kept })
}

/**
 * What of the option is no switch, as the catalogue has it; none where the command says that itself. A script is asked who
 * it runs as then, who may be another than the one it has switched to.
 */
function keptOf({ instead }: SwitchingDaemon, { value }: Word, words: readonly Word[]): readonly Word[] {
  const option = instead?.split(/[ =]/)[0] ?? ''
  if (instead === undefined || words.some((word) => matches(word.text, option))) return []
  return [
    {
      text: instead.replace('{user}', () => '$(id -un)'),
      value: value === null ? null : instead.replace('{user}', () => value),
    },
  ]
}

interface FoundOptions extends Pick<SwitchCommand, 'tool' | 'user' | 'group' | 'jail'> {
  /** Where the options are; at least one. */
  readonly places: readonly OptionPlace[]
  /** Goes into the place of the first. Absent: nothing. */
  readonly kept?: readonly Word[]
}

/** The switch that these options make, and the words of their range that stay. */
function takenOut(words: readonly Word[], { places, kept = [], ...what }: FoundOptions): SwitchCommand {
  const first = Math.min(...places.map((place) => place.from))
  const last = Math.max(...places.map((place) => place.to))
  const instead = words
    .slice(first, last)
    .filter((_, i) => !places.some(({ from, to }) => first + i >= from && first + i < to))
  return { ...what, from: first, to: last, instead: [...kept, ...instead] }
}

interface OptionPlace {
  readonly value: Word
  readonly from: number
  readonly to: number
}

/** The first of the options, with its value: the next word, or what is attached to it. */
function optionAt(words: readonly Word[], program: number, names: readonly string[]): OptionPlace | null {
  for (let at = program + 1; at < words.length; at += 1) {
    const word = words[at] as Word
    const option = names.find((name) => matches(word.text, name))
    if (option === undefined) continue
    const attached = word.text.slice(option.length).replace(/^=/, '')
    if (attached !== '')
      return { value: { text: attached, value: word.value === null ? null : attached }, from: at, to: at + 1 }
    const value = words[at + 1]
    return value === undefined ? null : { value, from: at, to: at + 2 }
  }
  return null
}

function matches(text: string, option: string): boolean {
  if (text === option) return true
  return option.startsWith('--') ? text.startsWith(`${option}=`) : text.startsWith(option) && !text.startsWith('--')
}

/** Names of the accounts and groups that an image has. */
export interface AccountNames {
  readonly users: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
}

const USER = [
  '-u',
  '-user',
  '--user',
  '--User',
  '--username',
  '--uid',
  '--setuid',
  '--runas',
  '--run-as',
  '--run-as-user',
]
const GROUP = ['-g', '-group', '--group', '--gid', '--setgid', '--run-as-group']
/** What else it is called by programs that say it in a letter; only where the folder is the one of a refused chroot. */
const JAIL = ['-c', '-t', '-i', '-j', '-r', '-R', '--jail', '--root']
const CHROOT = ['--chroot', '-chroot', '--chroot-dir', '--chrootdir', '--chroot-directory']

/** What a run was refused to switch to. Whatever option of the program names that is the one that asks for it. */
export interface RefusedSwitch {
  readonly users: ReadonlySet<string>
  readonly folders: ReadonlySet<string>
}

const NOTHING: RefusedSwitch = { users: new Set(), folders: new Set() }

/**
 * A program that nobody has told us of, whose options name an account of the image: `snmpd -u Debian-snmp -g Debian-snmp`.
 * What such an option means is known only when the program is refused the switch. A folder to be locked into
 * (`--chroot /srv`) goes with it, or alone.
 */
export function readAccountOption(
  words: readonly Word[],
  names: () => AccountNames,
  refused: RefusedSwitch = NOTHING,
): SwitchCommand | null {
  const from = programIndex(words)
  const program = words[from]?.value
  // Of a daemon that is listed for its configuration alone the list does not know the options.
  if (program == null || daemonOf(nameOf(program))?.options !== undefined) return null
  const user = placeOf(words, from, USER, () => names().users) ?? optionWith(words, from, refused.users)
  const group = user === null ? null : placeOf(words, from, GROUP, () => names().groups)
  const jail = optionWith(words, from, refused.folders)
  const chroot = jail !== null && JAIL.includes(words[jail.from]?.text ?? '') ? jail : optionAt(words, from, CHROOT)
  const folder = chroot?.value.value?.startsWith('/') === true ? chroot.value.value : null
  const places = [user, group, folder === null ? null : chroot].filter((place) => place !== null)
  if (places.length === 0) return readListed(words, from, names)
  return takenOut(words, {
    tool: nameOf(program),
    user: user?.value ?? NOBODY,
    group: group?.value ?? null,
    places,
    ...(folder === null ? {} : { jail: folder }),
  })
}

/** Among others in one word, behind a comma: `TCP-LISTEN:79,fork,su=nobody`. Source: socat(1), option group PROCESS. */
const LISTED = /,(?:su(?:-d|-e)?|(?:substuser|setuid|runas|user)(?:-early|-delayed)?)=(?<user>[\w.-]+)(?=,|$)/

function readListed(words: readonly Word[], program: number, names: () => AccountNames): SwitchCommand | null {
  for (const [at, word] of words.entries()) {
    const user = at > program ? LISTED.exec(word.text)?.groups?.user : undefined
    if (user === undefined || user === 'root' || !names().users.has(user)) continue
    const cut = (text: string): string => text.replace(LISTED, '')
    const instead = { text: cut(word.text), value: word.value === null ? null : cut(word.value) }
    const tool = nameOf(words[program]?.value ?? '')
    return { tool, user: { text: user, value: user }, group: null, from: at, to: at + 1, instead: [instead] }
  }
  return null
}

const NOBODY: Word = { text: '', value: null }

/** The first option whose value, the next word, is one of these. */
function optionWith(words: readonly Word[], program: number, values: ReadonlySet<string>): OptionPlace | null {
  for (const [at, value] of words.entries()) {
    const option = words[at - 1]?.text ?? ''
    if (at < program + 2 || value.value === null || !values.has(value.value) || !/^--?[a-z][\w-]*$/i.test(option))
      continue
    return { value, from: at - 1, to: at + 1 }
  }
  return null
}

function placeOf(
  words: readonly Word[],
  program: number,
  options: readonly string[],
  names: () => ReadonlySet<string>,
): OptionPlace | null {
  const place = optionAt(words, program, options)
  if (place === null) return null
  const value = place.value.value ?? ''
  const known = names()
  // `user:group` and `user.group`.
  const name = known.has(value) ? value : (value.split(/[:.]/)[0] ?? '')
  return name !== 'root' && known.has(name) ? place : null
}
