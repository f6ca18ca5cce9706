import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { type ExtractEvents, extract, type Header } from 'tar-stream'
import type { FileEntry, FileType } from '../file-model.ts'
import { normalisePath } from '../path.ts'
import { textOf, totalLimit, type Wanted } from './kept-texts.ts'

/** The entries of a tar and the texts that were wanted, by absolute path. */
export interface TarContent {
  readonly entries: Map<string, FileEntry>
  readonly texts: Map<string, string>
}

/** A layer has, beside what is whole in it, names for files of the layers below: by path, the path that each is a link to. */
export interface LayerContent extends TarContent {
  readonly links: Map<string, string>
}

export interface TarOptions {
  readonly wanted: (path: string, size: number) => Wanted
  /** Where the tar's root lies in the image; default `/`. */
  readonly under?: string
}

type Source = ExtractEvents['entry'][1]

/** Reads a tar to its end. Contents that are not wanted go by without being held; nothing is written to disk. */
export async function readTar(tar: Readable, options: TarOptions): Promise<LayerContent> {
  const content: LayerContent = { entries: new Map(), texts: new Map(), links: new Map() }
  const budget = { left: totalLimit }
  const reader = extract()
  reader.on('entry', (header, stream, next) => {
    const path = pathOf(header.name, options.under ?? '/')
    const wanted = addEntry(content, path, header, options) ? options.wanted(path, header.size) : null
    stream.on('end', next)
    // A tar that ends too early fails the entry as well as the reader, which is the one that is waited for.
    stream.on('error', () => {})
    if (wanted === null) {
      stream.resume()
      return
    }
    collect(stream, wanted, (text) => keep(content.texts, path, text, wanted, budget))
  })
  const finished = Promise.race([once(reader, 'finish'), once(tar, 'error').then(([error]) => Promise.reject(error))])
  tar.pipe(reader)
  await finished
  return content
}

function keep(texts: Map<string, string>, path: string, text: string, wanted: Wanted, budget: { left: number }): void {
  if (wanted !== 'named') {
    if (text.length > budget.left) return
    budget.left -= text.length
  }
  texts.set(path, text)
}

/** Calls `done` with the text, unless the content turns out to be no text (or no script). */
function collect(stream: Source, wanted: Wanted, done: (text: string) => void): void {
  const chunks: Buffer[] = []
  let first = true
  let worth = true
  stream.on('data', (data) => {
    const chunk = data as Buffer
    if (first && wanted === 'script') worth = chunk[0] === 0x23 && chunk[1] === 0x21
    first = false
    if (worth) chunks.push(chunk)
  })
  stream.on('end', () => {
    const text = worth ? textOf(Buffer.concat(chunks)) : null
    if (text !== null) done(text)
  })
}

/** Adds the entry; true when it is a regular file with content of its own. */
function addEntry(content: LayerContent, path: string, header: Header, options: TarOptions): boolean {
  if (header.type === 'link') {
    const target = pathOf(header.linkname, options.under ?? '/')
    const entry = content.entries.get(target)
    const text = content.texts.get(target)
    if (entry === undefined) content.links.set(path, target)
    else content.entries.set(path, entry)
    if (text !== undefined) content.texts.set(path, text)
    return false
  }
  const entry = entryOf(header)
  content.entries.set(path, entry)
  return entry.type === 'file'
}

function entryOf(header: Header): FileEntry {
  const type = typeOf(header.type)
  return {
    type,
    uid: idOf(header, 'uid'),
    gid: idOf(header, 'gid'),
    mode: header.mode & 0o7777,
    size: type === 'file' ? header.size : 0,
    link: type === 'symlink' ? header.linkname : null,
  }
}

/** tar-stream reads path, linkpath and size of a PAX header, but leaves ids above 2097151 to the caller. */
function idOf(header: Header, key: 'uid' | 'gid'): number {
  const pax = (header.pax as Readonly<Record<string, string>> | null | undefined)?.[key]
  return pax === undefined ? header[key] : Number(pax)
}

function typeOf(type: Header['type']): FileType {
  if (type === 'directory' || type === 'symlink') return type
  return type === 'file' || type === 'contiguous-file' ? 'file' : 'other'
}

function pathOf(name: string, under: string): string {
  if (under === '/' && !/\/\/|(?:^|\/)\.\.?(?:\/|$)/.test(name)) {
    const from = name.startsWith('/') ? 1 : 0
    const to = name.endsWith('/') ? -1 : undefined
    return name === '' || name === '/' ? '/' : `/${name.slice(from, to)}`
  }
  return normalisePath(name.replace(/^\/+/, ''), under)
}
