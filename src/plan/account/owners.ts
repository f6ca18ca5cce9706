import type { Need } from '../../evidence/claim.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { FileEntry } from '../../image/file-model.ts'
import { parentOf } from '../../places.ts'
import { existingFolder, realPath } from '../real-path.ts'
import type { Candidate } from './account-request.ts'

interface Used {
  readonly facts: ImageFacts
  readonly needs: readonly Need[]
}

/** Whose the folders are that it keeps its state in. */
export function dataOwners({ facts, needs }: Used): readonly Candidate[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  const found: Candidate[] = []
  for (const need of needs) {
    if (need.access !== 'keep-state' || need.givenBy !== undefined) continue
    const entry = files.entry(files.resolve(need.path) ?? need.path)
    if (entry === null || entry.uid === 0) continue
    found.push(owner(entry.uid, need.path))
  }
  return found
}

const MADE = new Set<Need['access']>(['write', 'create-file', 'create-directory', 'create-socket'])

/**
 * Whose folders the original wrote into, those with the most of it first: its package has made them for somebody. One of
 * root's that a group may write is theirs who have that group as their own.
 */
export function writtenOwners({ facts, needs }: Used): readonly Candidate[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  const folders = new Map<number, string[]>()
  for (const { access, path, givenBy } of needs) {
    if (!MADE.has(access) || givenBy !== undefined) continue
    const folder = existingFolder(files, realPath(files, path))
    const entry = files.entry(folder)
    const uid = entry === null ? 0 : entry.uid || ofGroup(entry, facts)
    if (uid === 0) continue
    const theirs = folders.get(uid)
    if (theirs === undefined) folders.set(uid, [folder])
    else theirs.push(folder)
  }
  return [...folders].sort(([, a], [, b]) => b.length - a.length).flatMap(([uid, [folder = '']]) => owner(uid, folder))
}

function ofGroup({ gid, mode }: FileEntry, facts: ImageFacts): number {
  return (mode & 0o022) === 0o020 ? ofOwnGroup(gid, facts) : 0
}

/** The first who has the group as their own. */
function ofOwnGroup(gid: number, { accounts }: ImageFacts): number {
  return (gid !== 0 && accounts.known && accounts.value.users.find((user) => user.gid === gid)?.uid) || 0
}

/**
 * Whose files the original read that are closed to others, and whose closed folders it went through to them: its package
 * has closed them for somebody, or for the group that is somebody's own.
 */
export function closedOwners({ facts, needs }: Used): readonly Candidate[] {
  if (!facts.files.known) return []
  const files = facts.files.value
  return needs.flatMap(({ access, path, givenBy }) => {
    if (access !== 'read' || givenBy !== undefined) return []
    const real = realPath(files, path)
    return [real, ...foldersAbove(real)].flatMap((place) => {
      const entry = files.entry(place)
      const uid = entry === null ? 0 : closedFor(entry, facts)
      if (uid === 0) return []
      return owner(uid, place === real ? path : place, 'closed to all but this account')
    })
  })
}

/** Who may go in where others may not: 0 where that is root, or nobody's business. */
function closedFor(entry: FileEntry, facts: ImageFacts): number {
  const others = entry.type === 'directory' ? 0o001 : 0o004
  if ((entry.type !== 'file' && entry.type !== 'directory') || (entry.mode & others) !== 0) return 0
  return entry.uid || ((entry.mode & (others << 3)) !== 0 ? ofOwnGroup(entry.gid, facts) : 0)
}

/** The nearest first. */
function foldersAbove(path: string): readonly string[] {
  const above: string[] = []
  for (let at = parentOf(path); at !== '/'; at = parentOf(at)) above.push(at)
  return above
}

function owner(uid: number, path: string, detail = `owns ${path}`): Candidate {
  return { name: null, uid, evidence: { source: 'account', subject: path, detail } }
}
