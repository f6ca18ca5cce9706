import { isWithin } from '../../path.ts'
import { table } from '../../table.ts'
import { type Handler, modeOf, pathOf, type Scene, type Told } from './scene.ts'
import { annotatedPath } from './strace-text.ts'
import type { Call } from './trace-line.ts'

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

/** Where a process has not left its new root, it opens nothing outside of it: then it is another one with the same pid. */
function openedAt(call: Call, scene: Scene, path: string | undefined, directory?: string): string | null {
  const { place } = scene.process
  const file = call.result.done && place.root !== '' ? annotatedPath(call.result.text) : null
  if (file !== null && !isWithin(file, place.root)) place.root = ''
  return pathOf(scene, path, directory)
}

function* opened(call: Call, scene: Scene, path: string | null, flags = '', mode?: string): Iterable<Told> {
  const has = new Set(flags.split('|'))
  if (has.has('O_PATH')) return yield { access: 'look', path }
  // Without a name, in the folder that was named.
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

/** Only of what the run made itself is it known that it is there. */
function isThere(scene: Scene, path: string, flags: ReadonlySet<string>): boolean {
  return !flags.has('O_EXCL') && scene.history.isMade(path) && !scene.history.isAbsent(path)
}
