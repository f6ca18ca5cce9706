import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract, type Header } from 'tar-stream'
import { HardenError } from '../../../errors.ts'
import { normalisePath, parentOf } from '../../path.ts'
import type { Blobs } from './blobs.ts'
import { decompressed, peek } from './compression.ts'
import { broken } from './stored-image.ts'

/** Manifests and configs; of a blob that starts like one and is larger nobody wants the text. */
const LARGEST_TEXT = 4 * 1024 * 1024

export interface ArchiveBlobs extends Blobs {
  /** The path that a name leads to; itself where it is no link. */
  real(name: string): string
}

/**
 * A tar as the blobs in it, by their paths without a leading slash. It is read once for all its small texts and once for
 * each call of `each`, whatever the order of what is in it; itself it may be compressed.
 */
export async function archiveBlobs(title: string, file: string): Promise<ArchiveBlobs> {
  const texts = new Map<string, string>()
  const links = new Map<string, string>()
  await walk(title, file, async (name, { type, size = 0, linkname }, stream) => {
    // Archives of Docker before 25 have a layer that several images share once, and links to it.
    if (type === 'symlink' && linkname != null) links.set(name, normalisePath(linkname, parentOf(`/${name}`)).slice(1))
    if (type !== 'file' || size > LARGEST_TEXT) return
    const { start, rest } = await peek(stream)
    if (/^[[{]/.test(start.toString('latin1'))) texts.set(name, await readText(rest))
    else rest.on('error', () => {}).resume()
  })
  const real = (name: string): string => links.get(name) ?? name
  return {
    title,
    real,
    text: async (name) => texts.get(real(name)) ?? null,
    each: async (names, read) => {
      const missing = new Set(names)
      await walk(title, file, async (name, { type, size = 0 }, stream) => {
        if (type !== 'file' || !missing.delete(name)) return
        await read(name, stream, size)
      })
      for (const name of missing) throw broken({ title }, `${name} is missing in it`)
    },
  }
}

type Visit = (name: string, header: Header, stream: Readable) => Promise<void>

/** Visits the entries one after the other; what a visit leaves of one goes by. */
async function walk(title: string, file: string, visit: Visit): Promise<void> {
  const source = createReadStream(file)
  try {
    const tar = await decompressed(source)
    const reader = extract()
    reader.on('entry', (header, entry, next) => {
      // A tar that ends too early fails the entry as well as the reader, which is the one that is waited for.
      entry.on('error', () => {})
      const ended = once(entry, 'end')
      ended.catch(() => {})
      const stream = entry as unknown as Readable
      visit(header.name.replace(/^(?:\.?\/)+/, ''), header, stream)
        .then(() => stream.resume())
        .then(() => ended)
        .then(
          () => next(),
          (error: Error) => reader.destroy(error),
        )
    })
    await pipeline(tar, reader)
  } catch (error) {
    throw asBroken(title, error)
  } finally {
    source.destroy()
  }
}

function asBroken(title: string, error: unknown): unknown {
  return error instanceof Error && !(error instanceof HardenError) ? broken({ title }, error.message) : error
}

export async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
