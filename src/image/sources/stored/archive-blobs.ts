import { constants, createReadStream } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { bounds } from '../../../bounds.ts'
import { isWithin, normalisePath, parentOf } from '../../../path.ts'
import { imageLimits } from '../image-limits.ts'
import { type TarHeader, tarEntries } from '../tar-entries.ts'
import { asBroken, type Blobs, broken } from './blobs.ts'
import { decompressed, peek } from './compression.ts'

export interface ArchiveBlobs extends Blobs {
  /** The path that a name leads to; itself where it is no link. */
  real(name: string): string
}

/** Where reading begins. */
const ENTRANCES = new Set(['manifest.json', 'index.json', 'oci-layout'])

/**
 * A tar as the blobs in it, by their paths without a leading slash. It is read once for all its documents and once for
 * each call of `each`, whatever the order of what is in it; itself it may be compressed.
 */
export async function archiveBlobs(title: string, file: string, signal: AbortSignal): Promise<ArchiveBlobs> {
  const documents = new Map<string, Buffer>()
  const links = new Map<string, string>()
  let left = bounds.archiveDocumentBytes
  const hold = (name: string, bytes: number): void => {
    left -= name.length + bytes
    if (left < 0) throw broken({ title }, `its documents have more than ${bounds.archiveDocumentBytes} bytes`)
  }
  const entrances = new Set<string>()
  await walk({ title, file, signal }, async (name, { type, size, link }, content) => {
    const path = normalisePath(`/${name}`).slice(1)
    if (ENTRANCES.has(path)) {
      if (name !== path || type !== 'file') throw broken({ title }, `${path} is no plain file of that name in it`)
      if (entrances.has(path)) throw broken({ title }, `${path} is in it twice`)
      entrances.add(path)
    }
    // An engine that unpacks it has what came last.
    documents.delete(name)
    links.delete(name)
    // Archives of Docker before 25 have a layer that several images share once, and links to it.
    if (type === 'symlink') {
      hold(name, link.length)
      links.set(name, normalisePath(link, parentOf(`/${name}`)).slice(1))
    }
    if (type !== 'file' || size > bounds.imageConfigBytes) return
    const { start, rest } = await peek(content)
    if (!/^\s*[[{]/.test(start.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '')) && size > start.length) return
    hold(name, size)
    const chunks: Buffer[] = []
    for await (const chunk of rest) chunks.push(chunk)
    documents.set(name, Buffer.concat(chunks))
  })
  const real = (name: string): string => links.get(name) ?? name
  return {
    title,
    real,
    document: async (name, most) => {
      const bytes = documents.get(real(name)) ?? null
      if (bytes !== null && bytes.length > most)
        throw broken({ title }, `${name} has ${bytes.length} bytes, more than ${most}`)
      return bytes
    },
    each: async (names, read) => {
      const missing = new Set(names)
      const wanted = new Set(names)
      await walk({ title, file, signal }, async (name, { type, size }, content) => {
        if (type !== 'file' || !wanted.has(name)) return
        if (!missing.delete(name)) throw broken({ title }, `${name} is in it twice`)
        await read(name, content, size)
      })
      for (const name of missing) throw broken({ title }, `${name} is missing in it`)
    },
  }
}

type Visit = (name: string, header: TarHeader, content: AsyncIterable<Buffer>) => Promise<void>

/** Visits the entries one after the other; what a visit leaves of one goes by. */
async function walk(
  { title, file, signal }: { readonly title: string; readonly file: string; readonly signal: AbortSignal },
  visit: Visit,
): Promise<void> {
  const source = createReadStream(file, { signal })
  const limits = imageLimits()
  try {
    for await (const { header, content } of tarEntries(await decompressed(source, limits)))
      await visit(header.name.replace(/^(?:\.?\/)+/, ''), header, content())
  } catch (error) {
    throw asBroken({ title }, error)
  } finally {
    source.destroy()
  }
}

/** A folder as the regular files in it, by their paths below it. */
export function folderBlobs(title: string, folder: string, signal: AbortSignal): Blobs {
  const opened = (name: string): Promise<FileHandle | null> => openBelow(title, folder, name)
  return {
    title,
    document: async (name, most) => {
      const file = await opened(name)
      if (file === null) return null
      try {
        const { size } = await file.stat()
        if (size > most) throw broken({ title }, `${name} has ${size} bytes, more than ${most}`)
        return await file.readFile({ signal })
      } finally {
        await file.close()
      }
    },
    each: async (names, read) => {
      for (const name of names) {
        const file = await opened(name)
        if (file === null) throw broken({ title }, `${name} is missing in it`)
        try {
          const { size } = await file.stat()
          const blob = file.createReadStream({ autoClose: false, signal })
          await read(name, blob, size)
        } finally {
          await file.close()
        }
      }
    },
  }
}

/** Null where it is missing. A link in the folder may lead to any file of the machine, and to a pipe that nobody writes to. */
async function openBelow(title: string, folder: string, name: string): Promise<FileHandle | null> {
  try {
    const path = await realpath(join(folder, name))
    if (!isWithin(path, await realpath(folder))) throw broken({ title }, `${name} is a link that leads out of it`)
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    if (code === undefined || code === 'unreadable') throw error
    throw broken({ title }, `${name}: ${(error as Error).message}`)
  }
  throw broken({ title }, `${name} is no regular file`)
}
