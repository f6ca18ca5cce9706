import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
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
 * the whole image. A key is the hash of all that is in the image, so what is kept can't be out of date.
 */
export function keptFiles(
  folder = cacheFolder(process.env),
  reader: string | null = typeof IMAGE_READER === 'undefined' ? null : IMAGE_READER,
  limit = defaultLimit,
): KeptFiles {
  const fileOf = (key: string): string | null => {
    const hash = digest.exec(key)?.[1]
    return hash === undefined || reader === null ? null : join(folder, `${hash}-${reader}.json.gz`)
  }
  return {
    async read(key) {
      const file = fileOf(key)
      if (file === null) return null
      try {
        const { paths, entries, texts } = JSON.parse(String(await unpack(await readFile(file)))) as Stored
        const now = new Date()
        await utimes(file, now, now)
        return {
          entries: new Map(paths.map((path, index) => [path, entries[index] as FileEntry])),
          texts: new Map(texts),
        }
      } catch {
        // Not there, or broken off: then the image is read.
        return null
      }
    },
    async write(key, { entries, texts }) {
      const file = fileOf(key)
      if (file === null) return
      const stored: Stored = { paths: [...entries.keys()], entries: [...entries.values()], texts: [...texts] }
      const beside = `${file}.${randomBytes(4).toString('hex')}`
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        // Configuration of images may hold what is not for everybody.
        await writeFile(beside, await pack(JSON.stringify(stored), { level: 1 }), { mode: 0o600 })
        await rename(beside, file)
        await removeOldest(folder, limit)
      } catch {
        await rm(beside, { force: true }).catch(() => undefined)
      }
    },
  }
}

const pack = promisify<string, { level: number }, Buffer>(gzip)
const unpack = promisify<Buffer, Buffer>(gunzip)

/** XDG Base Directory Specification. */
function cacheFolder({ XDG_CACHE_HOME, HOME }: NodeJS.ProcessEnv): string {
  return join(XDG_CACHE_HOME || join(HOME || homedir(), '.cache'), 'harden-image', 'images')
}

async function removeOldest(folder: string, limit: number): Promise<void> {
  const names = await readdir(folder)
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const { size, mtimeMs } = await stat(path)
      return { path, size, mtimeMs }
    }),
  )
  let left = limit
  for (const { path, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    left -= size
    if (left < 0) await rm(path, { force: true })
  }
}
