import type { Need } from '../../evidence/claim.ts'
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

/** Folders of one tree that are named one by one; deeper trees are told by the run. */
const MOST_FOLDERS = 40
/** Bytes of a file that changing its owner may copy into the new layer. */
const LARGEST_OWNED = 64 * 1024

/** The folder is the program's own, with every folder in it; files in there are replaced. */
export function keepState(asked: Need, path: string, state: State): void {
  // What the start runs stays root's, and so does the folder that it could be replaced in; the rest of the tree is the program's.
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
  // A VOLUME line says the folder alone, a package that it has filled it.
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

/** An application that installs itself or its extensions writes source there. */
const OFTEN_WRITTEN = /^(conf(ig)?|settings|sites|plugins|themes|modules|extensions|wp-content|languages|local)$/i

/** For those who work on the program. */
const OF_REPOSITORY = /^(?:\.git|\.github|\.gitlab|tests?|__tests__|spec)$/

/**
 * Of what a start script or a RUN hands over with all that is in it, folders of source stay root's: code that its own service may
 * rewrite is a weakness (FACTS 17). What lies below them under the name of state does not.
 */
function keepBelow(need: Need, path: string, state: State, isCode = false): void {
  for (const child of state.files.list(path)) {
    const below = path === '/' ? `/${child}` : `${path}/${child}`
    if (state.files.entry(below)?.type !== 'directory' || state.grants.size >= MOST_FOLDERS) continue
    // `Services/Backups`: amid source a folder of it is called after what it is about.
    const isState = STATE_NAME.test(child) && !(isCode && holdsSource(below, state))
    const staysRoots =
      (need.atStart === true || need.owner !== undefined) &&
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
    // What is only there because it was granted beforehand (a pid file) may as well stay, unless the program stumbles
    // over it: an empty one is no pid file to it. Then it makes its own.
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
  // In a sticky folder only one's own goes.
  if (state.grantee.anyUid === true) return openSticky(need, path, state)
  if (entry.type === 'symlink') return refuse(need, `${path} is a link of somebody else's in a sticky folder`, state)
  own(need, path, state)
}

/** A new file is put in the place of one that nobody has seen: what a package brings is root's, and stays that in a sticky folder. */
function replaceUnseen(need: Need, path: string, state: State): void {
  create({ ...need, access: 'create-file', beside: true }, path, state)
  const parent = parentOf(path)
  if (need.atStart !== true || state.grants.get(parent)?.kind !== 'sticky') return
  if (state.grantee.anyUid === true) return openSticky(need, path, state)
  createMissing(need, path, 'create-file', state)
}

/** A uid that owns nothing removes nothing from a sticky folder: this program's own folder is not made one. */
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

/** What only an owner may: its mode, its times, and giving it to oneself. */
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

/** Who everything has to be possible for, and whom paths are given to. */
export interface Grantee {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups that it has at run time. */
  readonly groups?: readonly number[]
  /** Some other uid runs it, which owns nothing: all has to be possible by the group. */
  readonly anyUid?: boolean
  /** Others run as this uid, or are in this group, that have nothing to do with the program (nobody, nogroup). */
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
