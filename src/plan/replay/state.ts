import type { Evidence, Need } from '../../evidence/claim.ts'
import type { FileDraft, FileEntry, FileModel, Identity } from '../../image/file-model.ts'
import { isMountPlace, isSystemFolder, parentOf } from '../../places.ts'
import { type Closed, closedTo, isInsistedOn } from '../grants/closed.ts'
import type { ImageCode } from '../grants/image-code.ts'
import { declaredBy, grantedEntry, modeOf, wider } from '../grants/ladder.ts'
import type { Grant, GrantKind } from '../plan.ts'
import { type Grantee, identityOf } from './own.ts'

/** What could not be granted, and why. */
export interface Ungranted {
  readonly need: Need
  readonly reason: string
  /** Set where nobody may be given the place. */
  readonly closed?: Closed
}

/** A replay under way. */
export interface State {
  /** The files with the grants made so far. */
  readonly files: FileDraft
  /** As the image is. */
  readonly original: FileModel
  readonly identity: Identity
  readonly grantee: Grantee
  readonly grants: Map<string, Grant>
  /** By reason, since each reason is said once. */
  readonly ungranted: Map<string, Ungranted>
  /** Every path that some need writes: what the run itself wrote is no foreign content. */
  readonly touched: Set<string>
  /** What the start of the image runs. */
  readonly code: ImageCode
}

export function startState(files: FileModel, grantee: Grantee, code: ImageCode): State {
  return {
    files: files.draft(),
    original: files,
    identity: identityOf(grantee),
    grantee,
    grants: new Map(),
    ungranted: new Map(),
    touched: new Set(),
    code,
  }
}

/** Enough to be convinced; a run can name one folder thousands of times. */
const MOST_EVIDENCE = 5

/** Raises the grant for a path and updates the model for later needs; false, with a remark, where it must never be granted. */
export function grant(need: Need, path: string, asked: GrantKind, state: State): boolean {
  const entry = state.files.entry(path)
  const kind = keptClosed(asked, entry, path, state)
  const reason = kind === null ? closedReason(path) : whyNever(kind, entry, path)
  if (kind === null || reason !== null) {
    refuse(need, reason ?? '', state)
    return false
  }
  const isTree = need.tree === true || state.grants.get(path)?.tree === true
  const closed = closedTo({ path, kind, tree: isTree }, state.code, (one) => state.files.entry(one) !== null)
  if (closed !== null && !isInsistedOn(need, closed)) {
    refuse(need, closed.reason, state, closed)
    return false
  }
  const before = state.grants.get(path)
  const chosen = before === undefined ? kind : wider(before.kind, kind)
  // Ownership covers all smaller grants: the bits that these opened are closed again.
  const base = isOwn(chosen) ? state.original.entry(path) : entry
  const after = closedAs(need, path, chosen, grantedEntry(chosen, base, state.grantee))
  state.grants.set(path, {
    path,
    kind: chosen,
    // Compared with the image: an earlier grant may have set some of the bits.
    ...(need.opens === true ? { mode: after.mode } : modeOf(chosen, state.original.entry(path), after, state.grantee)),
    ...(isTree ? { tree: true } : {}),
    ...(chosen === 'traverse' && entry?.type === 'file' ? { program: true } : {}),
    ...declaredBy([need], before),
    evidence: withReason(need.evidence, before, chosen).slice(0, MOST_EVIDENCE),
  })
  const above = chosen === 'create-directory' ? missingAbove(path, state) : []
  state.files.change(new Map([...above, [path, after]]))
  return true
}

/** A folder that the program makes closed to others is made so for it. */
function closedAs({ path: asked, closed }: Need, path: string, kind: GrantKind, entry: FileEntry): FileEntry {
  return closed === undefined || kind !== 'create-directory' || asked !== path
    ? entry
    : { ...entry, mode: entry.mode & (closed | 0o700) }
}

/** Folders that `mkdir -p` makes on the way, as root. */
function missingAbove(path: string, { files }: State): readonly (readonly [string, FileEntry])[] {
  const above: [string, FileEntry][] = []
  for (let at = parentOf(path); at !== '/' && files.entry(at) === null; at = parentOf(at))
    above.push([at, { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }])
  return above
}

/** The need that decided the kind of grant comes first: its reason is the one that is told. */
function withReason(reason: Evidence, before: Grant | undefined, chosen: GrantKind): readonly Evidence[] {
  if (before === undefined) return [reason]
  return chosen === before.kind ? [...before.evidence, reason] : [reason, ...before.evidence]
}

function isOwn(kind: GrantKind): boolean {
  return /^(own|create)-/.test(kind)
}

export function refuse(need: Need, reason: string, state: State, closed?: Closed): void {
  if (state.ungranted.has(reason)) return
  state.ungranted.set(reason, closed === undefined ? { need, reason } : { need, reason, closed })
}

/** What the program creates itself is its own from then on. */
export function learn(path: string, type: 'file' | 'directory', state: State): void {
  if (state.files.entry(path) !== null) return
  const { uid } = state.identity
  const entry = { type, uid, gid: state.grantee.gid, mode: type === 'file' ? 0o644 : 0o755, size: 0, link: null }
  state.files.change(new Map([[path, entry]]))
}

export function belongsToSystem(path: string): string {
  return `${path} belongs to the system and is never handed over`
}

export function ofEngine(path: string): string {
  return `the engine mounts a ${path} of its own into every container, as root's`
}

/** Why a file may not change hands, or null. */
export function whyNever(kind: GrantKind, entry: FileEntry | null, path: string): string | null {
  if (entry?.type === 'file' && (entry.mode & 0o6000) !== 0) return `${path} is setuid or setgid`
  if (isMountPlace(path) && /^(own|create)-directory$/.test(kind)) return null
  if (isSystemFolder(path) && kind !== 'group-read' && kind !== 'traverse') return belongsToSystem(path)
  return null
}

/**
 * A file that is closed to others must not be opened to those who share the user's group or uid: then only the uid gets it, or
 * nobody (null).
 */
function keptClosed(kind: GrantKind, entry: FileEntry | null, path: string, state: State): GrantKind | null {
  const { shared } = state.grantee
  if (shared === undefined || entry === null || kind === 'traverse' || kind === 'sticky') return kind
  const open = (entry.mode & 0o004) !== 0 || (entry.type === 'directory' && state.files.list(path).length === 0)
  if (open) return kind
  if (shared.user) return null
  if (kind !== 'group-read' || !shared.group) return kind
  return entry.type === 'directory' ? 'own-directory' : 'own-file'
}

function closedReason(path: string): string {
  return `${path} is closed to others, and the user is one that others share`
}
