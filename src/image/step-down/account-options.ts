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
  if (places.length === 0) return null
  return takenOut(words, { tool: nameOf(program), user: user?.value ?? NOBODY, group: group?.value ?? null, places })
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
