import { isWithin } from '../path.ts'
import type { FileEntry } from './file-model.ts'

/** What every container runtime mounts itself, whatever the image has there (OCI runtime spec, default file systems). */
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

/** Below /proc all is taken as the process's own, so that stdio and /proc/self work, but for what the runtime makes read-only. */
const readOnly = ['/proc/sys', '/proc/bus', '/proc/fs', '/proc/irq', '/proc/sysrq-trigger', '/sys']

/** The path is the runtime's and not the image's: nothing that is written into the image changes it. */
export function isRuntimePath(path: string): boolean {
  return isWithin(path, '/dev') || isWithin(path, '/proc') || isWithin(path, '/sys')
}

/** `get` with the runtime's own file systems in place of what the image has there. */
export function withRuntime(get: (path: string) => FileEntry | null): (path: string) => FileEntry | null {
  return (path) => {
    if (!isRuntimePath(path)) return get(path)
    const known = devices.get(path)
    if (known !== undefined) return known
    if (isWithin(path, '/dev')) return null
    // Which of these names are directories is not known and does not matter: they can be entered, read and written.
    return directory(readOnly.some((prefix) => isWithin(path, prefix)) ? 0o555 : 0o777)
  }
}
