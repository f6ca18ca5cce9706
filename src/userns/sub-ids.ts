import { HardenError } from '../errors.ts'
import { maximumId } from '../image/accounts.ts'

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
export interface Limits {
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

export interface Span {
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
