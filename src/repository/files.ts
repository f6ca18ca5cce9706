import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { copyFile, type FileHandle, link, lstat, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { bounds } from '../bounds.ts'
import { HardenError, reasonOf } from '../errors.ts'
import { ANYWHERE, isInside, leadsElsewhere, readIn, realOf, staysIn } from '../files-in.ts'
import { removeTemporary, temporaryBeside, temporaryFiles } from '../temporary.ts'

/** Reads a text file that the caller has named, a pipe too. `name` is what the messages call it. Throws HardenError `unreadable`. */
export async function readText(path: string, name: string): Promise<string> {
  try {
    const regular = regularFile(path)
    return regular === null ? await decode(streamed(path), name) : textOf(regular, name)
  } catch (error) {
    throw explained('read', name, error)
  }
}

/** Null for what is none, for one in /proc, which says that it is empty, and for one that is larger than any text. */
function regularFile(path: string): Buffer | null {
  const stats = statSync(path)
  return stats.isFile() && stats.size > 0 && stats.size <= bounds.textBytes
    ? readIn(ANYWHERE, path, bounds.textBytes)
    : null
}

/**
 * What a file that the caller has named gives, be it a pipe or a device. It is asked again and again rather than waited for: a read that waits in Node's threads holds the
 * process when a signal has ended it.
 */
export async function* streamed(path: string): AsyncGenerator<Buffer> {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    // Of a named pipe that nobody has begun to write into the end is not the end; one of the shell's `<(…)` has its writer.
    let isAwaited = fstatSync(file).isFIFO() && !/^\/(?:dev|proc\/[^/]+)\/fd\//.test(path)
    for (;;) {
      const part = Buffer.alloc(64 * 1024)
      const length = readNow(file, part)
      if (length === 0 && !isAwaited) return
      if (length === null || length === 0) {
        await setTimeout(POLL_MS)
        continue
      }
      isAwaited = false
      yield part.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}

const POLL_MS = 20

/** Null where nothing is there yet. */
function readNow(file: number, into: Buffer): number | null {
  try {
    return readSync(file, into)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null
    throw error
  }
}

/** Bytes to text, the byte order mark kept. Throws HardenError `unreadable` for what is too large or no UTF-8. */
export async function decode(chunks: AsyncIterable<Uint8Array | string>, name: string): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    const part = Buffer.from(chunk as Uint8Array)
    parts.push(part)
    size += part.length
    if (size > bounds.textBytes) {
      const hint = hintFor(name)
      const what = `${name} cannot be read: it is larger than ${bounds.textBytes} bytes, so it is not a Dockerfile`
      throw new HardenError('unreadable', what, hint === null ? {} : { hint })
    }
  }
  return textOf(Buffer.concat(parts), name)
}

/** Throws HardenError `unreadable`. */
function textOf(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const line = firstBadLine(bytes)
    throw new HardenError('unreadable', `${name} cannot be read: line ${line} is not valid UTF-8`, {
      hint: hintFor(name) ?? 'save it as UTF-8',
      line,
    })
  }
}

/** For what is more likely an image than a Dockerfile. */
function hintFor(name: string): string | null {
  if (!/\.(?:tar|tgz|tar\.\w+)$/.test(name)) return null
  return `an image in it is named as docker-archive:${name} or oci-archive:${name}`
}

/**
 * Replaces the text of a file, all or nothing: a new file beside it, synced, then renamed over it. Mode and owner stay; behind a
 * symlink it is the file that changes. Refuses when the file no longer has the text `before`, unless it has `after` already, and when
 * the path leads to another file than it was read from. Throws HardenError `unwritable`.
 */
export async function replaceText(path: string, name: string, before: string, after: string): Promise<void> {
  checkPlace(path, `${name} was not written`)
  const now = await readText(path, name)
  // A run that was ended may have come so far.
  if (now === after) return
  if (now !== before) {
    throw new HardenError('unwritable', `${name} was not written: it changed while it was worked on`, {
      hint: 'run again',
    })
  }
  try {
    await replace(await realpath(path), after)
  } catch (error) {
    throw explained('written', name, error)
  }
}

/** Throws HardenError `unwritable` where a path became a link, or lies behind one now: that other file was never looked at. */
function checkPlace(path: string, what: string): void {
  if (leadsElsewhere(path))
    throw new HardenError('unwritable', `${what}: it leads to another file than the one that was read`, {
      hint: 'see which link was put there, and run again',
    })
}

/**
 * Writes a new file or replaces one, all or nothing; makes the folders above it. Below the working folder, which may be a stranger's
 * repository, no link may lead out of it. Throws HardenError `unwritable`.
 */
export async function writeText(path: string, name: string, text: string): Promise<void> {
  const here = process.cwd()
  if (isInside(path, here) && !staysIn(here, path))
    throw new HardenError('unwritable', `${name} was not written: a link leads from there to ${realOf(path)}`, {
      hint: 'remove the link, or name another file',
    })
  try {
    await makeFolder(dirname(path))
    await replace(await realpath(path).catch(() => path), text)
  } catch (error) {
    throw explained('written', name, error)
  }
}

/** With those above it. Node's own `recursive` never ends where nothing can be made, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  const above = dirname(path)
  if ((await stat(path).catch(() => null)) !== null) return
  if ((await stat(above).catch(() => null)) === null) await makeFolder(above)
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    // Another target's file may go there.
    if (error.code === 'EEXIST') return
    throw error.code === 'ENOENT' ? failure(path, 'no folder can be made there', 'written') : error
  })
}

async function replace(path: string, text: string): Promise<void> {
  const temporary = await written(path, text)
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** One of several files that change together. Null before: it is made. */
export interface TextChange {
  /** Absolute. */
  readonly path: string
  readonly name: string
  readonly before: string | null
  readonly after: string
}

/**
 * Replaces several files, all of them or none: all are written beside their places before the first one is put there, and
 * what was put there is put back when another one cannot be. As `replaceText` otherwise. Throws HardenError `unwritable`.
 */
export async function replaceTexts(changes: readonly TextChange[]): Promise<void> {
  for (const { path, name, before } of changes) {
    checkPlace(path, `nothing was written: ${name}`)
    const now = (await lstat(path).catch(() => null)) === null ? null : await readText(path, name)
    if (now === before) continue
    const what = before === null ? 'it is there already' : 'it changed while it was worked on'
    throw new HardenError('unwritable', `nothing was written: ${name}: ${what}`, { hint: 'run again' })
  }
  const staged: Staged[] = []
  let at = changes[0]
  try {
    for (const change of changes) {
      at = change
      staged.push(await stage(change))
    }
    for (const [index, one] of staged.entries()) {
      at = changes[index]
      await rename(one.temporary, one.path)
      one.isDone = true
    }
  } catch (error) {
    for (const { path, temporary, backup, isDone } of staged.toReversed()) {
      if (!isDone) await rm(temporary, { force: true })
      else await (backup === null ? rm(path, { force: true }) : rename(backup, path))
    }
    await removeBackups(staged.filter(({ isDone }) => !isDone))
    throw explained('written', at?.name ?? '', error)
  }
  await removeBackups(staged)
  for (const folder of new Set(staged.map(({ path }) => dirname(path)))) await syncFolder(folder)
}

interface Staged {
  /** Links resolved. */
  readonly path: string
  readonly temporary: string
  /** Another name of the old file; null where there was none. */
  readonly backup: string | null
  isDone: boolean
}

async function stage({ path: named, before, after }: TextChange): Promise<Staged> {
  if (before === null) await makeFolder(dirname(named))
  const path = await realpath(named).catch(() => named)
  const temporary = await written(path, after)
  if (before === null) return { path, temporary, backup: null, isDone: false }
  const backup = temporaryBeside(path)
  try {
    // Not every file system has a second name for a file.
    await link(path, backup).catch(() => copyFile(path, backup))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return { path, temporary, backup, isDone: false }
}

async function removeBackups(staged: readonly Staged[]): Promise<void> {
  for (const { backup } of staged) if (backup !== null) await rm(backup, { force: true })
}

/** What is to take the place of a file, beside it: with its mode and owner, and synced. */
async function written(path: string, text: string): Promise<string> {
  const old = await open(path, 'r').catch(() => null)
  const stats = await old?.stat()
  await old?.close()
  if (stats && !stats.isFile()) throw failure(path, 'it is not a regular file', 'written')
  await tidy(dirname(path))
  const temporary = temporaryBeside(path)
  const file = await open(temporary, 'wx', 0o666)
  try {
    await file.writeFile(text)
    if (stats) await keepOwner(file, stats)
    await file.sync()
    await file.close()
    return temporary
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(temporary, { force: true })
    throw error
  }
}

/** Without it a power cut may bring back the old name, of a file that was said to be written. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null)
  // Not every file system can, and Windows opens no folder.
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

const tidied = new Set<string>()

/** Removes what runs that were killed while they wrote into a folder have left beside its files. Never throws. */
export async function tidy(folder: string): Promise<void> {
  if (tidied.has(folder)) return
  tidied.add(folder)
  await removeTemporary(await temporaryFiles(folder))
}

async function keepOwner(file: FileHandle, stats: { mode: number; uid: number; gid: number }): Promise<void> {
  const mine = await file.stat()
  // The owner before the mode: chown clears bits of the mode.
  if (mine.uid !== stats.uid || mine.gid !== stats.gid) await file.chown(stats.uid, stats.gid)
  await file.chmod(stats.mode & 0o7777)
}

/** Errors of the file system become ours; everything else stays what it is. */
function explained(verb: 'read' | 'written', name: string, error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return error
  return failure(name, reasonOf(error as NodeJS.ErrnoException), verb)
}

function failure(name: string, reason: string, verb: 'read' | 'written' = 'read'): HardenError {
  return new HardenError(verb === 'read' ? 'unreadable' : 'unwritable', `${name} cannot be ${verb}: ${reason}`)
}

function firstBadLine(bytes: Buffer): number {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline < 0 ? bytes.length : newline + 1
    const text = bytes.subarray(start, end)
    if (!Buffer.from(text.toString('utf8')).equals(text)) return line
    start = end
  }
  return line
}

/**
 * Text of a file that nobody has named: what lies at a known place beside the Dockerfiles, below `root`. Throws HardenError
 * `unreadable`.
 */
export function readFound(path: string, name: string, root: string): string {
  return textOf(foundBytes(path, name, root), name)
}

function foundBytes(path: string, name: string, root: string): Buffer {
  try {
    return readIn(root, path, bounds.textBytes)
  } catch (error) {
    if (!(error instanceof HardenError)) throw explained('read', name, error)
    throw new HardenError('unreadable', `${name} was not read: ${error.message}`, { hint: 'put the file itself there' })
  }
}
