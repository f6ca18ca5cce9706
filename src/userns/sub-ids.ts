import { HardenError } from '../errors.ts'
import { groupNamed, groupWithGid, maximumId, userNamed, userWithUid } from '../image/accounts.ts'
import type { Accounts, Group } from '../image/facts.ts'

/** One line of subuid(5) or subgid(5). */
export interface SubIdRange {
  /** A name or a uid, as it stands in the file. */
  readonly owner: string
  readonly start: number
  readonly count: number
  /** 1-based. */
  readonly line: number
}

/** First and last id that may be given away, both included (login.defs(5): SUB_UID_MIN and SUB_UID_MAX). */
interface Limits {
  readonly minimum: number
  readonly maximum: number
}

/** What Docker gives itself, and enough for every id of an ordinary image. */
export const rangeSize = 65536

export const defaultLimits: Limits = { minimum: 100_000, maximum: 600_100_000 }

/** Lines that are no `owner:start:count` are skipped, as Docker and shadow do. */
export function parseSubIds(text: string): readonly SubIdRange[] {
  return text.split(/\r?\n/).flatMap((content, index) => {
    const [owner, start, count, ...more] = content.split(':').map((field) => field.trim())
    if (!owner || owner.startsWith('#') || more.length > 0 || !isNumber(start) || !isNumber(count)) return []
    return [{ owner, start: Number(start), count: Number(count), line: index + 1 }]
  })
}

/** What Docker maps for a user, in this order: its lines by name or by uid, one after the other. */
export function rangesOf(ranges: readonly SubIdRange[], name: string, uid: number | null): readonly SubIdRange[] {
  return ranges.filter(({ owner, count }) => count > 0 && (owner === name || owner === String(uid)))
}

export function totalOf(ranges: readonly SubIdRange[]): number {
  return ranges.reduce((sum, { count }) => sum + count, 0)
}

interface Span {
  readonly start: number
  readonly count: number
}

export function overlap(one: Span, other: Span): boolean {
  return one.start < other.start + other.count && other.start < one.start + one.count
}

/** The lowest start at which `rangeSize` ids are free of all `taken`; null where the limits leave no such place. */
export function freeStart(taken: readonly Span[], { minimum, maximum }: Limits): number | null {
  let start = minimum
  for (const span of [...taken].sort((one, other) => one.start - other.start)) {
    if (overlap({ start, count: rangeSize }, span)) start = span.start + span.count
  }
  return start + rangeSize - 1 <= Math.min(maximum, maximumId) ? start : null
}

/** Adds a line at the end, with the file's own line ends. */
export function addRange(text: string, owner: string, start: number): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n'
  const open = text === '' || text.endsWith('\n') ? '' : end
  return `${text}${open}${owner}:${start}:${rangeSize}${end}`
}

/** What `now` is without the line that `addRange` made `after` from `before` with; null where it is not that simple. */
export function withoutAdded(before: string | null, after: string, now: string): string | null {
  if (!after.startsWith(before ?? '')) return null
  const added = after.slice((before ?? '').length).trim()
  if (!/^[^:\s]+:\d+:\d+$/.test(added)) return null
  const lines = now.split('\n')
  const mine = lines.filter((line) => line.trim() === added)
  return mine.length === 1 ? lines.filter((line) => line.trim() !== added).join('\n') : null
}

/** The numbers of login.defs(5) for `SUB_UID` or `SUB_GID`; shadow's own defaults where it says none. */
export function limitsFrom(loginDefs: string, prefix: 'SUB_UID' | 'SUB_GID'): Limits {
  const value = (name: string) => {
    const found = [...loginDefs.matchAll(new RegExp(`^[ \\t]*${prefix}_${name}[ \\t]+(\\d+)[ \\t]*$`, 'gm'))].at(
      -1,
    )?.[1]
    return found === undefined ? undefined : Number(found)
  }
  return {
    minimum: value('MIN') ?? defaultLimits.minimum,
    maximum: value('MAX') ?? defaultLimits.maximum,
  }
}

/** Throws HardenError `bad-config` for a range that ends above the largest id that Linux has. */
export function checkRange({ owner, start, count, line }: SubIdRange, file: string): void {
  if (start + count - 1 <= maximumId) return
  throw new HardenError(
    'bad-config',
    `${file}:${line}: the range of ${owner} ends at ${start + count - 1}, and ids end at ${maximumId}`,
    {
      hint: 'correct or remove the line',
      line,
    },
  )
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,15}$/.test(text)
}

/** The account whose sub ids the daemon maps to. */
export interface RemapUser {
  /** For daemon.json. */
  readonly value: string
  /** Docker looks up both sub-id files by this name, whatever the group is. */
  readonly name: string
  /** Null where dockerd makes the account when it starts. */
  readonly uid: number | null
}

/** What dockerd makes and uses for `default`. */
const defaultAccount = 'dockremap'

/**
 * Resolves `default`, `NAME[:GROUP]` or `UID[:GID]` as dockerd does (parseRemappedRoot in moby/daemon): a number is an
 * id, all must exist, and a user without a group needs the group of the same name or number.
 * Throws HardenError `bad-usage`. `where` is the folder of passwd and group, for messages.
 */
export function resolveRemapUser(text: string, accounts: Accounts, where: string): RemapUser {
  const [userText = '', groupText, ...more] = text.split(':')
  if (more.length > 0 || userText === '' || groupText === '') {
    throw wrong(`--user ${JSON.stringify(text)} is no account`, 'write default, NAME, NAME:GROUP, UID or UID:GID')
  }
  const isDefault = userText === 'default'
  const name = isDefault ? defaultAccount : userText
  const user = isId(name) ? userWithUid(accounts, idOf(name)) : userNamed(accounts, name)
  if (user?.uid === 0) {
    throw wrong(
      `--user ${text}: root cannot be remapped to itself, dockerd then leaves remapping off`,
      'use default, which is an account of its own',
    )
  }
  if (user !== null) {
    groupOf(groupText ?? (isId(name) ? String(user.uid) : name), groupText === undefined, accounts, where)
    return { value: text, name: user.name, uid: user.uid }
  }
  if (!isDefault) {
    throw wrong(
      `there is no user ${name} in ${where}/passwd`,
      'name one that exists, or use --user default: dockerd then makes the account dockremap',
    )
  }
  if (groupText !== undefined) groupOf(groupText, false, accounts, where)
  return { value: text, name, uid: null }
}

function groupOf(text: string, implied: boolean, accounts: Accounts, where: string): Group {
  const group = isId(text) ? groupWithGid(accounts, idOf(text)) : groupNamed(accounts, text)
  if (group !== null) return group
  if (!implied) throw wrong(`there is no group ${text} in ${where}/group`, 'name one that exists')
  const owner = isId(text) ? userWithUid(accounts, idOf(text)) : userNamed(accounts, text)
  const own = owner === null ? null : groupWithGid(accounts, owner.gid)
  throw wrong(
    `dockerd looks for a group ${text} beside the user ${text}, and ${where}/group has none`,
    own === null ? 'name the group too: USER:GROUP' : `name the group too: --user ${text}:${own.name}`,
  )
}

function isId(text: string): boolean {
  return /^\d+$/.test(text)
}

function idOf(text: string): number {
  const id = Number(text)
  if (id > maximumId) throw wrong(`${text} is no id: they end at ${maximumId}`, 'use the uid of an account')
  return id
}

function wrong(message: string, hint: string): HardenError {
  return new HardenError('bad-usage', message, { hint })
}
