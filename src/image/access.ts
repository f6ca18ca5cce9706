import { isWithin, parentOf } from '../path.ts'
import { type FileEntry, type FileView, type Identity, type Walk, walk } from './file-model.ts'

/**
 * What is missing at the path that blocks: a permission; ownership; `root`, where only a capability helps. Or permission is not the
 * matter: the path is missing (`exists`), a file stands in place of a directory, or links form a loop.
 */
type Missing = 'search' | 'read' | 'write' | 'execute' | 'owner' | 'root' | 'exists' | 'directory' | 'loop'

export type AccessAnswer =
  | { readonly allowed: true }
  /** `blocker` is the entry that refuses, by its real path. */
  | { readonly allowed: false; readonly blocker: string; readonly needs: Missing }

type Reached = { readonly path: string; readonly entry: FileEntry }

const allowed: AccessAnswer = { allowed: true }

/** Opens a file for writing, creating it where it is missing; for a directory: makes and removes names in it. */
export function couldWrite(model: FileView, identity: Identity, path: string): AccessAnswer {
  const end = reach(model, identity, path, true)
  if ('allowed' in end) return end
  if (end.entry === null) return parentTakesNames(model, identity, end.path)
  const wanted = end.entry.type === 'directory' ? writeBit | executeBit : writeBit
  return asked(end.path, end.entry, identity, wanted)
}

/** Opens a file for reading, or lists a directory. */
export function couldRead(model: FileView, identity: Identity, path: string): AccessAnswer {
  return onExisting(model, identity, path, (end) => asked(end.path, end.entry, identity, readBit))
}

/** Executes a program; a script must be readable too, since its interpreter opens it. */
export function couldExecute(model: FileView, identity: Identity, path: string): AccessAnswer {
  return onExisting(model, identity, path, (end) => {
    if (isRuntimePath(end.path)) return allowed
    if (end.entry.type === 'directory') return refuse(end.path, 'execute')
    const answer = asked(end.path, end.entry, identity, executeBit)
    if (!answer.allowed || !model.text(end.path)?.startsWith('#!')) return answer
    return asked(end.path, end.entry, identity, readBit)
  })
}

/** Whether starting a program makes the caller root: it is root's and has the set-user-id bit. */
export function becomesRoot(model: FileView, path: string): boolean {
  const entry = model.entry(model.resolve(path) ?? path)
  return entry?.type === 'file' && entry.uid === 0 && (entry.mode & 0o4000) !== 0
}

/** Goes into a directory (`chdir`), or through it. */
export function couldTraverse(model: FileView, identity: Identity, path: string): AccessAnswer {
  return onExisting(model, identity, path, (end) =>
    end.entry.type === 'directory' ? asked(end.path, end.entry, identity, executeBit) : refuse(end.path, 'directory'),
  )
}

/** Makes a new name (file, directory, link) in the path's directory. A symlink in the last place is not followed. */
export function couldCreate(model: FileView, identity: Identity, path: string): AccessAnswer {
  const end = reach(model, identity, path, false)
  return 'allowed' in end ? end : parentTakesNames(model, identity, end.path)
}

/** Removes a file, a link or an empty directory. */
export function couldRemove(model: FileView, identity: Identity, path: string): AccessAnswer {
  const end = reach(model, identity, path, false)
  if ('allowed' in end) return end
  if (end.entry === null) return refuse(end.path, 'exists')
  return parentGivesUp(model, identity, { path: end.path, entry: end.entry })
}

/** Walks to the path with the identity's search permission on the way; an AccessAnswer when it cannot get there. */
function reach(
  model: FileView,
  identity: Identity,
  path: string,
  follow: boolean,
): Extract<Walk, { kind: 'end' }> | Extract<AccessAnswer, { allowed: false }> {
  const enter = (_: string, entry: FileEntry): boolean => permits(entry, identity, executeBit)
  const result = walk(withRuntime(model.entry), path, { follow, enter })
  if (result.kind === 'end') return result
  return refuse(result.path, needOf(result.kind))
}

function needOf(kind: Exclude<Walk['kind'], 'end'>): Missing {
  if (kind === 'refused') return 'search'
  if (kind === 'missing') return 'exists'
  return kind === 'loop' ? 'loop' : 'directory'
}

function onExisting(
  model: FileView,
  identity: Identity,
  path: string,
  ask: (end: Reached) => AccessAnswer,
): AccessAnswer {
  const end = reach(model, identity, path, true)
  if ('allowed' in end) return end
  return end.entry === null ? refuse(end.path, 'exists') : ask({ path: end.path, entry: end.entry })
}

/** `path` is real, so that its parent has been walked through already. */
function parentTakesNames(model: FileView, identity: Identity, path: string): AccessAnswer {
  const parent = parentOf(path)
  const entry = withRuntime(model.entry)(parent)
  return entry === null ? refuse(parent, 'exists') : asked(parent, entry, identity, writeBit | executeBit)
}

function parentGivesUp(model: FileView, identity: Identity, found: Reached): AccessAnswer {
  const answer = parentTakesNames(model, identity, found.path)
  if (!answer.allowed) return answer
  const directory = withRuntime(model.entry)(parentOf(found.path))
  return directory !== null && stickyForbids(directory, found.entry, identity) ? refuse(found.path, 'owner') : allowed
}

function asked(path: string, entry: FileEntry, identity: Identity, wanted: number): AccessAnswer {
  if (permits(entry, identity, wanted)) return allowed
  if (permits(entry, identity, wanted & ~executeBit)) {
    return refuse(path, entry.type === 'directory' ? 'search' : 'execute')
  }
  return refuse(path, (wanted & writeBit) !== 0 ? 'write' : 'read')
}

function refuse(blocker: string, needs: Missing): Extract<AccessAnswer, { allowed: false }> {
  return { allowed: false, blocker, needs }
}

const readBit = 4
const writeBit = 2
const executeBit = 1

/**
 * Whether the mode bits give all of `wanted` to an identity. Exactly one class counts, as in the kernel: an owner whom
 * the owner bits refuse is refused, also where "other" would allow it. Root may do all, but executes only a file that
 * has some execute bit (inode_permission and CAP_DAC_OVERRIDE).
 */
function permits(entry: FileEntry, identity: Identity, wanted: number): boolean {
  if (identity.uid === 0) {
    return entry.type === 'directory' || (wanted & executeBit) === 0 || (entry.mode & 0o111) !== 0
  }
  return ((entry.mode >> shiftFor(entry, identity)) & 0o7 & wanted) === wanted
}

function shiftFor(entry: FileEntry, identity: Identity): 0 | 3 | 6 {
  if (entry.uid === identity.uid) return 6
  return identity.gids.includes(entry.gid) ? 3 : 0
}

/** chmod, utimes and the like are for the owner, whatever the mode says. */
function owns(entry: FileEntry, identity: Identity): boolean {
  return identity.uid === 0 || entry.uid === identity.uid
}

/** In a sticky directory a name is removed or replaced only by the owner of the file or of the directory. */
function stickyForbids(directory: FileEntry, entry: FileEntry, identity: Identity): boolean {
  return (directory.mode & 0o1000) !== 0 && !owns(directory, identity) && !owns(entry, identity)
}

/** File systems that every container runtime mounts over the image (OCI runtime spec, default file systems). */
const device = (mode: number): FileEntry => ({ type: 'other', uid: 0, gid: 0, mode, size: 0, link: null })
const directory = (mode: number): FileEntry => ({ type: 'directory', uid: 0, gid: 0, mode, size: 0, link: null })
const symlink = (link: string): FileEntry => ({ type: 'symlink', uid: 0, gid: 0, mode: 0o777, size: 0, link })

const devices: ReadonlyMap<string, FileEntry> = new Map([
  ['/dev', directory(0o755)],
  ...['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => [`/dev/${name}`, device(0o666)] as const),
  // Mode 0620 and the container user's own, because the runtime hands the terminal to it.
  ['/dev/console', device(0o666)],
  ['/dev/ptmx', symlink('pts/ptmx')],
  ['/dev/pts', directory(0o755)],
  ['/dev/pts/ptmx', device(0o666)],
  ['/dev/shm', directory(0o1777)],
  ['/dev/mqueue', directory(0o1777)],
  ['/dev/fd', symlink('/proc/self/fd')],
  ['/dev/stdin', symlink('/proc/self/fd/0')],
  ['/dev/stdout', symlink('/proc/self/fd/1')],
  ['/dev/stderr', symlink('/proc/self/fd/2')],
  ['/dev/core', symlink('/proc/kcore')],
  ['/proc', directory(0o555)],
  ['/sys', directory(0o555)],
])

/** Everything below /proc counts as the process's own, so that stdio and /proc/self work, except what the runtime makes read-only. */
const readOnly = ['/proc/sys', '/proc/bus', '/proc/fs', '/proc/irq', '/proc/sysrq-trigger', '/sys']

/** The path is the runtime's, not the image's: nothing written into the image changes it. */
function isRuntimePath(path: string): boolean {
  return isWithin(path, '/dev') || isWithin(path, '/proc') || isWithin(path, '/sys')
}

/** `get` with the runtime's own file systems in place of what the image has there. */
function withRuntime(get: (path: string) => FileEntry | null): (path: string) => FileEntry | null {
  return (path) => {
    if (!isRuntimePath(path)) return get(path)
    const known = devices.get(path)
    if (known !== undefined) return known
    if (isWithin(path, '/dev')) return null
    // It does not matter which of these names are directories: they can be entered, read and written.
    return directory(readOnly.some((prefix) => isWithin(path, prefix)) ? 0o555 : 0o777)
  }
}
