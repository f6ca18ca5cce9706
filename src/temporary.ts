import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { isOver, type Maker, makerOf, thisRun, tokenOf, tokenPattern } from './made-by.ts'
import { note, noted } from './run-list.ts'

/** What a run has made for a while and not removed, or uses. */
export interface Temporary {
  /** Absolute. */
  readonly path: string
  readonly kind: 'folder' | 'file'
  readonly maker: Maker
}

const folderName = new RegExp(`^harden-image-(${tokenPattern})-[a-z]+-\\w{6}$`)
const fileName = new RegExp(`^\\..+\\.(${tokenPattern})\\.[0-9a-f]{8}\\.tmp$`, 's')

const open = new Set<string>()

/** A new folder of this run; the caller removes it. `kind`: lower-case letters. */
export async function temporaryFolder(kind: string, root = tmpdir()): Promise<string> {
  if (open.size === 0) process.once('exit', removeOpen)
  const folder = await mkdtemp(join(root, `harden-image-${tokenOf(thisRun())}-${kind}-`))
  open.add(folder)
  return folder
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  open.delete(folder)
  if (open.size === 0) process.off('exit', removeOpen)
}

export async function withTemporaryFolder<T>(kind: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await temporaryFolder(kind)
  try {
    return await use(folder)
  } finally {
    await removeFolder(folder)
  }
}

/** After a signal nobody waits for what still runs. */
function removeOpen(): void {
  for (const folder of open) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // The next run tries again.
    }
  }
}

/** A name beside `path` for what is to take its place; its run can be told from it. */
export function temporaryBeside(path: string): string {
  // Names end at 255 bytes.
  const start = [...basename(path)].slice(0, 40).join('')
  const name = `.${start}.${tokenOf(thisRun())}.${randomBytes(4).toString('hex')}.tmp`
  const temporary = join(resolve(dirname(path)), name)
  note({ kind: 'file', name: temporary })
  return temporary
}

/** Folders of all runs in this user's place for them. Never throws. */
export function temporaryFolders(root = tmpdir()): Promise<readonly Temporary[]> {
  return named(root, folderName, 'folder')
}

/**
 * Files of this user's runs beside the files of a folder that they were about to replace; a repository can ship one of such
 * a name, which no run has noted. Never throws.
 */
export async function temporaryFiles(folder: string): Promise<readonly Temporary[]> {
  const files = noted('file')
  return (await named(resolve(folder), fileName, 'file')).filter(({ path }) => files.has(path))
}

async function named(folder: string, pattern: RegExp, kind: Temporary['kind']): Promise<readonly Temporary[]> {
  const names = await readdir(folder).catch(() => [])
  const found = names.map(async (name): Promise<readonly Temporary[]> => {
    const maker = makerOf(pattern.exec(name)?.[1] ?? '')
    if (maker === null) return []
    const path = join(folder, name)
    const stats = await lstat(path).catch(() => null)
    if (stats === null || (kind === 'folder' ? !stats.isDirectory() : !stats.isFile())) return []
    // A file that root replaces gets the owner of the old one.
    return stats.uid === maker.uid || maker.uid === 0 ? [{ path, kind, maker }] : []
  })
  return (await Promise.all(found)).flat()
}

/** Those of runs that are over, as `isOver` says it; gives what could not be removed. Never throws. */
export async function removeTemporary(
  found: readonly Temporary[],
  options: { readonly all?: boolean } = {},
): Promise<readonly Temporary[]> {
  const left: Temporary[] = []
  for (const one of found) {
    if (!isOver(one.maker, options)) continue
    // A link is removed itself, and never followed.
    await rm(one.path, { recursive: one.kind === 'folder', force: true }).catch(() => left.push(one))
  }
  return left
}

/** What is kept from one run to the next; XDG Base Directory Specification, by which a relative path counts as none. */
export function cacheFolder(
  { XDG_CACHE_HOME = '', HOME }: Readonly<Record<string, string | undefined>>,
  name: string,
): string {
  const base = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(HOME || homedir(), '.cache')
  return join(base, 'harden-image', name)
}
