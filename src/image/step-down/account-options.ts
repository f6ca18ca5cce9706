import type { SwitchCommand } from '../../command/index.ts'
import { programIndex, type Word } from '../../command/index.ts'
import { nameOf } from '../../path.ts'
import { optionAt, type Place, takenOut } from './daemon-options.ts'
import { daemonOf } from './daemons.ts'

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
export interface Refused {
  readonly users: ReadonlySet<string>
  readonly folders: ReadonlySet<string>
}

const NOTHING: Refused = { users: new Set(), folders: new Set() }

/**
 * A program that nobody has told us of, whose options name an account of the image: `snmpd -u Debian-snmp -g Debian-snmp`.
 * What such an option means is known only when the program is refused the switch. A folder to be locked into
 * (`--chroot /srv`) goes with it, or alone.
 */
export function readAccountOption(
  words: readonly Word[],
  names: () => AccountNames,
  refused: Refused = NOTHING,
): SwitchCommand | null {
  const from = programIndex(words)
  const program = words[from]?.value
  // Of a daemon that is listed for its configuration alone the list does not know the options.
  if (program == null || daemonOf(nameOf(program))?.options !== undefined) return null
  const user = placeOf(words, from, USER, () => names().users) ?? optionWith(words, from, refused.users)
  const group = user === null ? null : placeOf(words, from, GROUP, () => names().groups)
  const jail = optionWith(words, from, refused.folders)
  const chroot = jail !== null && JAIL.includes(words[jail.from]?.text ?? '') ? jail : optionAt(words, from, CHROOT)
  const places = [user, group, chroot?.value.value?.startsWith('/') === true ? chroot : null].filter(
    (place) => place !== null,
  )
  if (places.length === 0) return readListed(words, from, names)
  return takenOut(words, { tool: nameOf(program), user: user?.value ?? NOBODY, group: group?.value ?? null, places })
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
function optionWith(words: readonly Word[], program: number, values: ReadonlySet<string>): Place | null {
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
): Place | null {
  const place = optionAt(words, program, options)
  if (place === null) return null
  const value = place.value.value ?? ''
  const known = names()
  // `user:group` and `user.group`.
  const name = known.has(value) ? value : (value.split(/[:.]/)[0] ?? '')
  return name !== 'root' && known.has(name) ? place : null
}
