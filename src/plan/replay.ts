import {
  type AccessAnswer,
  couldCreate,
  couldExecute,
  couldRead,
  couldRemove,
  couldTraverse,
  couldWrite,
} from '../image/access.ts'
import type { FileEntry, FileModel, Identity } from '../image/file-model.ts'
import { grantedEntry, modeOf, wider } from './ladder.ts'
import type { Need } from './need.ts'
import {
  isBelowSystem,
  isInside,
  isMarkerFile,
  isRuntimePlace,
  isSecretPlace,
  isSharedFolder,
  isSystemFolder,
  parentOf,
} from './places.ts'
import type { Grant, GrantKind } from './plan.ts'
import { realPath } from './real-path.ts'

/** What could not be granted, and why. */
export interface Ungranted {
  readonly need: Need
  readonly reason: string
}

export interface Replay {
  readonly grants: readonly Grant[]
  readonly ungranted: readonly Ungranted[]
}

interface State {
  /** With the grants made so far. */
  files: FileModel
  /** As the image is. */
  readonly original: FileModel
  readonly identity: Identity
  readonly uid: number
  readonly gid: number
  readonly grants: Map<string, Grant>
  readonly ungranted: Ungranted[]
  /** Every path that some need names: what the run itself wrote is no foreign content. */
  readonly touched: ReadonlySet<string>
}

/**
 * Asks the image's file model for each need whether the user could do it, and answers with the least grant where it
 * could not. Needs are taken parents first, and each grant changes the model for those that follow.
 */
export function replay(needs: readonly Need[], files: FileModel, identity: Identity, gid: number): Replay {
  const state: State = {
    files,
    original: files,
    identity,
    uid: identity.uid,
    gid,
    grants: new Map(),
    ungranted: [],
    touched: new Set(needs.filter((need) => WRITES.has(need.access)).map((need) => realPath(files, need.path))),
  }
  const ordered = needs
    .map((need, order) => ({ need, order }))
    .sort((a, b) => rank(a.need) - rank(b.need) || depth(a.need.path) - depth(b.need.path) || a.order - b.order)
  for (const { need } of ordered) replayOne(need, state)
  return { grants: [...state.grants.values()].sort(byPath), ungranted: state.ungranted }
}

/** Accesses after which a path is the program's own work. */
const WRITES = new Set<Need['access']>([
  'keep-state',
  'write',
  'create-file',
  'create-directory',
  'create-socket',
  'rename',
  'remove',
])

/** The way to what the Dockerfile itself names, then state folders, so that what lies in them needs nothing of its own. */
function rank({ access, evidence }: Need): number {
  if ((access === 'traverse' || access === 'list') && evidence.source === 'declared') return 0
  return access === 'keep-state' ? 1 : 2
}

function depth(path: string): number {
  return path.split('/').length
}

function byPath(a: Grant, b: Grant): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}

function replayOne(need: Need, state: State): void {
  const path = realPath(state.files, need.path)
  if (isRuntimePlace(path)) return
  switch (need.access) {
    case 'keep-state':
      return keepState(need, path, state)
    case 'write':
      return write(need, path, state)
    case 'create-file':
    case 'create-directory':
    case 'create-socket':
      return create(need, path, state)
    case 'remove':
    case 'rename':
      return remove(need, path, state)
    case 'change-owner':
      return handOver(need, path, state)
    case 'list':
      // Many programs look into folders that are none of their business: what a root run listed does not count.
      if (need.evidence.source === 'traced' || need.evidence.source === 'observed') return
      return ask(need, couldRead(state.files, state.identity, path), state)
    case 'read':
      return ask(need, couldRead(state.files, state.identity, path), state)
    case 'execute':
      return ask(need, couldExecute(state.files, state.identity, path), state)
    case 'traverse':
      return ask(need, couldTraverse(state.files, state.identity, path), state)
    default:
      return
  }
}

function keepState(need: Need, path: string, state: State): void {
  if (!reachParents(need, path, state)) return
  const entry = state.files.entry(path)
  if (entry === null) return createMissing(need, path, 'create-directory', state)
  if (entry.type !== 'directory') return write(need, path, state)
  if (!couldCreate(state.files, state.identity, `${path}/x`).allowed) {
    if (isSystemFolder(path)) return refuse(need, `${path} belongs to the system and is never handed over`, state)
    grant(need, path, 'own-directory', state)
    if (need.tree === true) return
  }
  for (const child of state.files.list(path)) {
    const below = path === '/' ? `/${child}` : `${path}/${child}`
    if (state.files.entry(below)?.type === 'directory' && state.grants.size < MOST_FOLDERS)
      keepState(need, below, state)
  }
}

/** Folders of one tree that are named one by one; deeper trees are told by the run. */
const MOST_FOLDERS = 40

function write(need: Need, path: string, state: State): void {
  const entry = state.files.entry(path)
  if (entry === null) return create(need.access === 'write' ? { ...need, access: 'create-file' } : need, path, state)
  if (entry.type === 'directory') return void (need.access === 'keep-state' ? undefined : folder(need, path, state))
  if (!reachParents(need, path, state)) return
  if (couldWrite(state.files, state.identity, path).allowed) return
  if (isForbidden(path, entry)) return refuse(need, forbiddenReason(path, entry), state)
  // A log seldom says what was wanted of the file: reading it is tried first, and a second refusal means writing.
  const unreadable = need.evidence.source === 'refused' && !couldRead(state.files, state.identity, path).allowed
  grant(need, path, unreadable ? 'group-read' : 'own-file', state)
}

function create(need: Need, path: string, state: State): void {
  if (state.files.entry(path) !== null && need.access !== 'create-directory') {
    const existing = state.files.entry(path)
    if (existing?.type === 'file' && couldWrite(state.files, state.identity, path).allowed) return
  }
  const parent = parentOf(path)
  if (!reachParents(need, path, state)) return
  // A build step may have made it already, as root.
  if (need.access === 'create-file' && need.tree === true && state.files.entry(path) === null)
    return createMissing(need, path, 'create-file', state)
  if (state.files.entry(parent) === null && isSharedFolder(parent) && need.access === 'create-directory')
    return createMissing(need, path, 'create-directory', state)
  if (state.files.entry(parent) === null)
    return create({ ...need, access: 'create-directory' }, topmostMissing(parent, state), state)
  if (couldCreate(state.files, state.identity, path).allowed) return learn(path, need, state)
  if (need.access === 'create-directory' && !isBelowSystem(path)) {
    if (isSharedFolder(parent) || isSystemFolder(parent)) return createMissing(need, path, 'create-directory', state)
  }
  if (need.access === 'create-file' && (isSharedFolder(parent) || isSystemFolder(parent))) {
    if (isMarkerFile(path) && !isBelowSystem(path)) return createMissing(need, path, 'create-file', state)
    if (isSystemFolder(parent)) {
      if (isBelowSystem(path) || need.evidence.source === 'refused')
        return refuse(need, `${parent} belongs to the system and is never handed over`, state)
      return createMissing(need, path, 'create-file', state)
    }
  }
  folder(need, parent, state)
}

/** Something is created, replaced or removed in an existing folder that the user cannot write. */
function folder(need: Need, path: string, state: State): void {
  if (couldCreate(state.files, state.identity, `${path}/x`).allowed) return
  if (isSystemFolder(path)) return refuse(need, `${path} belongs to the system and is never handed over`, state)
  grant(need, path, isSharedFolder(path) || hasForeignContent(path, state) ? 'sticky' : 'own-directory', state)
}

/** The folder holds what the program only reads, its code for instance: that must stay out of its reach. */
function hasForeignContent(path: string, state: State): boolean {
  return state.files.list(path).some((name) => {
    const below = `${path}/${name}`
    const entry = state.files.entry(below)
    return entry !== null && entry.uid !== state.uid && !state.touched.has(below)
  })
}

/** The original gave the path to somebody; a non-root user cannot, so the user has it from the start. */
function handOver(need: Need, path: string, state: State): void {
  const entry = state.files.entry(path)
  if (entry === null || need.uid === undefined || need.uid <= 0 || entry.uid === state.uid) return
  if (isForbidden(path, entry) || isSystemFolder(path) || isSharedFolder(path)) return
  if (entry.type === 'directory') return grant(need, path, 'own-directory', state)
  if (entry.type === 'file' && entry.size <= LARGEST_OWNED) grant(need, path, 'own-file', state)
}

/** Bytes of a file that changing its owner may copy into the new layer. */
const LARGEST_OWNED = 64 * 1024

function remove(need: Need, path: string, state: State): void {
  const entry = state.files.entry(path)
  if (entry === null)
    return need.access === 'rename' ? create({ ...need, access: 'create-file' }, path, state) : undefined
  if (couldRemove(state.files, state.identity, path).allowed) return
  // What is only there because it was granted beforehand (a pid file) may as well stay.
  if (state.original.entry(path) === null && state.grants.has(path)) return
  if (!reachParents(need, path, state)) return
  const parent = parentOf(path)
  if (isSystemFolder(parent)) return refuse(need, `${parent} belongs to the system and is never handed over`, state)
  folder(need, parent, state)
  if (!couldRemove(state.files, state.identity, path).allowed && !isForbidden(path, entry)) {
    grant(need, path, entry.type === 'directory' ? 'own-directory' : 'own-file', state)
  }
}

/** Opens the folders on the way that refuse to be searched; false where one of them must stay closed. */
function reachParents(need: Need, path: string, state: State): boolean {
  for (let turns = 0; turns < 20; turns += 1) {
    const answer = couldTraverse(state.files, state.identity, parentOf(path))
    if (answer.allowed || answer.needs !== 'search') return true
    if (!openFolder(need, answer.blocker, state)) return false
  }
  return true
}

/** The highest folder that has to be made for a path: those above it are everybody's, so root makes them on the way. */
function topmostMissing(path: string, state: State): string {
  let chosen = path
  for (let at = path; at !== '/' && state.files.entry(at) === null; at = parentOf(at)) {
    if (!isSharedFolder(at) && !isSystemFolder(at)) chosen = at
  }
  return chosen
}

function ask(need: Need, answer: AccessAnswer, state: State): void {
  if (answer.allowed || isSecretOfSystem(answer.blocker)) return
  if (answer.needs === 'search') {
    const path = realPath(state.files, need.path)
    if (openFolder(need, answer.blocker, state)) replayOne({ ...need, path }, state)
    return
  }
  const entry = state.files.entry(answer.blocker)
  if (entry === null) return
  if (entry.type === 'directory')
    return grant(need, answer.blocker, answer.needs === 'read' ? 'group-read' : 'traverse', state)
  if (answer.needs === 'execute') return grant(need, answer.blocker, 'traverse', state)
  if (answer.needs === 'read') return grant(need, answer.blocker, 'group-read', state)
}

/** Password hashes are read by nobody but root and its helpers, whatever the original did. */
function isSecretOfSystem(path: string): boolean {
  return /^\/etc\/(g?shadow-?|sudoers(\.d)?|security)(\/|$)/.test(path)
}

function openFolder(need: Need, blocker: string, state: State): boolean {
  // Root's own home can be gone through to what the program keeps there, never to keys and passwords.
  if (isInside(blocker, '/root') && isSecretPlace(need.path)) {
    refuse(need, `${blocker} is root's own home, closed to everybody else, and ${need.path} is a secret`, state)
    return false
  }
  grant(need, blocker, 'traverse', state)
  return true
}

function createMissing(need: Need, path: string, kind: GrantKind, state: State): void {
  if (kind === 'create-directory' ? isSystemFolder(path) : isBelowSystem(path))
    return refuse(need, `${path} belongs to the system and is never handed over`, state)
  grant(need, path, kind, state)
}

function isForbidden(path: string, entry: FileEntry): boolean {
  return (entry.mode & 0o6000) !== 0 || isBelowSystem(path)
}

function forbiddenReason(path: string, entry: FileEntry): string {
  return (entry.mode & 0o6000) !== 0
    ? `${path} is setuid or setgid`
    : `${path} belongs to the system and is never handed over`
}

function refuse(need: Need, reason: string, state: State): void {
  if (state.ungranted.some((other) => other.reason === reason)) return
  state.ungranted.push({ need, reason })
}

function grant(need: Need, path: string, kind: GrantKind, state: State): void {
  const before = state.grants.get(path)
  const chosen = before === undefined ? kind : wider(before.kind, kind)
  const evidence = before === undefined ? [need.evidence] : [...before.evidence, need.evidence]
  const entry = state.files.entry(path)
  state.grants.set(path, {
    path,
    kind: chosen,
    ...modeOf(chosen, entry),
    ...(need.tree === true || before?.tree === true ? { tree: true } : {}),
    evidence: evidence.slice(0, MOST_EVIDENCE),
  })
  state.files = state.files.with(new Map([[path, grantedEntry(chosen, entry, state)]]))
}

/** Enough to be convinced; a run can name one folder thousands of times. */
const MOST_EVIDENCE = 5

/** What the program creates itself is its own from then on. */
function learn(path: string, need: Need, state: State): void {
  const type = need.access === 'create-directory' ? 'directory' : 'file'
  if (state.files.entry(path) !== null) return
  state.files = state.files.with(
    new Map([
      [path, { type, uid: state.uid, gid: state.gid, mode: type === 'file' ? 0o644 : 0o755, size: 0, link: null }],
    ]),
  )
}
