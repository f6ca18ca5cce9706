import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
} from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { bounds } from './bounds.ts'
import { HardenError } from './errors.ts'

/**
 * The one door to files that a stranger may have laid: those of a repository, of a build context, and git's own. What is opened has
 * to lie below `root` with its links resolved, and to be a regular file, since a link may lead out, a device has no end and a pipe
 * is waited for. As Go's os.Root, but for links that stay inside: those are followed.
 */

/** The root of what the caller has named, which may lie and lead wherever they like. */
export const ANYWHERE = '/'

/** The path, or the folder itself; both absolute. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** With the links of what is there of it resolved. */
export function realOf(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : join(realOf(above), relative(above, path))
  }
}

/** Does a path lead to a place in `root`? What is not there leads to where it would be. */
export function staysIn(root: string, path: string): boolean {
  return isInside(realOf(path), realOf(root))
}

/** Throws HardenError `unreadable` for what leads out of `root`, or what the system says. */
function realIn(root: string, path: string): string {
  const real = realpathSync.native(path)
  // A path that leads through no link leads through none above it either: its root is the one that is written.
  const isWithoutLinks = real === path && (path === root || path.startsWith(`${root}/`))
  if (isWithoutLinks || root === ANYWHERE) return real
  if (isInside(real, realOf(root))) return real
  throw new HardenError('unreadable', `it is a link that leads out of ${root}, to ${real}`)
}

/** An open file. Whoever asks for it closes it. */
interface Opened {
  readonly file: number
  readonly stats: Stats
}

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants

/**
 * Opens a regular file. The path is resolved, opened without following a link, and looked at again, so that nobody who
 * swaps a folder for a link meanwhile gets another file read. Throws HardenError `unreadable`, or what the system says.
 */
export function openIn(root: string, path: string): Opened {
  const real = realIn(root, path)
  const file = openSync(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw new HardenError('unreadable', 'it is not a regular file')
    const now = lstatSync(real)
    if (now.ino !== stats.ino || now.dev !== stats.dev || realpathSync.native(path) !== real)
      throw new HardenError('unreadable', 'it changed while it was opened')
    cameFrom.set(path, real)
    return { file, stats }
  } catch (error) {
    closeSync(file)
    throw error
  }
}

/** Real paths of what was read, by the path that it was read by. */
const cameFrom = new Map<string, string>()

/** Does a path lead elsewhere than when it was read last? Then what is written there would replace another file. */
export function leadsElsewhere(path: string): boolean {
  const before = cameFrom.get(path)
  return before !== undefined && before !== realOf(path)
}

/** The bytes of a regular file of at most `most` bytes. Throws as `openIn`. */
export function readIn(root: string, path: string, most: number): Buffer {
  const { file, stats } = openIn(root, path)
  try {
    if (stats.size > most) throw new HardenError('unreadable', `it is larger than ${most} bytes`)
    return readOpen(file, stats.size)
  } finally {
    closeSync(file)
  }
}

/** As many bytes as it says that it has: some of /proc say none, and never end. */
function readOpen(file: number, size: number): Buffer {
  const until = Date.now() + bounds.readMs
  const bytes = Buffer.allocUnsafe(size)
  let length = 0
  while (length < size) {
    const read = readSync(file, bytes, length, size - length, null)
    if (read === 0) break
    length += read
    if (Date.now() > until) throw new HardenError('unreadable', `it takes longer than ${bounds.readMs} ms to read`)
  }
  return bytes.subarray(0, length)
}

/** The same of what is done without where it cannot be read: null for whatever `readIn` throws. */
export function bytesIn(root: string, path: string, most: number = bounds.textBytes): Buffer | null {
  try {
    return readIn(root, path, most)
  } catch {
    return null
  }
}

export function textIn(root: string, path: string, most?: number): string | null {
  return bytesIn(root, path, most)?.toString('utf8') ?? null
}

/** What a folder below `root` holds, by name. Throws HardenError `unreadable`, or what the system says. */
export function listIn(root: string, folder: string): readonly Dirent[] {
  const real = realIn(root, folder)
  const entries = readdirSync(real, { withFileTypes: true })
  if (realpathSync.native(folder) !== real) throw new HardenError('unreadable', 'it changed while it was listed')
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The same; empty where it cannot be read, or leads out. */
export function entriesIn(root: string, folder: string): readonly Dirent[] {
  try {
    return listIn(root, folder)
  } catch {
    return []
  }
}

export function namesIn(root: string, folder: string): readonly string[] {
  return entriesIn(root, folder).map(({ name }) => name)
}
