import { isWithin } from '../../path.ts'
import { table } from '../../table.ts'
import { behind, type Handler, idOf, modeOf, pathOf, type Scene, type Told } from './scene.ts'
import { annotatedPath, type Call, quotedText } from './trace-line.ts'

export const OPEN_CALLS: Readonly<Record<string, Handler>> = table({
  open: (call, scene) => opened(call, scene, openedAt(call, scene, call.args[0]), call.args[1], call.args[2]),
  openat: (call, scene) => {
    const [directory, path, flags, mode] = call.args
    return opened(call, scene, openedAt(call, scene, path, directory), flags, mode)
  },
  openat2: (call, scene) => {
    const how = call.args[2] ?? ''
    const field = (name: string): string | undefined => new RegExp(`\\b${name}=([\\w|]+)`).exec(how)?.[1]
    return opened(call, scene, pathOf(scene, call.args[1], call.args[0]), field('flags'), field('mode'))
  },
  creat: (call, scene) => opened(call, scene, pathOf(scene, call.args[0]), 'O_WRONLY|O_CREAT|O_TRUNC', call.args[1]),
})

/** A process that never left its new root opens nothing outside of it: this must be another process with the same pid. */
function openedAt(call: Call, scene: Scene, path: string | undefined, directory?: string): string | null {
  const { place } = scene.process
  const file = call.result.done && place.root !== '' ? annotatedPath(call.result.text) : null
  if (file !== null && !isWithin(file, place.root)) place.root = ''
  return pathOf(scene, path, directory)
}

function* opened(call: Call, scene: Scene, path: string | null, flags = '', mode?: string): Iterable<Told> {
  const has = new Set(flags.split('|'))
  if (has.has('O_PATH')) return yield { access: 'look', path }
  // A file without a name, in the folder that the call names.
  if (has.has('O_TMPFILE'))
    return yield { access: 'create-file', path: path === null ? null : `${path}/#unnamed`, ...modeOf(mode) }
  if (has.has('O_DIRECTORY')) return yield { access: 'list', path }
  if (has.has('O_CREAT') && (path === null || !isThere(scene, path, has))) {
    const isNew = has.has('O_EXCL') || path === null || scene.history.isAbsent(path)
    yield { access: isNew ? 'create-file' : 'write', path, ...modeOf(mode), ...(isNew ? {} : { mayCreate: true }) }
    if (!isNew && has.has('O_RDWR')) yield { access: 'read', path }
    if (call.result.done && path !== null && isNew) scene.history.made(path)
    return
  }
  if (has.has('O_WRONLY') || has.has('O_RDWR') || has.has('O_TRUNC')) yield { access: 'write', path }
  if (!has.has('O_WRONLY')) yield { access: 'read', path }
}

/** Only a file that the run made itself is known to exist. */
function isThere(scene: Scene, path: string, flags: ReadonlySet<string>): boolean {
  return !flags.has('O_EXCL') && scene.history.isMade(path) && !scene.history.isAbsent(path)
}

/** Calls that name, make, move, remove or change files. */
export const PATH_CALLS: Readonly<Record<string, Handler>> = table({
  mkdir: (call, scene) => made(call, scene, 'create-directory', pathOf(scene, call.args[0]), call.args[1]),
  mkdirat: (call, scene) =>
    made(call, scene, 'create-directory', pathOf(scene, call.args[1], call.args[0]), call.args[2]),
  mknod: (call, scene) => made(call, scene, 'create-file', pathOf(scene, call.args[0]), call.args[1]),
  mknodat: (call, scene) => made(call, scene, 'create-file', pathOf(scene, call.args[1], call.args[0]), call.args[2]),
  link: (call, scene) => made(call, scene, 'create-file', pathOf(scene, call.args[1])),
  linkat: (call, scene) => made(call, scene, 'create-file', pathOf(scene, call.args[3], call.args[2])),
  symlink: (call, scene) => made(call, scene, 'create-file', pathOf(scene, call.args[1]), undefined, call.args[0]),
  symlinkat: (call, scene) =>
    made(call, scene, 'create-file', pathOf(scene, call.args[2], call.args[1]), undefined, call.args[0]),

  unlink: (call, scene) => removed(call, scene, pathOf(scene, call.args[0])),
  rmdir: (call, scene) => removed(call, scene, pathOf(scene, call.args[0])),
  unlinkat: (call, scene) => removed(call, scene, pathOf(scene, call.args[1], call.args[0])),
  rename: (call, scene) => renamed(call, scene, pathOf(scene, call.args[0]), pathOf(scene, call.args[1])),
  renameat: (call, scene) =>
    renamed(call, scene, pathOf(scene, call.args[1], call.args[0]), pathOf(scene, call.args[3], call.args[2])),
  renameat2: (call, scene) =>
    renamed(call, scene, pathOf(scene, call.args[1], call.args[0]), pathOf(scene, call.args[3], call.args[2])),
  truncate: (call, scene) => [{ access: 'write', path: pathOf(scene, call.args[0]) }],

  chmod: (call, scene) => [{ access: 'change-mode', path: pathOf(scene, call.args[0]), ...modeOf(call.args[1]) }],
  fchmod: (call) => behind(call.args[0], { access: 'change-mode', ...modeOf(call.args[1]) }),
  fchmodat: (call, scene) => named(scene, call, { access: 'change-mode', ...modeOf(call.args[2]) }),
  fchmodat2: (call, scene) => named(scene, call, { access: 'change-mode', ...modeOf(call.args[2]) }),
  chown: (call, scene) => [{ path: pathOf(scene, call.args[0]), ...owner(call.args[1], call.args[2]) }],
  lchown: (call, scene) => [{ path: pathOf(scene, call.args[0]), ...owner(call.args[1], call.args[2]) }],
  fchown: (call) => behind(call.args[0], owner(call.args[1], call.args[2])),
  fchownat: (call, scene) => named(scene, call, owner(call.args[2], call.args[3])),

  utime: (call, scene) => [{ access: times(call.args[1]), path: pathOf(scene, call.args[0]) }],
  utimes: (call, scene) => [{ access: times(call.args[1]), path: pathOf(scene, call.args[0]) }],
  futimesat: (call, scene) => named(scene, call, { access: times(call.args[2]) }),
  utimensat: (call, scene) => named(scene, call, { access: times(call.args[2]) }),
})

function* made(
  call: Call,
  scene: Scene,
  access: 'create-file' | 'create-directory',
  path: string | null,
  mode?: string,
  target?: string,
): Iterable<Told> {
  const link = quotedText(target)
  const device = /S_IF(CHR|BLK)/.test(mode ?? '') ? { capability: 'MKNOD' } : {}
  yield { access, path, ...modeOf(mode), ...(link === null ? {} : { link }), ...device }
  if (call.result.done && path !== null) scene.history.made(path)
}

function* removed(call: Call, scene: Scene, path: string | null): Iterable<Told> {
  yield { access: 'remove', path }
  if (call.result.done && path !== null) scene.history.absent(path)
}

function* renamed(call: Call, scene: Scene, from: string | null, to: string | null): Iterable<Told> {
  if (from === null || to === null) return yield { access: 'rename', path: null }
  yield { access: 'rename', path: from, to }
  if (!call.result.done) return
  scene.history.renamed(from, to, call.args[4]?.includes('RENAME_EXCHANGE') ?? false)
  scene.processes.moved(from, to)
}

/** A path beside a descriptor, or the descriptor itself where the path is empty or NULL. */
function* named(scene: Scene, call: Call, told: Omit<Told, 'path'>): Iterable<Told> {
  const [directory, path] = call.args
  if (path !== '""' && path !== 'NULL') return yield { ...told, path: pathOf(scene, path, directory) }
  if (directory?.startsWith('AT_FDCWD'))
    return yield { ...told, path: annotatedPath(directory) ?? scene.process.place.cwd }
  yield* behind(directory, told)
}

function owner(uid: string | undefined, gid: string | undefined): Omit<Told, 'path'> {
  const ids = { uid: idOf(uid), gid: idOf(gid) }
  return {
    access: 'change-owner',
    ...(ids.uid === undefined ? {} : { uid: ids.uid }),
    ...(ids.gid === undefined ? {} : { gid: ids.gid }),
    capability: 'CHOWN',
  }
}

/** "Now" may be set by whoever may write, any other time only by the owner. Source: utimensat(2). */
function times(argument: string | undefined): 'write' | 'change-times' {
  return argument === undefined || argument === 'NULL' || argument === '[UTIME_NOW, UTIME_NOW]'
    ? 'write'
    : 'change-times'
}

/** Calls that ask about a file, go to a folder or run a program. */
export const LOOK_CALLS: Readonly<Record<string, Handler>> = table({
  stat: (call, scene) => [{ access: 'look', path: pathOf(scene, call.args[0]) }],
  lstat: (call, scene) => [{ access: 'look', path: pathOf(scene, call.args[0]) }],
  newfstatat: (call, scene) => looked(call, scene),
  statx: (call, scene) => looked(call, scene),
  access: (call, scene) => asked(pathOf(scene, call.args[0]), call.args[1]),
  faccessat: (call, scene) => asked(pathOf(scene, call.args[1], call.args[0]), call.args[2]),
  faccessat2: (call, scene) => asked(pathOf(scene, call.args[1], call.args[0]), call.args[2]),
  inotify_add_watch: (call, scene) => asked(pathOf(scene, call.args[1]), 'R_OK'),

  chdir: (call, scene) => went(call, scene, pathOf(scene, call.args[0])),
  fchdir: (call, scene) => went(call, scene, annotatedPath(call.args[0])),
  chroot: function* (call, scene) {
    const path = pathOf(scene, call.args[0])
    yield { access: 'chroot', path, capability: 'SYS_CHROOT' }
    if (call.result.done && path !== null) scene.process.place.root = path === '/' ? '' : path
  },
  execve: (call, scene) => ran(call, scene, pathOf(scene, call.args[0])),
  execveat: (call, scene) => {
    const [directory, path] = call.args
    return ran(call, scene, path === '""' ? annotatedPath(directory) : pathOf(scene, path, directory))
  },
})

function* looked(call: Call, scene: Scene): Iterable<Told> {
  const [directory, path] = call.args
  // fstat: the file is open already.
  if (path === '""' || path === 'NULL') return yield* []
  yield { access: 'look', path: pathOf(scene, path, directory) }
}

function* asked(path: string | null, mode = ''): Iterable<Told> {
  if (mode.includes('R_OK')) yield { access: 'look', path, asked: 'read' }
  if (mode.includes('W_OK')) yield { access: 'look', path, asked: 'write' }
  if (mode.includes('X_OK')) yield { access: 'look', path, asked: 'execute' }
  if (!/[RWX]_OK/.test(mode)) yield { access: 'look', path }
}

function* went(call: Call, scene: Scene, path: string | null): Iterable<Told> {
  yield { access: 'traverse', path }
  if (!call.result.done || path === null) return
  scene.process.place.cwd = path
  scene.process.place.atStart = false
}

function* ran(call: Call, scene: Scene, path: string | null): Iterable<Told> {
  yield { access: 'execute', path }
  // The threads of the old program end here, so the new one is shared with nobody.
  if (call.result.done) scene.process.program = { path }
}
