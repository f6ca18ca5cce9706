import { constants, type Stats } from 'node:fs'
import {
  chmod,
  copyFile,
  lchown,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { bounds } from '../../bounds.ts'
import { isWithin } from '../../path.ts'

/** Copies of files of this machine, for one run of a stack. */
export interface HostCopies {
  /** The copy by its path on this machine; null where none is given. */
  readonly copies: ReadonlyMap<string, string | null>
  /** What is not copied, one sentence each. */
  readonly unshown: readonly string[]
}

/** Folders that belong to the kernel or to what runs on this machine. */
const OF_THE_MACHINE = ['/proc', '/sys', '/dev', '/run', '/var/run', '/var/lib/docker', '/var/lib/containers']

/**
 * Copies files and folders with their owners, modes and times, each into a place of its own below `folder`, so that a run never
 * writes to the files themselves. `mayRead` says of a real path whether the author of the stack may have it; `texts` replaces files
 * by absolute path.
 */
export async function copyHostFiles(
  paths: Iterable<string>,
  folder: string,
  mayRead: (path: string) => boolean,
  texts: ReadonlyMap<string, string> = new Map(),
): Promise<HostCopies> {
  const copies = new Map<string, string | null>()
  const unshown: string[] = []
  const left = { bytes: bounds.mountedBytes, files: bounds.mountedFiles }
  let count = 0
  for (const path of paths) {
    const copy = join(folder, String(count++))
    const why = await copyOne(path, copy, mayRead, left, (what) => unshown.push(what))
    copies.set(path, why === null ? copy : null)
    if (why === null) await writeTexts(path, copy, texts)
    if (why !== null) unshown.push(`${path}, which the stack mounts: ${why}`)
  }
  return { copies, unshown: [...new Set(unshown)] }
}

/** Writes the new texts into the copy. Each file keeps its owner and mode. */
export async function writeTexts(path: string, copy: string, texts: ReadonlyMap<string, string>): Promise<void> {
  for (const [file, text] of texts) {
    if (!isWithin(file, path)) continue
    const to = join(copy, relative(path, file))
    const stats = await lstat(to).catch(() => null)
    // A link leads out of the copy, be it the file itself or a folder above it.
    const above = to === copy ? copy : await realpath(dirname(to)).catch(() => null)
    if (above === null || !isWithin(above, await realpath(copy)) || stats?.isFile() === false) continue
    await writeFile(to, text)
  }
}

interface Left {
  bytes: number
  files: number
}

/** Copies one file or folder. Gives the reason where it does not; null where it does. */
async function copyOne(
  path: string,
  copy: string,
  mayRead: (path: string) => boolean,
  left: Left,
  say: (unshown: string) => void,
): Promise<string | null> {
  let real: string
  try {
    real = await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return 'it cannot be read'
    if (!mayRead(path)) return 'a proof does not give what lies outside of the project'
    // The engine makes this folder for a mount in short form.
    await mkdir(copy, { mode: 0o755 })
    return null
  }
  const stats = await lstat(real)
  if (stats.isSocket()) return 'a proof gives no socket of this machine'
  if (!stats.isFile() && !stats.isDirectory()) return 'it is neither a file nor a folder'
  if (real === '/' || OF_THE_MACHINE.some((one) => isWithin(real, one))) return 'it is of the machine itself'
  if (!mayRead(real)) return 'a proof does not give what lies outside of the project'
  const whole = await copyTree(real, copy, stats, left, (one, why) => say(`${one}, which the stack mounts: ${why}`))
  return whole
    ? null
    : `it is more than ${bounds.mountedBytes / 1024 ** 2} MiB, or has more than ${bounds.mountedFiles} files`
}

/** Copies a tree without following links. False where it is too large. */
async function copyTree(
  from: string,
  to: string,
  stats: Stats,
  left: Left,
  skip: (path: string, why: string) => void,
): Promise<boolean> {
  left.files -= 1
  left.bytes -= stats.isFile() ? stats.size : 0
  if (left.files < 0 || left.bytes < 0) return false
  try {
    if (stats.isSymbolicLink()) await symlink(await readlink(from), to)
    else if (stats.isFile()) await copyFile(from, to, constants.COPYFILE_FICLONE)
    else if (stats.isDirectory()) {
      await mkdir(to, { mode: 0o700 })
      for (const name of await readdir(from)) {
        const path = join(from, name)
        const inner = await lstat(path).catch(() => null)
        if (inner !== null && !(await copyTree(path, join(to, name), inner, left, skip))) return false
      }
    } else return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    skip(from, 'this user may not read it')
    return true
  }
  await lchown(to, stats.uid, stats.gid).catch(() => skip(from, 'only root can give the copy to its owner'))
  if (stats.isSymbolicLink()) return true
  await chmod(to, stats.mode & 0o7777)
  await utimes(to, stats.atime, stats.mtime)
  return true
}
