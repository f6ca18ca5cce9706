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

/**
 * A program that nobody has told us of, whose options name an account of the image: `snmpd -u Debian-snmp -g Debian-snmp`.
 * What such an option means is known only when the program is refused the switch.
 */
export function readAccountOption(words: readonly CommandWord[], names: AccountNames): SwitchCommand | null {
  const from = programIndex(words)
  const program = words[from]?.value
  // Of a daemon that is listed for its configuration alone the list does not know the options.
  if (program == null || daemonOf(nameOf(program))?.options !== undefined) return null
  const user = placeOf(words, from, USER, names.users)
  if (user === null) return null
  const group = placeOf(words, from, GROUP, names.groups)
  return takenOut(words, nameOf(program), user, group)
}

function placeOf(
  words: readonly CommandWord[],
  program: number,
  options: readonly string[],
  names: ReadonlySet<string>,
): Place | null {
  const place = optionAt(words, program, options)
  const name = place?.value.value?.split(':')[0] ?? ''
  return place !== null && name !== 'root' && names.has(name) ? place : null
}
