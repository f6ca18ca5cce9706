import { table } from '../table.ts'

/** The arguments of a command that creates an account or a group: shadow's tools, busybox, and Debian's adduser. */
export interface AccountCommand {
  readonly makes: 'user' | 'group'
  readonly tool: 'shadow' | 'adduser'
  readonly name: string
  readonly id: SaidId
  /** The primary group, by name or id; null where the tool decides. */
  readonly group: string | SaidId
  /** Whether the tool creates a group named like the user: with the uid as gid, with a gid of its own, or not at all. */
  readonly ownGroup: 'same-id' | 'other-id' | 'none'
  /** The gid of `nogroup` on the tool's distribution, where the account is put into that group; null where it is not. */
  readonly nogroup: number | null
  /** Absolute; '' where there is no folder. */
  readonly home: string
  readonly system: boolean
  /** It has a home below /home and nothing but a shell to log in with: a person's, as far as the command says. */
  readonly person: boolean
  /** The id option as the command's own style has it: `-u`, `--uid`, `-g`, `--gid`. */
  readonly idOption: string
  /** The option that names the primary group of a user. */
  readonly groupOption: string
}

/** The changes that usermod and groupmod make to an existing account or group. */
export interface AccountChange {
  readonly of: 'user' | 'group'
  readonly name: string
  readonly id: SaidId
  /** The new primary group, by name or id. */
  readonly group: string | SaidId
  /** Null: it keeps its name. */
  readonly newName: string | null
  /** Null: it keeps its home. */
  readonly home: string | null
}

/** Null: not said. `unclear`: said with a variable that is not known, or not a number. */
export type SaidId = number | null | 'unclear'

/** A word of the command; null where a variable decides it. */
type ArgumentWord = string | null

interface ReadArguments {
  readonly options: ReadonlyMap<string, ArgumentWord>
  readonly operands: readonly ArgumentWord[]
  /** An option with one dash was used. */
  readonly short: boolean
}

const LONG: Readonly<Record<string, string>> = table({
  uid: 'u',
  gid: 'g',
  'home-dir': 'd',
  home: 'd',
  'create-home': 'm',
  'no-create-home': 'M',
  system: 'r',
  'user-group': 'U',
  'no-user-group': 'N',
  ingroup: 'G',
  login: 'l',
  'new-name': 'n',
})
const USERADD_VALUES = new Set(
  'b c d e f g G k K p P R s u Z base-dir comment expiredate inactive groups skel key password root prefix shell selinux-user'.split(
    ' ',
  ),
)
const GROUPADD_VALUES = new Set('g K p P R U key password root prefix users'.split(' '))
const USERMOD_VALUES = new Set(
  'c d e f g G l p P R s u v V w W Z comment expiredate inactive groups password root prefix shell add-subuids del-subuids add-subgids del-subgids selinux-user'.split(
    ' ',
  ),
)
const GROUPMOD_VALUES = new Set('g n p P R U password root prefix users'.split(' '))
const ADDUSER_VALUES = new Set('h g s G u k d shell gecos comment firstuid lastuid firstgid lastgid conf'.split(' '))

export function readAccountCommand(words: readonly ArgumentWord[]): AccountCommand | null {
  const name = words[0]?.replace(/^.*\//, '') ?? ''
  const rest = words.slice(1)
  if (name === 'busybox') return readAccountCommand(rest)
  if (name === 'useradd') return useradd(read(rest, USERADD_VALUES))
  if (name === 'groupadd') return group('shadow', read(rest, GROUPADD_VALUES))
  if (name === 'adduser') return adduser(rest)
  if (name === 'addgroup') return group('adduser', read(rest, new Set(['g', 'gid'])))
  return null
}

/** shadow's usermod and groupmod; null for other commands, and where they change nothing that counts. */
export function readAccountChange(words: readonly ArgumentWord[]): AccountChange | null {
  const tool = words[0]?.replace(/^.*\//, '') ?? ''
  if (tool !== 'usermod' && tool !== 'groupmod') return null
  const isUser = tool === 'usermod'
  const { options, operands } = read(words.slice(1), isUser ? USERMOD_VALUES : GROUPMOD_VALUES)
  const [name] = operands
  if (name == null || operands.length !== 1) return null
  const newName = options.get(isUser ? 'l' : 'n')
  const home = isUser ? options.get('d') : undefined
  // An account with an unknown name: everything about all accounts becomes unknown.
  const id = newName === null ? 'unclear' : idOf(options, isUser ? 'u' : 'g')
  const group = isUser ? groupOf(options, 'g') : null
  if (id === null && group === null && newName === undefined && home === undefined) return null
  return {
    of: isUser ? 'user' : 'group',
    name,
    id,
    group,
    newName: newName ?? null,
    home: home?.startsWith('/') === true ? home : null,
  }
}

function read(words: readonly ArgumentWord[], values: ReadonlySet<string>): ReadArguments {
  const options = new Map<string, ArgumentWord>()
  const operands: ArgumentWord[] = []
  let short = false
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? null
    if (word === '--') return { options, operands: [...operands, ...words.slice(at + 1)], short }
    if (word === null || !/^-./.test(word)) {
      operands.push(word)
      continue
    }
    if (word.startsWith('--')) {
      const [, long = '', value] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? []
      const key = LONG[long] ?? long
      if (value !== undefined) options.set(key, value)
      else if (values.has(key) || values.has(long)) options.set(key, words[++at] ?? null)
      else options.set(key, '')
      continue
    }
    short = true
    for (let letter = 1; letter < word.length; letter += 1) {
      const key = word[letter] ?? ''
      if (!values.has(key)) {
        options.set(key, '')
        continue
      }
      const attached = word.slice(letter + 1)
      options.set(key, attached === '' ? (words[++at] ?? null) : attached)
      break
    }
  }
  return { options, operands, short }
}

function useradd({ options, operands, short }: ReadArguments): AccountCommand | null {
  const [name] = operands
  if (name === null || name === undefined || operands.length !== 1 || options.has('D')) return null
  const system = options.has('r')
  const home = options.get('d') ?? `/home/${name}`
  return {
    makes: 'user',
    tool: 'shadow',
    name,
    id: idOf(options, 'u'),
    group: groupOf(options, 'g'),
    // A system group gets an id from the range of system groups, whatever the uid (measured).
    ownGroup: options.has('N') ? 'none' : system ? 'other-id' : 'same-id',
    nogroup: null,
    home: options.has('m') && home.startsWith('/') ? home : '',
    system,
    person: !system && options.has('m') && isPersons(home, options),
    idOption: short ? '-u' : '--uid',
    groupOption: short ? '-g' : '--gid',
  }
}

function group(tool: AccountCommand['tool'], { options, operands, short }: ReadArguments): AccountCommand | null {
  const [name] = operands
  // `addgroup USER GROUP` only adds a member.
  if (name === null || name === undefined || operands.length !== 1) return null
  return {
    makes: 'group',
    tool,
    name,
    id: idOf(options, 'g'),
    group: null,
    ownGroup: 'none',
    nogroup: null,
    home: '',
    system: options.has('r') || options.has('S'),
    person: false,
    idOption: short ? '-g' : '--gid',
    groupOption: '',
  }
}

/** Source: base-passwd of Debian, alpine-baselayout. */
const [DEBIAN_NOGROUP, ALPINE_NOGROUP] = [65534, 65533]

/** Busybox has `-D -S -H -h -G`, Debian `--system --group --ingroup`; busybox knows most of the long options too. */
function adduser(words: readonly ArgumentWord[]): AccountCommand | null {
  const { options, operands, short } = read(words, ADDUSER_VALUES)
  const [name] = operands
  const busybox = words.some((word) => word !== null && /^-[A-Za-z]/.test(word))
  // `adduser USER GROUP` adds somebody to a group. With an option busybox makes the user, and does not look at the second name
  // (loginutils/adduser.c).
  const isMade = operands.length === 1 || (operands.length === 2 && busybox)
  if (name === null || name === undefined || !isMade) return null
  const system = options.has('S') || options.has('r')
  const none = options.has('H') || options.has('M')
  const given = busybox ? options.get('h') : options.get('d')
  const home = given ?? (system && !busybox ? '' : `/home/${name}`)
  // Busybox has -g for the comment, Debian --gid for the group.
  const chosen = groupOf(options, 'G') ?? (busybox ? null : groupOf(options, 'g'))
  // A system account without a group of its own is put into nogroup, also where there is a group of its name: Debian's
  // adduser (measured on trixie), busybox (loginutils/adduser.c).
  const isInNogroup = system && chosen === null && !options.has('group')
  return {
    makes: 'user',
    tool: 'adduser',
    name,
    id: idOf(options, 'u'),
    group: chosen,
    ownGroup: chosen !== null || isInNogroup ? 'none' : 'same-id',
    nogroup: isInNogroup ? (busybox ? ALPINE_NOGROUP : DEBIAN_NOGROUP) : null,
    home: none || !home.startsWith('/') ? '' : home,
    system,
    person: !system && !none && isPersons(home, options),
    idOption: short ? '-u' : '--uid',
    groupOption: short ? '-G' : '--ingroup',
  }
}

/** Each tool gives a shell to log in with where it is told none. */
function isPersons(home: string, options: ReadArguments['options']): boolean {
  const shell = options.get('s') ?? options.get('shell') ?? ''
  return home.startsWith('/home/') && !/(^|\/)(nologin|false)$/.test(shell)
}

function idOf(options: ReadArguments['options'], key: string): SaidId {
  if (!options.has(key)) return null
  const text = options.get(key)
  return text !== null && text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 'unclear'
}

function groupOf(options: ReadArguments['options'], key: string): string | SaidId {
  const text = options.get(key)
  if (!options.has(key)) return null
  if (text === null || text === undefined || text === '') return 'unclear'
  return /^\d{1,9}$/.test(text) ? Number(text) : text
}
