import { HardenError } from '../errors.ts'
import { parseGroup, parsePasswd } from '../image/accounts.ts'
import { blockers } from './assess.ts'
import { readDaemonConfig, setRemap } from './daemon-config.ts'
import type { HostFacts, HostFile } from './facts.ts'
import {
  addRange,
  checkRange,
  freeStart,
  limitsFrom,
  overlap,
  parseSubIds,
  type RemapUser,
  rangeSize,
  rangesOf,
  resolveRemapUser,
  type SubIdRange,
  totalOf,
} from './sub-ids.ts'

export interface FileChange {
  readonly path: string
  readonly name: string
  /** Null for a file that does not exist. */
  readonly before: string | null
  readonly after: string
}

export interface RemapPlan {
  readonly user: RemapUser
  /** What root inside will be outside; null where dockerd could not map it. */
  readonly uid: number
  readonly gid: number
  /** How many ids are mapped: the smaller of uids and gids. */
  readonly mapped: number
  /** Only files that change. */
  readonly changes: readonly FileChange[]
  readonly warnings: readonly string[]
}

/**
 * What to write so that dockerd remaps to `userText` at its next start. Throws HardenError: `bad-usage` for an account
 * that cannot be used, `bad-config` where a file is broken, the ids are used up or dockerd could not start with it.
 */
export function makePlan(host: HostFacts, userText: string): RemapPlan {
  const [blocker] = blockers(host)
  if (blocker !== undefined) throw new HardenError('bad-config', blocker.message, { hint: blocker.hint })
  const config = readDaemonConfig(host.config.text, host.config.name)
  const user = resolveRemapUser(userText, accountsOf(host), etcOf(host))
  if (config.remap !== null && config.remap !== user.value) {
    throw new HardenError(
      'bad-config',
      `${host.config.name} remaps to ${config.remap} already, and another account would hide what was made since`,
      { hint: `keep it with --user ${config.remap}, or take the key out first` },
    )
  }
  const uids = ranges(host.subuid, user)
  const gids = ranges(host.subgid, user)
  const start = startFor(host, uids, gids)
  const uidRange = uids.own[0] ?? { start: start.uid, count: rangeSize }
  const gidRange = gids.own[0] ?? { start: start.gid, count: rangeSize }
  const changes = [
    change(host.config, config.remap === user.value ? null : setRemap(host.config.text, user.value, host.config.name)),
    change(host.subuid, uids.own.length > 0 ? null : addRange(host.subuid.text ?? '', user.name, start.uid)),
    change(host.subgid, gids.own.length > 0 ? null : addRange(host.subgid.text ?? '', user.name, start.gid)),
  ].filter((one) => one !== null)
  const mapped = Math.min(totalOf(uids.own) || rangeSize, totalOf(gids.own) || rangeSize)
  const warnings = [...warn(host, user, mapped, config.hasComments), ...shared(uids), ...shared(gids)]
  return { user, uid: uidRange.start, gid: gidRange.start, mapped, changes, warnings }
}

interface Ranges {
  readonly file: HostFile
  readonly all: readonly SubIdRange[]
  readonly own: readonly SubIdRange[]
}

function ranges(file: HostFile, user: RemapUser): Ranges {
  const all = parseSubIds(file.text ?? '')
  const own = rangesOf(all, user.name, user.uid)
  for (const range of own) checkRange(range, file.name)
  return { file, all, own }
}

/** The same start in both files where that is possible: a uid and its gid are then one number. */
function startFor(host: HostFacts, uids: Ranges, gids: Ranges): { readonly uid: number; readonly gid: number } {
  const accounts = accountsOf(host)
  const takenUids = [...uids.all, ...accounts.users.map(({ uid }) => ({ start: uid, count: 1 }))]
  const takenGids = [...gids.all, ...accounts.groups.map(({ gid }) => ({ start: gid, count: 1 }))]
  const uidLimits = limitsFrom(host.loginDefs, 'SUB_UID')
  const gidLimits = limitsFrom(host.loginDefs, 'SUB_GID')
  const beside = (own: readonly SubIdRange[], taken: typeof takenUids, limits: typeof uidLimits, file: HostFile) => {
    const wanted = own[0]
    if (wanted !== undefined && !taken.some((span) => overlap(span, { start: wanted.start, count: rangeSize })))
      return wanted.start
    const start = freeStart(taken, limits)
    if (start !== null) return start
    throw new HardenError(
      'bad-config',
      `${file.name} has no ${rangeSize} free ids in a row between ${limits.minimum} and ${limits.maximum}`,
      { hint: 'remove ranges of accounts that are gone, or raise SUB_UID_MAX and SUB_GID_MAX in /etc/login.defs' },
    )
  }
  if (uids.own.length > 0 && gids.own.length > 0) return { uid: 0, gid: 0 }
  if (uids.own.length > 0) return { uid: 0, gid: beside(uids.own, takenGids, gidLimits, gids.file) }
  if (gids.own.length > 0) return { uid: beside(gids.own, takenUids, uidLimits, uids.file), gid: 0 }
  const both = freeStart([...takenUids, ...takenGids], {
    minimum: Math.max(uidLimits.minimum, gidLimits.minimum),
    maximum: Math.min(uidLimits.maximum, gidLimits.maximum),
  })
  return {
    uid: both ?? beside([], takenUids, uidLimits, uids.file),
    gid: both ?? beside([], takenGids, gidLimits, gids.file),
  }
}

function* warn(host: HostFacts, user: RemapUser, mapped: number, hasComments: boolean): Iterable<string> {
  if (hasComments)
    yield `${host.config.name} has comments: they are kept, but dockerd does not start with them, JSON has none`
  if (mapped < rangeSize)
    yield `only ${mapped} ids are mapped: an image with files of a higher uid or gid cannot be pulled or built`
  if (user.uid === null && !host.canAddUsers)
    yield `dockerd makes the account ${user.name} with useradd or adduser, and neither is here: make it first`
}

function* shared({ file, all, own }: Ranges): Iterable<string> {
  for (const range of own) {
    const other = all.find((one) => !own.includes(one) && one.count > 0 && overlap(one, range))
    if (other !== undefined)
      yield `${file.name}:${range.line}: ${other.owner} has some of the same ids (line ${other.line}): it could reach the containers' files`
  }
}

function change({ path, name, text }: HostFile, after: string | null): FileChange | null {
  return after === null || after === text ? null : { path, name, before: text, after }
}

export function accountsOf({ passwd, group }: HostFacts) {
  return { users: parsePasswd(passwd.text ?? ''), groups: parseGroup(group.text ?? '') }
}

export function etcOf({ passwd }: HostFacts): string {
  return passwd.name.replace(/\/passwd$/, '')
}
