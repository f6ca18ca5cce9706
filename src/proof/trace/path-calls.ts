import { table } from '../../table.ts'
import { behind, type Handler, idOf, modeOf, pathOf, type Scene, type Told } from './scene.ts'
import { annotatedPath, quotedText } from './strace-text.ts'
import type { Call } from './trace-line.ts'

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
