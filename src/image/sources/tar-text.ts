import type { Readable } from 'node:stream'
import { extract } from 'tar-stream'

const LARGEST = 512 * 1024

/** The regular files of a small tar as text, by their name in it; what is larger is cut. */
export async function readTarTexts(tar: Readable): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  const entries = tar.pipe(extract())
  for await (const entry of entries) {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      if (size < LARGEST) chunks.push(chunk)
      size += chunk.length
    }
    if (entry.header.type === 'file')
      texts.set(entry.header.name, Buffer.concat(chunks).subarray(0, LARGEST).toString('utf8'))
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
export async function readTarEntries(tar: Readable): Promise<ReadonlyMap<string, TarEntry>> {
  const found = new Map<string, TarEntry>()
  const entries = tar.pipe(extract())
  for await (const entry of entries) {
    // A tar that ends too early fails the entry as well as the loop.
    entry.on('error', () => {})
    entry.resume()
    const { type, name, uid, size, mtime } = entry.header
    found.set(name.replace(/\/$/, ''), {
      type: type === 'file' || type === 'directory' ? type : 'other',
      uid: uid ?? 0,
      size: size ?? 0,
      changed: mtime?.getTime() ?? 0,
    })
  }
  return found
}
