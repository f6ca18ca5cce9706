import { createReadStream } from 'node:fs'
import { bounds } from '../../../bounds.ts'
import { normalisePath, parentOf } from '../../../path.ts'
import { imageLimits } from '../image-limits.ts'
import { type TarHeader, tarEntries } from '../tar-entries.ts'
import type { Blobs } from './blobs.ts'
import { decompressed, peek } from './compression.ts'
import { asBroken, broken } from './documents.ts'

export interface ArchiveBlobs extends Blobs {
  /** The path that a name leads to; itself where it is no link. */
  real(name: string): string
}

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
  await walk({ title, file, signal }, async (name, { type, size, link }, content) => {
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
      await walk({ title, file, signal }, async (name, { type, size }, content) => {
        if (type !== 'file' || !missing.delete(name)) return
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
