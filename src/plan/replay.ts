import { bounds } from '../bounds.ts'
import type { Need } from '../evidence/claim.ts'
import { CHANGES } from '../evidence/operation.ts'
import { type AccessAnswer, couldCreate, couldExecute, couldRead, couldTraverse } from '../image/access.ts'
import { type FileModel, type FileView, type Identity, realPath } from '../image/file-model.ts'
import { atOnce, type InTurn } from '../in-turn.ts'
import { baseName, isInside, isOfEngine, parentOf } from '../places.ts'
import type { Closed } from './grants/closed.ts'
import { type ImageCode, noCode } from './grants/image-code.ts'
import type { Grant, GrantKind } from './plan.ts'
import { changeAsOwner, type Grantee, handOver, keepState, remove } from './replay/own.ts'
import { grant, ofEngine, refuse, type State, startState, type Ungranted } from './replay/state.ts'
import { create, openFolder, write } from './replay/write.ts'

export interface Replay {
  readonly grants: readonly Grant[]
  readonly ungranted: readonly Ungranted[]
}

/**
 * Asks the image's file model for each need whether the user could do it, and answers with the least grant where it
 * could not. Needs are taken parents first, and each grant changes the model for those that follow.
 */
export function replay(needs: readonly Need[], files: FileModel, grantee: Grantee, code: ImageCode = noCode): Replay {
  return atOnce(replayInTurn(needs, startState(files, grantee, code)))
}

/** Goes on from what earlier needs have left, and stops behind each need. */
export function* replayInTurn(needs: readonly Need[], state: State): InTurn<Replay> {
  for (const { access, path } of needs)
    if (WRITES.has(access) && depth(path) <= bounds.writtenDepth) state.touched.add(realPath(state.original, path))
  const ordered = needs.toSorted((a, b) => rank(a) - rank(b) || depth(a.path) - depth(b.path))
  for (const need of ordered) {
    replayOne(need, state)
    yield
  }
  return { grants: [...state.grants.values()].sort(byPath), ungranted: [...state.ungranted.values()] }
}

/** Accesses that make a path the program's own work. */
const WRITES = new Set<Need['access']>(['keep-state', ...CHANGES])

/** Folders on the way come first, then state folders, so that what lies in them needs no grant of its own. */
function rank({ access, certainty }: Need): number {
  if ((access === 'traverse' || access === 'list') && certainty === 'declared') return 0
  return access === 'keep-state' ? 1 : 2
}

function depth(path: string): number {
  return path.split('/').length
}

const TOO_DEEP: Closed = {
  reason: `it lies more than ${bounds.writtenDepth} folders deep, and was not inspected`,
  cure: 'let the program write elsewhere, or mount a volume there',
  byOption: false,
}

function byPath(a: Grant, b: Grant): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}

function replayOne(need: Need, state: State): void {
  if (depth(need.path) > bounds.writtenDepth) return refuse(need, TOO_DEEP.reason, state, TOO_DEEP)
  const path = realPath(state.files, need.path)
  const wasRefused = need.certainty === 'refused'
  if (isOfRuntime(path) || (!wasRefused && isTemporary(path, state))) return
  if (isOfEngine(path)) return WRITES.has(need.access) ? refuse(need, ofEngine(path), state) : undefined
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
      return remove(need, ownName(state.files, need.path), state)
    case 'change-owner':
      return handOver(need, path, state)
    // Many programs set again what is so already, or look into folders that are none of their business: only what a run
    // was refused counts, or what a start ends without.
    case 'change-mode':
    case 'change-times':
      return wasRefused || need.when === 'start' ? changeAsOwner(need, path, state) : undefined
    case 'list':
      return wasRefused || need.certainty === 'declared' ? ask(need, path, couldRead, state) : undefined
    case 'read':
      return ask(need, path, couldRead, state)
    case 'execute':
      return ask(need, path, couldExecute, state)
    case 'traverse':
      return ask(need, path, couldTraverse, state)
    default:
      return
  }
}

/** The real folder of a path with its last name kept, also where that is a symlink. */
function ownName(files: FileView, path: string): string {
  const parent = realPath(files, parentOf(path))
  return parent === '/' ? `/${baseName(path)}` : `${parent}/${baseName(path)}`
}

/** The runtime makes these anew in every container. */
function isOfRuntime(path: string): boolean {
  return ['/dev', '/proc', '/sys'].some((folder) => isInside(path, folder))
}

/** Files in /tmp have a random name or are made anew by whoever comes; a file of the image is neither. */
function isTemporary(path: string, { files, original, identity }: State): boolean {
  if (original.entry(path)?.type === 'file') return false
  const folder = ['/tmp', '/var/tmp'].find((place) => path !== place && isInside(path, place))
  return folder !== undefined && couldCreate(files, identity, `${folder}/x`).allowed
}

/** More folders than any path of an image has. */
const MOST_TURNS = 100

/** Grants what is missing for a question of the kind "could it", one blocker after the other. */
function ask(
  need: Need,
  path: string,
  could: (files: FileView, identity: Identity, path: string) => AccessAnswer,
  state: State,
): void {
  for (let turns = 0; turns < MOST_TURNS; turns += 1) {
    const answer = could(state.files, state.identity, path)
    if (answer.allowed || isSecretOfSystem(answer.blocker)) return
    if (answer.needs === 'search') {
      if (!openFolder(need, answer.blocker, state)) return
      continue
    }
    const kind = GRANTS[answer.needs]
    if (kind === undefined || state.files.entry(answer.blocker) === null) return
    if (!grant(need, answer.blocker, kind, state)) return
  }
}

const GRANTS: Partial<Record<Extract<AccessAnswer, { allowed: false }>['needs'], GrantKind>> = {
  read: 'group-read',
  execute: 'traverse',
}

/** Only root and its helpers may read password hashes, whatever the original did. */
function isSecretOfSystem(path: string): boolean {
  return /^\/etc\/(g?shadow-?|sudoers(\.d)?|security)(\/|$)/.test(path)
}
