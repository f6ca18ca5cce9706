import { memoizeByObject } from '../memoize.ts'
import type { Account, Accounts, Group, Known } from './facts.ts'

/** Groups whose members can reach root, the host or other users' secrets. */
const privilegedGroups: ReadonlySet<string> = new Set(
  'root sudo wheel admin docker lxd disk shadow adm kmem mem sys tty tape video kvm staff utmp netdev systemd-journal'.split(
    ' ',
  ),
)

/** Accounts that unrelated services share: their files are everybody's. */
export const sharedAccounts: ReadonlySet<string> = new Set(['nobody', 'nogroup', 'daemon'])

/**
 * Accounts of a distribution or a system service, whatever the image is for: base-passwd of Debian, alpine-baselayout, setup of
 * Fedora, and those of systemd, a system log, D-Bus and the package manager. A program that is named like one of them is so by
 * chance.
 */
const STOCK = new Set(
  'adm backup bin cron ftp games gnats guest halt irc list lp mail man news operator proxy shutdown sync sys uucp www-data'.split(
    ' ',
  ),
)

export function isStockAccount(name: string): boolean {
  return STOCK.has(name) || sharedAccounts.has(name) || isOfSystem(name)
}

/** The accounts among them that no program is ever given to, even where the Dockerfile creates them. */
export function isOfSystem(name: string): boolean {
  return /^(_apt|messagebus|polkitd|sshd|syslog|systemd-[\w-]+|tss)$/.test(name)
}

/** Largest id that Linux and Docker accept; -1 and what lies above is reserved. */
export const maximumId = 2 ** 32 - 2

/** What Docker takes for a uid or gid in USER: it refuses what lies above. */
export const largestId = 2 ** 31 - 1

/** How Docker runs a process for `USER text`. */
export interface ResolvedUser {
  /** Null where the passwd file has no entry. */
  readonly name: string | null
  readonly uid: number
  readonly gid: number
  /** Supplementary groups, without `gid`. */
  readonly groups: readonly number[]
  /** `/` where there is no entry. */
  readonly home: string
}

/** Reads passwd(5) and group(5), for the image's own programs and for the engine. */
export function parseAccounts(passwd: string, group: string): Accounts {
  const users = parsePasswd(passwd)
  const asEngine = engineEntries(passwd)
  const isSame =
    users.length === asEngine.length &&
    users.every(({ name, uid, gid }, index) => {
      const other = asEngine[index]
      return name === other?.name && uid === other.uid && gid === other.gid
    })
  return { users, groups: parseGroup(group), ...(isSame ? {} : { asEngine }) }
}

/** Reads passwd(5). Comments, NIS lines (`+`, `-`) and lines without a numeric uid are skipped, as the C library does. */
export function parsePasswd(text: string): readonly Account[] {
  const users: Account[] = []
  for (const fields of records(text)) {
    const uid = parseId(fields[2])
    const gid = parseId(fields[3])
    if (fields[0] === undefined || uid === null || gid === null) continue
    users.push({ name: fields[0], uid, gid, home: fields[5] || '/', shell: fields[6] ?? '' })
  }
  return users
}

/** Reads group(5), as tolerant as parsePasswd. */
export function parseGroup(text: string): readonly Group[] {
  const groups: Group[] = []
  for (const fields of records(text)) {
    const gid = parseId(fields[2])
    if (fields[0] === undefined || gid === null) continue
    const members = (fields[3] ?? '').split(',').map((name) => name.trim())
    groups.push({ name: fields[0], gid, members: members.filter(Boolean) })
  }
  return groups
}

/** Entries by name: the first of two alike counts, as in the C library. */
interface AccountIndex {
  readonly users: ReadonlyMap<string, Account>
  readonly uids: ReadonlyMap<number, Account>
  readonly groups: ReadonlyMap<string, Group>
  readonly gids: ReadonlyMap<number, Group>
  /** Gids of the groups that name a member. */
  readonly memberships: ReadonlyMap<string, ReadonlySet<number>>
}

/** Both files may hold tens of thousands of lines, and are asked for each of them. */
const indexOf = memoizeByObject((accounts: Accounts): AccountIndex => {
  const memberships = new Map<string, Set<number>>()
  for (const { gid, members } of accounts.groups) {
    for (const name of members) {
      const gids = memberships.get(name)
      if (gids === undefined) memberships.set(name, new Set([gid]))
      else gids.add(gid)
    }
  }
  return {
    users: firstBy(accounts.users, ({ name }) => name),
    uids: firstBy(accounts.users, ({ uid }) => uid),
    groups: firstBy(accounts.groups, ({ name }) => name),
    gids: firstBy(accounts.groups, ({ gid }) => gid),
    memberships,
  }
})

function firstBy<T, K>(items: readonly T[], key: (item: T) => K): ReadonlyMap<K, T> {
  const found = new Map<K, T>()
  for (const item of items) if (!found.has(key(item))) found.set(key(item), item)
  return found
}

export function userNamed(accounts: Accounts, name: string): Account | null {
  return indexOf(accounts).users.get(name) ?? null
}

export function userWithUid(accounts: Accounts, uid: number): Account | null {
  return indexOf(accounts).uids.get(uid) ?? null
}

export function groupNamed(accounts: Accounts, name: string): Group | null {
  return indexOf(accounts).groups.get(name) ?? null
}

export function groupWithGid(accounts: Accounts, gid: number): Group | null {
  return indexOf(accounts).gids.get(gid) ?? null
}

/** All gids of a user, the primary one first: what `initgroups` gives. Empty for an unknown name. */
export function groupsOf(accounts: Accounts, name: string): readonly number[] {
  const user = userNamed(accounts, name)
  if (user === null) return []
  return [...new Set([user.gid, ...(indexOf(accounts).memberships.get(name) ?? [])])]
}

/** Names of the privileged groups that a user is in. */
export function privilegedGroupsOf(accounts: Accounts, name: string): readonly string[] {
  const gids = new Set(groupsOf(accounts, name))
  return privilegedIn(accounts).flatMap((group) => (gids.has(group.gid) ? [group.name] : []))
}

const privilegedIn = memoizeByObject((accounts: Accounts) =>
  accounts.groups.filter(({ name }) => privilegedGroups.has(name)),
)

/**
 * Resolves `name|uid[:group|gid]` as Docker does (GetExecUser in moby/sys/user): a number is always an id; a bare uid
 * without a passwd entry gets gid 0; with an entry it gets that entry's groups; an explicit group drops the
 * supplementary ones; a name without an entry is an error when the container starts.
 */
export function resolveUser(text: string, accounts: Accounts): Known<ResolvedUser> {
  const [userText = '', groupText = ''] = text.split(':')
  const number = userText === '' ? 0n : engineNumber(userText)
  const entries = accounts.asEngine ?? accounts.users
  const uid = number === null ? null : engineId(number)
  const entry = entries.find((user) => (uid === null ? user.name === userText : user.uid === uid)) ?? null
  // An id that has an entry is not asked for its range.
  if (entry === null && !isName(userText) && !isInRange(number)) return unknown(`uid ${userText} is out of range`)
  if (entry === null && uid === null) return unknown(`the image has no user "${userText}"`)
  if (entry !== null && entry.uid > maximumId) return unknown(`the uid of ${userText} is out of range`)
  const base = {
    name: entry?.name ?? null,
    uid: entry?.uid ?? uid ?? 0,
    home: entry?.home ?? '/',
  }
  if (groupText === '') {
    const gid = entry?.gid ?? 0
    const groups = entry === null ? [] : groupsOf(accounts, entry.name).filter((id) => id !== gid)
    return { known: true, value: { ...base, gid, groups } }
  }
  const asked = engineNumber(groupText)
  const group = asked === null ? groupNamed(accounts, groupText) : groupWithGid(accounts, engineId(asked))
  if (group === null && !isName(groupText) && !isInRange(asked)) return unknown(`gid ${groupText} is out of range`)
  if (group === null && asked === null) return unknown(`the image has no group "${groupText}"`)
  return { known: true, value: { ...base, gid: group?.gid ?? engineId(asked ?? 0n), groups: [] } }
}

/** A number with too many digits is a name to the engine; to everybody else it is out of range. */
function isName(text: string): boolean {
  return text !== '' && !/^[+-]?\d+$/.test(text)
}

function isInRange(number: bigint | null): boolean {
  return number !== null && number >= 0n && number <= largestId
}

/**
 * Why no container can start as a user or group of USER, whatever the image; null where an image may have it. A text that begins
 * like a number and is none to the engine (`0x0`, `0.0`, ` 0`) is a name to it, which no tool creates.
 */
export function neverStarts(text: string): string | null {
  const number = engineNumber(text)
  if (text === '' || isInRange(number)) return null
  if (/^[+-]?\d+$/.test(text)) return `is out of range: an id is at most ${largestId}`
  if (/^\s|\s$|^[+-]?\d/.test(text)) return 'is no number to an engine, which looks for an account of that name'
  return null
}

/** A stand-in for the unknown number of a named account: below zero, so that no process has it, and different for each name. */
export function idOfName(name: string): number {
  let hash = 0
  for (const sign of name) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) % 1_000_000_007
  return -2 - hash
}

function* records(text: string): Iterable<readonly string[]> {
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || /^\s*[#+-]/.test(line)) continue
    yield line.split(':').map((field) => field.trim())
  }
}

function parseId(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return null
  const id = Number(text)
  return id <= maximumId ? id : null
}

function unknown(reason: string): { readonly known: false; readonly reason: string } {
  return { known: false, reason }
}

/**
 * Whether USER text runs as uid 0 in every image: no user at all, `root`, or a number that is 0 to the engine, whatever the
 * group. Numbers count as the engine counts them: with a sign, leading zeros, and cut to 32 bits (an older containerd cuts
 * without asking for the range, CVE-2024-40635).
 */
export function isRootUser(text: string): boolean {
  const user = text.split(':', 1)[0]?.trim() ?? ''
  if (user === '' || user === 'root') return true
  const number = engineNumber(user)
  return number !== null && engineId(number) === 0
}

/** The result of Go's Atoi for a whole text; null where that is an error and the text is a name. */
export function engineNumber(text: string): bigint | null {
  if (!/^[+-]?\d+$/.test(text)) return null
  const number = clamped(text)
  return number === MOST || number === -MOST - 1n ? null : number
}

/** The id of the process, which has 32 bits. */
export function engineId(number: bigint): number {
  return Number(BigInt.asUintN(32, number))
}

/**
 * passwd(5) as the engine reads it (moby/sys/user): each line is an entry, also one that the C library skips (comments, NIS
 * lines, too few fields), and an id that is no number is 0. So a name in a broken line is root.
 */
export function engineEntries(passwd: string): readonly Account[] {
  return passwd.split('\n').flatMap((line): readonly Account[] => {
    const text = trimmedByGo(line)
    if (text === '') return []
    const [name = '', , uid = '', gid = '', , home = '', shell = ''] = text.split(':')
    return [{ name, uid: fieldId(uid), gid: fieldId(gid), home: home || '/', shell }]
  })
}

/** By White_Space, as Go's TrimSpace: U+0085 is of it, and U+FEFF is not. */
function trimmedByGo(line: string): string {
  const isSpace = (at: number) => /^\p{White_Space}$/u.test(line[at] ?? '')
  let [start, end] = [0, line.length]
  while (isSpace(start)) start += 1
  while (end > start && isSpace(end - 1)) end -= 1
  return line.slice(start, end)
}

function fieldId(text: string): number {
  return /^[+-]?\d+$/.test(text) ? engineId(clamped(text)) : 0
}

const MOST = 2n ** 63n - 1n

/** The number stops at the limits of 64 bits. Never reads on: the digits may be a whole file. */
function clamped(text: string): bigint {
  const isNegative = text.startsWith('-')
  const digits = text.replace(/^[+-]?0*/, '')
  const number = digits === '' ? 0n : digits.length > 19 ? MOST + 1n : BigInt(digits)
  if (isNegative) return number > MOST ? -MOST - 1n : -number
  return number > MOST ? MOST : number
}
