import { table } from '../../table.ts'
import { type Handler, pathOf, type Scene, type Told } from './scene.ts'
import { annotatedPath } from './strace-text.ts'
import type { Call } from './trace-line.ts'

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
