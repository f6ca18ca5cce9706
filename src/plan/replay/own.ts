import { commonOf, type Need } from '../../evidence/claim.ts'
import { couldCreate, couldRemove } from '../../image/access.ts'
import { groupWithGid, sharedAccounts } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'
import type { Identity } from '../../image/file-model.ts'
import { isInside, isMountPlace, isSharedFolder, isSystemFolder, parentOf, STATE_NAME } from '../../places.ts'
import { ARBITRARY_UID } from '../account/account-ids.ts'
import { codeIn, isInsistedOn } from '../grants/closed.ts'
import { declaredBy } from '../grants/ladder.ts'
import type { AccountChoice } from '../plan.ts'
import { belongsToSystem, grant, learn, refuse, type State, whyNever } from './state.ts'
import { create, createMissing, fill, reachParents, write } from './write.ts'

/** Folders of one tree that are named one by one; a run shows what a deeper tree needs. */
const MOST_FOLDERS = 40
/** Bytes of a file that changing its owner may copy into the new layer. */
const LARGEST_OWNED = 64 * 1024

/** Grants a folder with every folder in it: the program creates and replaces files there. */
export function keepState(asked: Need, path: string, state: State): void {
  // Code that the start runs stays root's, and so does the folder in which it could be replaced; the rest of the tree is granted.
  const code = codeIn(path, state.code)
  const holdsCode = code !== null && !isInsistedOn(asked, { byOption: true, ...code })
  const { tree, ...alone } = asked
  const need: Need = holdsCode ? alone : asked
  if (!reachParents(need, path, state)) return
  const entry = state.files.entry(path)
  if (entry === null && need.made === true && couldCreate(state.files, state.identity, path).allowed)
    return learn(path, 'directory', state)
  if (entry === null) return createMissing(need, path, 'create-directory', state)
  if (entry.type !== 'directory') return write(need, path, state)
  if (!couldCreate(state.files, state.identity, `${path}/x`).allowed) {
    if (isSystemFolder(path) && !isMountPlace(path)) return refuse(need, belongsToSystem(path), state)
    grant(need, path, holdsCode ? 'sticky' : 'own-directory', state)
    if (need.tree === true) return
  }
  if (need.tree === true && need.recursive === true && !state.grants.has(path) && !isAllOwn(path, state)) {
    grant(need, path, 'own-directory', state)
    return
  }
  // A VOLUME line names only the folder; a package means what it has put there too.
  const granted = state.grants.get(path)
  if (need.tree === true && granted !== undefined && granted.kind !== 'sticky' && granted.tree !== true) {
    state.grants.set(path, {
      ...granted,
      tree: true,
      ...declaredBy([need], granted),
      evidence: [need.evidence, ...granted.evidence],
    })
    return
  }
  keepBelow(need, path, state)
}

/** Applications that install themselves or their extensions write source here. */
const OFTEN_WRITTEN = /^(conf(ig)?|settings|sites|plugins|themes|modules|extensions|wp-content|languages|local)$/i

/** Folders for developers of the program. */
const OF_REPOSITORY = /^(?:\.git|\.github|\.gitlab|tests?|__tests__|spec)$/

/**
 * Folders of source inside a tree that a start script or a RUN hands over stay root's: a service that can rewrite its own code is a
 * weakness (FACTS 17). A folder below them that is named like state does not stay.
 */
function keepBelow(need: Need, path: string, state: State, isCode = false): void {
  for (const child of state.files.list(path)) {
    const below = path === '/' ? `/${child}` : `${path}/${child}`
    if (state.files.entry(below)?.type !== 'directory' || state.grants.size >= MOST_FOLDERS) continue
    // `Services/Backups`: amid source a folder is named after its subject, and is no state.
    const isState = STATE_NAME.test(child) && !(isCode && holdsSource(below, state))
    const staysRoots =
      need.when !== undefined &&
      !isState &&
      (isCode || OF_REPOSITORY.test(child) || (!OFTEN_WRITTEN.test(child) && holdsSource(below, state)))
    if (staysRoots && OF_REPOSITORY.test(child)) continue
    if (staysRoots) keepBelow(need, below, state, true)
    else keepState(need, below, state)
  }
}

/** Three folders deep: `resources/views/users`. */
function holdsSource(folder: string, state: State, depth = 3): boolean {
  const names = state.files.list(folder)
  return names.some(isSource) || (depth > 1 && names.some((name) => holdsSource(`${folder}/${name}`, state, depth - 1)))
}

function isSource(name: string): boolean {
  return /\.(py|m?[jt]s|cjs|[jt]sx|rb|go|rs|java|kt|scala|clj|cs|ex|exs|erl|pl|pm|php|vue|svelte)$/.test(name)
}

/** A name goes, or is replaced. */
export function remove(need: Need, path: string, state: State): void {
  const entry = state.files.entry(path)
  if (entry === null) return need.access === 'rename' ? replaceUnseen(need, path, state) : undefined
  if (state.original.entry(path) === null && state.grants.has(path)) {
    // A file that exists only because it was granted beforehand (a pid file) may stay, unless the program stumbles
    if (need.found !== true) return
    state.grants.delete(path)
    return fill(need, parentOf(path), state)
  }
  if (!reachParents(need, path, state)) return
  if (couldRemove(state.files, state.identity, path).allowed) return
  const parent = parentOf(path)
  if (isSystemFolder(parent)) return refuse(need, belongsToSystem(parent), state)
  fill(need, parent, state)
  if (couldRemove(state.files, state.identity, path).allowed) return
  // Only the owner of a file can remove it from a sticky folder.
  if (state.grantee.anyUid === true) return openSticky(need, path, state)
  if (entry.type === 'symlink') return refuse(need, `${path} is a link of somebody else's in a sticky folder`, state)
  own(need, path, state)
}

/** A new file replaces one that nobody has seen: a file of a package is root's, and stays so in a sticky folder. */
function replaceUnseen(need: Need, path: string, state: State): void {
  create({ ...commonOf(need), access: 'create-file', how: 'beside' }, path, state)
  const parent = parentOf(path)
  if (need.when !== 'start' || state.grants.get(parent)?.kind !== 'sticky') return
  if (state.grantee.anyUid === true) return openSticky(need, path, state)
  createMissing(need, path, 'create-file', state)
}

/** A uid that owns nothing can remove nothing from a sticky folder, so the program's own folder is not made one. */
function openSticky(need: Need, path: string, state: State): void {
  const parent = parentOf(path)
  const wasSticky = ((state.original.entry(parent)?.mode ?? 0) & 0o1000) !== 0
  if (wasSticky || isSharedFolder(parent))
    return refuse(need, `${path} is in a sticky folder, where only its owner may remove it`, state)
  grant(need, parent, 'own-directory', state)
}

/**
 * The original gave the path to somebody; a non-root user cannot, so the user has it from the start. So has one whose
 * program refuses what is not its own.
 */
export function handOver(need: Need, path: string, state: State): void {
  if (need.certainty !== 'refused' && (need.uid === undefined || need.uid <= 0)) return
  changeAsOwner(need, path, state)
}

/** Operations that only an owner may do: setting the mode and the times, and giving the path to oneself. */
export function changeAsOwner(need: Need, path: string, state: State): void {
  const entry = state.files.entry(path)
  if (entry === null || isSystemFolder(path) || isSharedFolder(path)) return
  if (entry.uid === state.identity.uid && (need.tree !== true || isAllOwn(path, state))) return
  if (state.grantee.anyUid === true && need.access !== 'change-owner')
    return refuse(
      need,
      `only its owner may change mode and times of ${path}, and whoever runs it does not own it`,
      state,
    )
  if (whyNever('own-file', entry, path) !== null || !reachParents(need, path, state)) return
  if (entry.type === 'directory' || (entry.type === 'file' && entry.size <= LARGEST_OWNED)) own(need, path, state)
}

/** Nothing in the folder is anybody else's. */
function isAllOwn(folder: string, { files, identity }: State): boolean {
  for (const path of files.paths()) if (isInside(path, folder) && files.entry(path)?.uid !== identity.uid) return false
  return true
}

function own(need: Need, path: string, state: State): void {
  grant(need, path, state.files.entry(path)?.type === 'directory' ? 'own-directory' : 'own-file', state)
}

/** The user that everything must be possible for, and that paths are given to. */
export interface Grantee {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups that it has at run time. */
  readonly groups?: readonly number[]
  /** Another uid, which owns nothing, runs it: everything must be possible through the group. */
  readonly anyUid?: boolean
  /** Unrelated programs run as this uid or in this group (nobody, nogroup). */
  readonly shared?: { readonly user: boolean; readonly group: boolean }
}

/** Who asks the kernel. */
export function identityOf({ uid, gid, groups = [], anyUid }: Grantee): Identity {
  return { uid: anyUid === true ? ARBITRARY_UID : uid, gids: [gid, ...groups] }
}

/** `nogroup` of Debian, `nobody` of Alpine and UBI, where the image's own groups are not known. */
const NOGROUP = 65534

export function granteeOf({ name, uid, gid }: AccountChoice, { accounts }: ImageFacts, anyUid: boolean): Grantee {
  const group = accounts.known ? groupWithGid(accounts.value, gid)?.name : gid === NOGROUP ? 'nogroup' : undefined
  const user = sharedAccounts.has(name) || uid === NOGROUP
  return { uid, gid, anyUid, shared: { user, group: group !== undefined && sharedAccounts.has(group) } }
}
