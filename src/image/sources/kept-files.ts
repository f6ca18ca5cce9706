import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip, gzip } from 'node:zlib'
import { bounds } from '../../bounds.ts'
import { cacheFolder } from '../../temporary.ts'
import type { FileEntry } from '../file-model.ts'
import type { TarContent } from './tar.ts'

/** Hash of the code that reads images: what other code has kept is not read. Set by scripts/build.mjs; without it nothing is kept. */
declare const IMAGE_READER: string | undefined

/** Bytes of all that is kept. */
const defaultLimit = 256 * 1024 * 1024
const digest = /^sha256:([0-9a-f]{64})$/

export interface KeptFiles {
  /** Null where they are not here. `key`: `sha256:…`. */
  read(key: string): Promise<TarContent | null>
  /** Never throws: what can't be kept is read again. */
  write(key: string, content: TarContent): Promise<void>
}

interface Stored {
  readonly paths: readonly string[]
  readonly entries: readonly FileEntry[]
  readonly texts: readonly (readonly [string, string])[]
}

/**
 * Files of images from one run to the next, one file an image, the oldest going first: reading them takes an export of
 * the whole image. A key is the hash of all that is in the image, so what is kept can't be out of date. Only what is this
 * user's, and nobody else can write, is believed: it says who owns what in an image.
 */
export function keptFiles(
  folder = cacheFolder(process.env, 'images'),
  reader: string | null = typeof IMAGE_READER === 'undefined' ? null : IMAGE_READER,
  limit = defaultLimit,
  most = bounds.keptFilesBytes,
): KeptFiles {
  const fileOf = (key: string): string | null => {
    const hash = digest.exec(key)?.[1]
    return hash === undefined || reader === null ? null : join(folder, `${hash}-${reader}${ending}`)
  }
  return {
    async read(key) {
      const file = fileOf(key)
      if (file === null) return null
      let handle: FileHandle | null = null
      try {
        if (!(await isOwnFolder(folder))) return null
        handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
        const stats = await handle.stat()
        if (!stats.isFile() || stats.nlink !== 1 || !isOwn(stats) || stats.size > most) return null
        const content = parseKept(await unpack(handle, most))
        const now = new Date()
        await handle.utimes(now, now)
        return content
      } catch {
        // Not there, or broken off: then the image is read.
        return null
      } finally {
        await handle?.close()
      }
    },
    async write(key, { entries, texts }) {
      const file = fileOf(key)
      if (file === null || sizeOf(entries, texts) > most) return
      const stored: Stored = { paths: [...entries.keys()], entries: [...entries.values()], texts: [...texts] }
      const beside = `${file}.${randomBytes(4).toString('hex')}`
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        if (!(await isOwnFolder(folder))) return
        // Configuration of images may hold what is not for everybody.
        await writeFile(beside, await pack(JSON.stringify(stored), { level: 1 }), { mode: 0o600, flag: 'wx' })
        await rename(beside, file)
        await removeOldest(folder, limit)
      } catch {
        await rm(beside, { force: true }).catch(() => undefined)
      }
    },
  }
}

const ending = '.json.gz'
const pack = promisify<string, { level: number }, Buffer>(gzip)

async function unpack(file: FileHandle, most: number): Promise<string> {
  const unpacked = createGunzip()
  pipeline(file.createReadStream({ autoClose: false }), unpacked, () => {})
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of unpacked as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > most) throw new Error(`more than ${most} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Throws for what this program does not write. */
function parseKept(text: string): TarContent {
  const { paths, entries, texts } = JSON.parse(text) as Record<keyof Stored, unknown>
  if (!Array.isArray(paths) || !Array.isArray(entries) || !Array.isArray(texts) || paths.length !== entries.length)
    throw new Error('no files of an image')
  const files = new Map<string, FileEntry>()
  paths.forEach((path, index) => {
    const entry = entries[index]
    if (typeof path !== 'string' || !path.startsWith('/') || !isEntry(entry)) throw new Error('no entry')
    files.set(path, entry)
  })
  for (const text of texts)
    if (!Array.isArray(text) || text.length !== 2 || typeof text[1] !== 'string' || files.get(text[0])?.type !== 'file')
      throw new Error('no text')
  return { entries: files, texts: new Map(texts as Stored['texts']) }
}

function isEntry(value: unknown): value is FileEntry {
  if (typeof value !== 'object' || value === null) return false
  const { type, uid, gid, mode, size, link, capabilities = [] } = value as Record<keyof FileEntry, unknown>
  const isNumber = (number: unknown, most: number): boolean =>
    typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= most
  return (
    ['file', 'directory', 'symlink', 'other'].includes(type as string) &&
    isNumber(uid, 0xffff_ffff) &&
    isNumber(gid, 0xffff_ffff) &&
    isNumber(mode, 0o7777) &&
    isNumber(size, Number.MAX_SAFE_INTEGER) &&
    (type === 'symlink' ? typeof link === 'string' : link === null) &&
    Array.isArray(capabilities) &&
    capabilities.every((name) => typeof name === 'string')
  )
}

/** About as many bytes as it takes as text, which is not made of what is too large. */
function sizeOf(entries: ReadonlyMap<string, FileEntry>, texts: ReadonlyMap<string, string>): number {
  let size = 0
  for (const [path, { link }] of entries) size += path.length + (link?.length ?? 0) + 80
  for (const [path, text] of texts) size += path.length + text.length
  return size
}

interface Owned {
  readonly uid: number
  readonly mode: number
}

/** Of this user, and nobody else can write to it. */
function isOwn({ uid, mode }: Owned): boolean {
  return uid === (process.getuid?.() ?? uid) && (mode & 0o022) === 0
}

async function isOwnFolder(folder: string): Promise<boolean> {
  const stats = await lstat(folder)
  return stats.isDirectory() && isOwn(stats)
}

/** What a run that was killed has left half written. */
const staleMs = 60 * 60 * 1000

async function removeOldest(folder: string, limit: number): Promise<void> {
  const names = await readdir(folder)
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const { size, mtimeMs } = await lstat(path)
      return { path, size, mtimeMs }
    }),
  )
  let left = limit
  for (const { path, size, mtimeMs } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    left -= size
    const isStale = !path.endsWith(ending) && mtimeMs < Date.now() - staleMs
    if (left < 0 || isStale) await rm(path, { force: true })
  }
}
