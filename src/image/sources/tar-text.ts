import { entryBytes, imageLimits } from './image-limits.ts'
import { asBroken } from './stored/blobs.ts'
import { type TarEntry as Entry, tarEntries } from './tar-entries.ts'

const LARGEST = 512 * 1024
/** All texts of one tar together. */
const LARGEST_ALL = 16 * 1024 * 1024

/** The regular files of a small tar as text, by their name in it; what is larger is cut. */
export async function readTarTexts(tar: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  let left = LARGEST_ALL
  for await (const { header, content } of copied(tar)) {
    if (header.type !== 'file' || left <= 0) continue
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of content()) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= LARGEST) break
    }
    const text = Buffer.concat(chunks).subarray(0, LARGEST).toString('utf8')
    left -= text.length + header.name.length
    texts.set(header.name, text)
  }
  return texts
}

export interface TarEntry {
  readonly type: 'file' | 'directory' | 'other'
  readonly uid: number
  /** Bytes; 0 for what is no file. */
  readonly size: number
  /** Of its last change, milliseconds since 1970; 0 where that is not told. */
  readonly changed: number
}

/** Name, kind, size and time of every entry of a tar, nothing of its content. */
export async function readTarEntries(tar: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, TarEntry>> {
  const found = new Map<string, TarEntry>()
  const limits = imageLimits()
  for await (const { header } of copied(tar)) {
    const { type, name, uid, size, changed } = header
    limits.hold(entryBytes(name, null))
    found.set(name.replace(/\/$/, ''), {
      type: type === 'file' || type === 'directory' ? type : 'other',
      uid,
      size,
      changed: changed * 1000,
    })
  }
  return found
}

async function* copied(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  try {
    yield* tarEntries(tar)
  } catch (error) {
    throw asBroken({ title: 'what the engine copied out of a container' }, error)
  }
}
