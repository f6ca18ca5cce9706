import type { Need } from '../../evidence/claim.ts'
import { couldCreate, couldRead, couldTraverse, couldWrite } from '../../image/access.ts'
import {
  isBelowSystem,
  isInside,
  isMarkerFile,
  isOwnPlace,
  isRuntimePlace,
  isSecretPlace,
  isSharedFolder,
  isSystemFolder,
  normalisePath,
  parentOf,
} from '../../places.ts'
import { codeIn } from '../grants/closed.ts'
import type { GrantKind } from '../plan.ts'
import { belongsToSystem, grant, learn, refuse, type State, whyNever } from './state.ts'

/** A file that is there is written, a missing one created. */
export function write(need: Need, path: string, state: State): void {
  const entry = state.files.entry(path)
  if (entry === null) return create(need, path, state, need.access === 'write' ? 'create-file' : need.access)
  if (!reachParents(need, path, state)) return
  if (entry.type === 'directory') return void (need.access === 'keep-state' ? undefined : fill(need, path, state))
  const answer = couldWrite(state.files, state.identity, path)
  // A dangling link is not about permission.
  if (answer.allowed || entry.type === 'symlink') return
  const never = whyNever('own-file', entry, path)
  if (never !== null) return refuse(need, never, state)
  // A log seldom says what was wanted of the file: read access is tried first, and a second refusal means writing.
  const unreadable = need.certainty === 'refused' && !couldRead(state.files, state.identity, path).allowed
  grant(need, path, unreadable ? 'group-read' : 'own-file', state)
}

/** A new name: a file, a folder or a socket. */
export function create(need: Need, path: string, state: State, access = need.access): void {
  const existing = state.files.entry(path)
  if (existing?.type === 'file' && access !== 'create-directory' && need.how !== 'beside') {
    if (couldWrite(state.files, state.identity, path).allowed) return
  }
  // Another grant makes it, or the way to it: the program finds it there. What it made itself was its own, and what
  const isMadeBefore = existing?.type === 'directory' && state.original.entry(path) === null
  if (access === 'create-directory' && isMadeBefore) {
    const isOwn = need.certainty !== 'observed' || existing.uid === state.identity.uid || !isOwnPlace(path)
    return isOwn ? undefined : void grant(need, path, 'create-directory', state)
  }
  // A script's `mkdir -p` makes nothing where the folder exists. A run that made one had removed the old one first.
  if (
    existing?.type === 'directory' &&
    access === 'create-directory' &&
    need.when === 'start' &&
    couldCreate(state.files, state.identity, `${path}/x`).allowed
  )
    return
  const parent = parentOf(path)
  if (!reachParents(need, path, state)) return
  // A build step may already have made it as root.
  if (access === 'create-file' && need.tree === true)
    return existing === null ? createMissing(need, path, 'create-file', state) : write(need, path, state)
  const isAlone = need.how === 'new' || need.how === 'any'
  if (isAlone && existing?.type === 'symlink') return createBehind(need, path, existing.link, state)
  const isOwn = need.how === 'new' && couldCreate(state.files, state.identity, path).allowed
  if (isAlone && existing === null && !isOwn) return createMissing(need, path, 'create-file', state)
  if (state.files.entry(parent) === null && isSharedFolder(parent) && access === 'create-directory')
    return createMissing(need, path, 'create-directory', state)
  if (state.files.entry(parent) === null) return create(need, topmostMissing(parent, state), state, 'create-directory')
  if (couldCreate(state.files, state.identity, path).allowed)
    return learn(path, access === 'create-directory' ? 'directory' : 'file', state)
  const isCommon = isSharedFolder(parent) || isSystemFolder(parent)
  if (access === 'create-directory' && isCommon && !isBelowSystem(path))
    return createMissing(need, path, 'create-directory', state)
  if (access === 'create-file' && isCommon) return createInCommon(need, path, state)
  fill(need, parent, state)
}

/** A dangling link (`/dev/stdout`) has nothing to grant; its target may be a file that nobody has seen. */
function createBehind(need: Need, path: string, link: string | null, state: State): void {
  const target = link === null ? null : normalisePath(link, parentOf(path))
  if (target === null || isRuntimePlace(target) || state.files.entry(target)?.type === 'symlink') return
  create(need, target, state)
}

/** A file of the program's own in a folder of many: made beforehand where the folder cannot be had. */
function createInCommon(need: Need, path: string, state: State): void {
  const parent = parentOf(path)
  if (need.how === 'beside') return fill(need, parent, state)
  if (isMarkerFile(path) && !isBelowSystem(path)) return createMissing(need, path, 'create-file', state)
  if (!isSystemFolder(parent)) return fill(need, parent, state)
  if (isBelowSystem(path) || need.certainty === 'refused') return refuse(need, belongsToSystem(parent), state)
  createMissing(need, path, 'create-file', state)
}

export function createMissing(need: Need, path: string, kind: GrantKind, state: State): void {
  if (kind === 'create-directory' ? isSystemFolder(path) : isBelowSystem(path))
    return refuse(need, belongsToSystem(path), state)
  const isOpen = kind === 'create-file' && state.files.entry(parentOf(path)) === null
  grant(need, path, kind, state)
  const made = state.grants.get(path)
  // A package may bring its folder, which is not there yet.
  if (isOpen && made !== undefined) state.grants.set(path, { ...made, makesFolder: true })
}

/** Something is created, replaced or removed in an existing folder that the user cannot write. */
export function fill(need: Need, path: string, state: State): void {
  const entry = state.files.entry(path)
  if (entry?.type !== 'directory' || couldCreate(state.files, state.identity, `${path}/x`).allowed) return
  if (isSystemFolder(path)) return refuse(need, belongsToSystem(path), state)
  // The owner can do everything there once the mode allows it.
  const others =
    entry.uid !== state.identity.uid &&
    (isSharedFolder(path) || codeIn(path, state.code) !== null || hasForeignContent(path, state))
  grant(need, path, others ? 'sticky' : 'own-directory', state)
}

/** The folder holds files that the program only reads, such as its code, which must stay out of its reach. */
function hasForeignContent(path: string, state: State): boolean {
  return state.files.list(path).some((name) => {
    const below = `${path}/${name}`
    const entry = state.files.entry(below)
    return entry !== null && entry.uid !== state.grantee.uid && !state.touched.has(below)
  })
}

/** Each turn opens one folder, and a path has at most so many: PATH_MAX allows more, no image has them. */
const MOST_FOLDERS = 100

/** Opens the folders on the way that refuse to be searched; false where one of them must stay closed. */
export function reachParents(need: Need, path: string, state: State): boolean {
  for (let turns = 0; turns < MOST_FOLDERS; turns += 1) {
    const answer = couldTraverse(state.files, state.identity, parentOf(path))
    // A missing folder, or a file in its place, is not about permission.
    if (answer.allowed || (answer.needs !== 'search' && answer.needs !== 'execute')) return true
    if (!openFolder(need, answer.blocker, state)) return false
  }
  return false
}

export function openFolder(need: Need, blocker: string, state: State): boolean {
  // Root's home may be passed through to the program's files, never to keys and passwords.
  if (isInside(blocker, '/root') && isSecretPlace(need.path)) {
    refuse(need, `${blocker} is root's own home, closed to everybody else, and ${need.path} is a secret`, state)
    return false
  }
  return grant(need, blocker, 'traverse', state)
}

/** The highest folder that has to be made for a path: those above it are everybody's, so root makes them on the way. */
function topmostMissing(path: string, state: State): string {
  let chosen = path
  for (let at = path; at !== '/' && state.files.entry(at) === null; at = parentOf(at)) {
    if (!isSharedFolder(at) && !isSystemFolder(at)) chosen = at
  }
  return chosen
}
