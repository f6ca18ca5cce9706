import type { Need } from '../../evidence/claim.ts'
import { isEmptyFolder } from '../../evidence/empty-folders.ts'
import type { FileEntry, FileModel } from '../../image/file-model.ts'
import { isInside, isOwnPlace, isSharedFolder, isSystemFolder, outermost, parentOf } from '../../places.ts'
import { ROOT_GROUP } from '../account/account-ids.ts'
import type { AccountChoice, Grant, GrantKind, HomeMove } from '../plan.ts'
import { type Grantee, identityOf } from '../replay/own.ts'

/** Least first. */
const LADDER: readonly GrantKind[] = [
  'traverse',
  'group-read',
  'sticky',
  'create-file',
  'own-file',
  'create-directory',
  'own-directory',
]

const FOLDER: FileEntry = { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }
const FILE: FileEntry = { ...FOLDER, type: 'file', mode: 0o644 }

/** The one of two grants that lets the user do more. */
export function wider(a: GrantKind, b: GrantKind): GrantKind {
  return LADDER.indexOf(a) >= LADDER.indexOf(b) ? a : b
}

/** A grant is no guess where one of its needs states the path. */
export function declaredBy(needs: readonly Need[], before?: Grant): Pick<Grant, 'declared'> {
  return before?.declared === true || needs.some(({ certainty }) => certainty === 'declared') ? { declared: true } : {}
}

/**
 * The path as it is after the grant, as `mkdir` or `touch`, `chown` or `chgrp`, and `chmod` leave it. The kernel asks an
 * owner for the owner bits alone, whatever the group may do, so the bits that are added depend on whose the path is.
 */
export function grantedEntry(kind: GrantKind, before: FileEntry | null, grantee: Grantee): FileEntry {
  const entry = before ?? (kind === 'create-file' ? FILE : FOLDER)
  const { uid, gid, shared } = grantee
  const owner = entry.uid === identityOf(grantee).uid
  const search = entry.type === 'directory' ? 0o5 : 0o4
  switch (kind) {
    case 'traverse':
      return { ...entry, mode: entry.mode | (owner ? 0o100 : entry.type === 'file' ? 0o111 : 0o011) }
    case 'group-read':
      // The new group may read what the old group could write.
      return {
        ...entry,
        gid,
        mode: (entry.gid === gid ? entry.mode : entry.mode & 0o7757) | (search << (owner ? 6 : 3)),
      }
    case 'sticky':
      return { ...entry, gid, mode: entry.mode | 0o1070 }
    default: {
      const own = entry.mode | (entry.type === 'directory' ? 0o700 : 0o600)
      // Any uid of the group may do what the owner may: `chmod g=u`.
      const group = grantee.anyUid === true ? (own & 0o7707) | ((own & 0o700) >> 3) : own
      // The group changes: what was closed to others stays closed to those who share the new one.
      const mode = shared?.group === true && (own & 0o004) === 0 ? group & 0o7707 : group
      return { ...entry, uid, gid, mode }
    }
  }
}

/** The permission bits to set; nothing where they are right already. `before`: as the image has them. */
export function modeOf(
  kind: GrantKind,
  before: FileEntry | null,
  after: FileEntry,
  grantee: Grantee,
): Pick<Grant, 'mode' | 'groupAsOwner'> {
  const { mode } = before ?? (after.type === 'directory' ? FOLDER : FILE)
  // `g=u` alone is not enough where the owner lacks a bit as well.
  if (grantee.anyUid === true && /own|create/.test(kind) && (mode & 0o7707) === (after.mode & 0o7707))
    return { groupAsOwner: true }
  // Grants that only add bits always name the mode: without one the shell adds what is missing.
  return mode === after.mode && /own|create/.test(kind) ? {} : { mode: after.mode }
}

interface Owner {
  readonly uid: number
  readonly home: string
}

/** Folders of the image that are the account's already and empty: they are there to be filled, whatever their name. */
function readyFolders(files: FileModel, owner: Owner): readonly string[] {
  return ownFolders(files, owner).filter((path) => isEmptyFolder(files, path) && !LIBRARY.test(path))
}

/** More empty folders than this in one tree are one prepared thing, such as a database that a package has made. */
const MOST_APART = 4

/** Like `readyFolders`, but a tree with many of them counts as the one folder that holds them all. */
export function readyTrees(files: FileModel, owner: Owner): readonly string[] {
  const ready = readyFolders(files, owner)
  const trees = outermostOwn(files, owner).flatMap((top) => {
    const inside = ready.filter((path) => isInside(path, top))
    return inside.length > MOST_APART ? [commonFolder(inside)] : []
  })
  return [...trees, ...ready.filter((path) => !trees.some((tree) => isInside(path, tree)))]
}

function commonFolder([first = '/', ...others]: readonly string[]): string {
  let folder = parentOf(first)
  while (!others.every((path) => isInside(path, folder))) folder = parentOf(folder)
  return folder
}

/** The outermost folders of the image that are the account's already, but its home. */
export function outermostOwn(files: FileModel, owner: Owner): readonly string[] {
  return outermost(ownFolders(files, owner))
}

// Libraries of others, which the program does not fill.
const LIBRARY = /\/(node_modules|site-packages|dist-packages|vendor|gems|\.git)\//

// Files there are written at every start, so a run shows them.
const PASSING = /^(\/var)?\/(run|tmp|lock)\//

function ownFolders(files: FileModel, { uid, home }: Owner): readonly string[] {
  // Folders of root or of group 0 are everybody's.
  if (uid === 0) return []
  return [...files.paths()].filter((path) => {
    if (path === home || PASSING.test(path) || !isOwnPlace(path)) return false
    const entry = files.entry(path)
    return entry?.type === 'directory' && entry.uid === uid && (entry.mode & 0o300) === 0o300
  })
}

/** The folders outside the system in which the account may write; for a file its folder, since mounts hold folders. */
export function grantedFolders(grants: readonly Grant[]): readonly string[] {
  return grants
    .filter(({ kind }) => kind !== 'traverse' && kind !== 'group-read')
    .map(({ path, kind }) => (/file/.test(kind) ? parentOf(path) : path))
    .filter((path) => !isSystemFolder(path))
}

/** The home that is created for an account: the program may keep anything there, whatever a run has shown. */
export function madeHome(account: Pick<AccountChoice, 'home' | 'createHome'> | null): readonly string[] {
  const home = account?.createHome === true ? account.home : ''
  return home === '' || home === '/' || isSystemFolder(home) ? [] : [home]
}

/** The files of the image with those that go from root's home to the account's. */
export function withMoved(
  files: FileModel,
  moves: readonly Pick<HomeMove, 'to' | 'entry'>[],
  { uid, gid }: Pick<AccountChoice, 'uid' | 'gid'>,
): FileModel {
  const changes = new Map<string, FileEntry>()
  for (const { to, entry } of moves) {
    // The folders on the way are the account's too.
    for (let at = parentOf(to); files.entry(at) === null && !isSharedFolder(at); at = parentOf(at))
      changes.set(at, { ...FOLDER, uid, gid })
    changes.set(to, { ...entry, uid, gid })
  }
  return changes.size === 0 ? files : files.with(changes)
}

/** How a mount must look that replaces a folder of the image. */
export interface WritableFolder {
  readonly uid: number
  readonly gid: number
  readonly mode: number
  /** The image has something there that an empty mount would hide. */
  readonly filled: boolean
}

/** Owner and mode of a folder that the account must write, after the grants. */
export function writableFolder(
  path: string,
  grants: readonly Grant[],
  files: FileModel,
  account: Pick<AccountChoice, 'uid' | 'gid'>,
): WritableFolder {
  const granted = grants.some((grant) => isInside(path, grant.path) && /own|create/.test(grant.kind))
  const entry = files.entry(path)
  const owned = granted || entry === null || entry.uid === account.uid
  const mode = (entry?.mode ?? 0o755) | (owned ? 0o700 : 0o1070)
  return {
    uid: owned ? account.uid : (entry?.uid ?? 0),
    gid: account.gid,
    // With group 0 another uid may come (`g=u`).
    mode: account.gid === ROOT_GROUP ? mode | ((mode & 0o700) >> 3) : mode,
    filled: files.list(path).length > 0,
  }
}
