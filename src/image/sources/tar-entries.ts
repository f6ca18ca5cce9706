import { bounds } from '../../bounds.ts'
import { fileCapabilities } from '../capabilities.ts'

/** One entry of a tar, with what pax and GNU headers say of it. */
export interface TarHeader {
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink' | 'link' | 'other'
  /** Of a symlink and a hard link; else ''. */
  readonly link: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of the file as it is unpacked; 0 for what is no file. */
  readonly size: number
  /** Seconds since 1970. */
  readonly changed: number
  /** The content stands in the tar without its holes. */
  readonly isSparse: boolean
  /** Of a program, with the effective bit; without `CAP_`. */
  readonly capabilities: readonly string[]
}

export interface StreamedEntry {
  readonly header: TarHeader
  /** To be read before the next entry is asked for; what is not read goes by. */
  content(): AsyncIterable<Buffer>
}

const BLOCK = 512

/**
 * The entries of a tar as Go's archive/tar reads them, by which engines unpack layers (https://pkg.go.dev/archive/tar): the
 * archive ends at two empty blocks, a global pax header says nothing of other entries, and a number that is none is an
 * error. What comes after the end is read, and says nothing. Throws Error for what is no tar; closes the source.
 */
export async function* tarEntries(tar: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedEntry> {
  const bytes = byteReader(tar)
  try {
    for (;;) {
      const entry = await nextHeader(bytes)
      if (entry === null) break
      const { header, stored } = entry
      let left = stored
      yield {
        header,
        async *content() {
          while (left > 0) {
            const chunk = await bytes.some(left)
            left -= chunk.length
            yield chunk
          }
        },
      }
      await bytes.skip(left + padding(stored))
    }
    await bytes.drain()
  } finally {
    await bytes.close()
  }
}

interface Pax {
  readonly [key: string]: string
}

async function nextHeader(bytes: ByteReader): Promise<{ readonly header: TarHeader; readonly stored: number } | null> {
  let pax: Pax = {}
  let longName: string | null = null
  let longLink: string | null = null
  for (;;) {
    const block = await bytes.block()
    if (block === null) return null
    if (isEmpty(block)) {
      const second = await bytes.block()
      if (second === null || isEmpty(second)) return null
      throw new Error('one of its headers is empty')
    }
    checkSum(block)
    const flag = String.fromCharCode(block[156] ?? 0)
    const size = numberAt(block, 124, 12, 'size')
    if (size < 0) throw new Error('one of its headers has a negative size')
    if ('xgLK'.includes(flag)) {
      if (size > bounds.tarHeaderBytes)
        throw new Error(`one of its headers has ${size} bytes, more than ${bounds.tarHeaderBytes}`)
      const value = await bytes.exactly(size)
      await bytes.skip(padding(size))
      if (flag === 'x') pax = parsePax(value)
      else if (flag === 'L') longName = textOf(value, 0, value.length)
      else if (flag === 'K') longLink = textOf(value, 0, value.length)
      continue
    }
    return headerOf(bytes, block, flag, { size, pax, longName, longLink })
  }
}

async function headerOf(
  bytes: ByteReader,
  block: Buffer,
  flag: string,
  said: {
    readonly size: number
    readonly pax: Pax
    readonly longName: string | null
    readonly longLink: string | null
  },
): Promise<{ readonly header: TarHeader; readonly stored: number }> {
  const { pax } = said
  const name = said.longName ?? pax['GNU.sparse.name'] ?? pax.path ?? nameOf(block)
  const link = said.longLink ?? pax.linkpath ?? textOf(block, 157, 100)
  for (const text of [name, link])
    if (text.includes('\0')) throw new Error(`a name in it has a NUL byte: ${JSON.stringify(text.slice(0, 80))}`)
  const type =
    flag === '\0' || flag === '0' ? (name.endsWith('/') ? 'directory' : 'file') : (types.get(flag) ?? 'other')
  const stored = 'file' === type || !hasNoContent.includes(flag) ? (fromPax(pax, 'size', name) ?? said.size) : 0
  const holes = flag === 'S' ? await readHoles(bytes, block) : fromPax(pax, 'GNU.sparse.realsize', name)
  const real = holes ?? fromPax(pax, 'GNU.sparse.size', name)
  const header: TarHeader = {
    name,
    type,
    link: type === 'symlink' || type === 'link' ? link : '',
    mode: numberAt(block, 100, 8, 'mode') & 0o7777,
    uid: idOf(fromPax(pax, 'uid', name) ?? numberAt(block, 108, 8, 'uid'), name, 'uid'),
    gid: idOf(fromPax(pax, 'gid', name) ?? numberAt(block, 116, 8, 'gid'), name, 'gid'),
    size: type === 'file' ? (real ?? stored) : 0,
    changed: numberAt(block, 136, 12, 'time'),
    isSparse: real !== null,
    capabilities: fileCapabilities(Buffer.from(pax[CAPABILITY] ?? '', 'latin1')),
  }
  return { header, stored }
}

const types: ReadonlyMap<string, TarHeader['type']> = new Map([
  ['1', 'link'],
  ['2', 'symlink'],
  ['5', 'directory'],
  ['7', 'file'],
  ['S', 'file'],
])
/** Links, devices, folders and pipes: no content follows, whatever their size says. */
const hasNoContent = '123456'

function nameOf(block: Buffer): string {
  const name = textOf(block, 0, 100)
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0'
  const isStar = isUstar && block.toString('latin1', 508, 512) === 'tar\0'
  const prefix = isUstar ? textOf(block, 345, isStar ? 131 : 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** The old GNU format has the size with the holes in it, and goes on with blocks that only say where those are. */
async function readHoles(bytes: ByteReader, block: Buffer): Promise<number> {
  const real = numberAt(block, 483, 12, 'size')
  for (let more = block[482] === 1; more; ) {
    const next = await bytes.block()
    if (next === null) throw new Error(ended)
    more = next[504] === 1
  }
  if (real < 0) throw new Error('one of its headers has a negative size')
  return real
}

function idOf(id: number, name: string, key: string): number {
  // What chown(2) takes; its largest one means "leave it".
  if (id >= 0 && id < 0xffff_ffff) return id
  throw new Error(`${JSON.stringify(name.slice(0, 200))} has the ${key} ${id}, which is none`)
}

function fromPax(pax: Pax, key: string, name: string): number | null {
  const text = pax[key]
  if (text === undefined || text === '') return null
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  const shown = JSON.stringify(name.slice(0, 200))
  throw new Error(`${shown} has the ${key} ${JSON.stringify(text.slice(0, 40))}, which is no number`)
}

/** Bytes, not text. Engines write it so: https://pkg.go.dev/archive/tar#Header.PAXRecords */
const CAPABILITY = 'SCHILY.xattr.security.capability'

/** Only what decides something is kept. */
const paxKeys = new Set([
  'path',
  'linkpath',
  'size',
  'uid',
  'gid',
  'GNU.sparse.name',
  'GNU.sparse.size',
  'GNU.sparse.realsize',
  CAPABILITY,
])

/** Records of the form `LENGTH KEY=VALUE\n`: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03 */
function parsePax(value: Buffer): Pax {
  const found: Record<string, string> = {}
  for (let at = 0; at < value.length; ) {
    const space = value.indexOf(0x20, at)
    const digits = space < 0 || space - at > 8 ? '' : value.toString('latin1', at, space)
    const length = /^\d+$/.test(digits) ? Number(digits) : 0
    const equals = value.indexOf(0x3d, space)
    const end = at + length
    if (end > value.length || equals < 0 || equals >= end || value[end - 1] !== 0x0a)
      throw new Error('one of its pax headers is broken')
    const key = value.toString('utf8', space + 1, equals)
    if (paxKeys.has(key)) found[key] = value.toString(key === CAPABILITY ? 'latin1' : 'utf8', equals + 1, end - 1)
    at = end
  }
  return found
}

/** Octal text, or the number itself with its first bit set. */
function numberAt(block: Buffer, from: number, length: number, what: string): number {
  const first = block[from] ?? 0
  if ((first & 0x80) !== 0) {
    let value = (first & 0x40) === 0 ? first & 0x3f : (first & 0x7f) - 0x80
    for (let at = from + 1; at < from + length; at++) value = value * 256 + (block[at] ?? 0)
    if (Number.isSafeInteger(value)) return value
    throw new Error(`one of its headers has the ${what} ${value}`)
  }
  const text = block.toString('latin1', from, from + length).replace(/^[ \0]+|(?<![ \0])[ \0]+$/g, '')
  if (text === '') return 0
  if (/^[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  throw new Error(`one of its headers has the ${what} ${JSON.stringify(text)}, which is no octal number`)
}

function checkSum(block: Buffer): void {
  let sum = 0
  let signed = 0
  for (let at = 0; at < BLOCK; at++) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0)
    sum += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  const said = Number.parseInt(block.toString('latin1', 148, 156).replace(/[ \0]+/g, ''), 8)
  if (said !== sum && said !== signed) throw new Error('it is no tar, or is damaged: the checksum of a header is wrong')
}

function isEmpty(block: Buffer): boolean {
  return block.every((byte) => byte === 0)
}

function textOf(block: Buffer, from: number, length: number): string {
  const end = block.indexOf(0, from)
  return block.toString('utf8', from, end < 0 || end > from + length ? from + length : end)
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

const ended = 'Unexpected end of data'

interface ByteReader {
  /** Null at the end; throws where it ends in the middle of one. */
  block(): Promise<Buffer | null>
  exactly(size: number): Promise<Buffer>
  /** At least one byte and at most `most`. */
  some(most: number): Promise<Buffer>
  skip(size: number): Promise<void>
  drain(): Promise<void>
  close(): Promise<void>
}

function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  let isOver = false
  const fill = async (): Promise<boolean> => {
    while (!isOver && held.length === 0) {
      const { value, done } = await iterator.next()
      if (done) isOver = true
      else held = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
    return held.length > 0
  }
  const some = async (most: number): Promise<Buffer> => {
    if (held.length === 0 && !(await fill())) throw new Error(ended)
    const part = held.subarray(0, most)
    held = held.subarray(part.length)
    return part
  }
  const exactly = async (size: number): Promise<Buffer> => {
    if (held.length >= size) {
      const whole = held.subarray(0, size)
      held = held.subarray(size)
      return whole
    }
    const parts: Buffer[] = []
    for (let left = size; left > 0; ) {
      const part = await some(left)
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts)
  }
  return {
    some,
    exactly,
    block: async () => (held.length > 0 || (await fill()) ? exactly(BLOCK) : null),
    skip: async (size) => {
      for (let left = size; left > 0; ) left -= (await some(left)).length
    },
    drain: async () => {
      while (await fill()) held = Buffer.alloc(0)
    },
    close: async () => {
      if (!isOver) await iterator.return?.()
    },
  }
}
