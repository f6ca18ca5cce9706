import { nameOf } from '../path.ts'
import { optionAt, type Place, takenOut } from './daemon-options.ts'
import { daemonOf } from './daemons.ts'
import type { SwitchCommand } from './switch-command.ts'
import { type CommandWord, programIndex } from './wrappers.ts'

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
const CHROOT = ['--chroot', '-chroot', '--chroot-dir', '--chrootdir', '--chroot-directory']

/**
 * A program that nobody has told us of, whose options name an account of the image: `snmpd -u Debian-snmp -g Debian-snmp`.
 * What such an option means is known only when the program is refused the switch. A folder to be locked into
 * (`--chroot /srv`) goes with it, or alone.
 */
export function readAccountOption(words: readonly CommandWord[], names: () => AccountNames): SwitchCommand | null {
  const from = programIndex(words)
  const program = words[from]?.value
  // Of a daemon that is listed for its configuration alone the list does not know the options.
  if (program == null || daemonOf(nameOf(program))?.options !== undefined) return null
  const user = placeOf(words, from, USER, () => names().users)
  const group = user === null ? null : placeOf(words, from, GROUP, () => names().groups)
  const chroot = optionAt(words, from, CHROOT)
  const places = [user, group, chroot?.value.value?.startsWith('/') === true ? chroot : null].filter(
    (place) => place !== null,
  )
  if (places.length === 0) return readListed(words, from, names)
  return takenOut(words, { tool: nameOf(program), user: user?.value ?? NOBODY, group: group?.value ?? null, places })
}

/** Among others in one word, behind a comma: `TCP-LISTEN:79,fork,su=nobody`. Source: socat(1), option group PROCESS. */
const LISTED = /,(?:su(?:-d|-e)?|(?:substuser|setuid|runas|user)(?:-early|-delayed)?)=(?<user>[\w.-]+)(?=,|$)/

function readListed(words: readonly CommandWord[], program: number, names: () => AccountNames): SwitchCommand | null {
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

const NOBODY: CommandWord = { text: '', value: null }

function placeOf(
  words: readonly CommandWord[],
  program: number,
  options: readonly string[],
  names: () => ReadonlySet<string>,
): Place | null {
  const place = optionAt(words, program, options)
  if (place === null) return null
  const value = place.value.value ?? ''
  const known = names()
  // `user:group` and `user.group`.
  const name = known.has(value) ? value : (value.split(/[:.]/)[0] ?? '')
  return name !== 'root' && known.has(name) ? place : null
}
