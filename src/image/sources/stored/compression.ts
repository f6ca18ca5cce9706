import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import { bounds } from '../../../bounds.ts'
import type { ImageLimits } from '../image-limits.ts'

type Bytes = AsyncIterable<Buffer>

const formats = [
  { name: 'gzip', magic: [0x1f, 0x8b], open: gunzipped },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], open: unzstd },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], open: null },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], open: null },
] as const

/**
 * The first bytes say how a blob is compressed; media types do not always. Throws for what is not read; `limits` ends what
 * unpacks without end.
 */
export async function decompressed(blob: Bytes, limits: Pick<ImageLimits, 'unpack'>): Promise<Bytes> {
  const { start, rest } = await peek(blob)
  const format = formats.find(({ magic }) => magic.every((byte, index) => start[index] === byte))
  if (format?.open === null) throw new Error(`it is compressed with ${format.name}, and only gzip and zstd are read`)
  const counted = counting(rest, (bytes) => limits.unpack(0, bytes))
  return counting(format === undefined ? counted : format.open(counted), (bytes) => limits.unpack(bytes, 0))
}

async function* counting(bytes: Bytes, count: (bytes: number) => void): Bytes {
  for await (const chunk of bytes) {
    count(chunk.length)
    yield chunk
  }
}

/** Its first bytes, and all of it. */
export async function peek(blob: Bytes): Promise<{ readonly start: Buffer; readonly rest: Bytes }> {
  const chunks: Buffer[] = []
  const iterator = blob[Symbol.asyncIterator]()
  let length = 0
  while (length < 6) {
    const { value, done } = await iterator.next()
    if (done) break
    chunks.push(value)
    length += value.length
  }
  const start = Buffer.concat(chunks)
  async function* all(): Bytes {
    if (start.length > 0) yield start
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { start, rest: all() }
}

function gunzipped(bytes: Bytes): Bytes {
  const unpacked = createGunzip({ chunkSize: 128 * 1024 })
  // A failure of the source ends what comes out as well.
  pipeline(Readable.from(bytes, { objectMode: false }), unpacked, () => {})
  return unpacked
}

const damaged = 'it is no zstd, or is damaged'
/** RFC 8878, 3.1.1.2.4. */
const LARGEST_BLOCK = 128 * 1024

/**
 * Node has zstd of its own from 22.15 on only. fzstd unpacks all that it is given before it returns, and a block of four
 * bytes may come to 128 kB: it is given one block after the other.
 */
async function* unzstd(bytes: Bytes): Bytes {
  const out: Buffer[] = []
  // It uses its window again.
  const reader = new Decompress((data) => out.push(Buffer.from(data)))
  const push = (part: Uint8Array, isLast: boolean): void => {
    try {
      reader.push(part, isLast)
    } catch (error) {
      // It looks for nothing before it reads, so damage may be any error.
      throw new Error(`${damaged}: ${(error as Error).message}`)
    }
  }
  for await (const part of zstdParts(bytes)) {
    push(part, false)
    yield* out.splice(0)
  }
  push(new Uint8Array(0), true)
  yield* out.splice(0)
}

/** A frame's header, its blocks one by one, its checksum; so on for all frames. */
async function* zstdParts(bytes: Bytes): Bytes {
  const take = taker(bytes)
  for (;;) {
    const magic = await take(4, true)
    if (magic === null) return
    const number = magic.readUInt32LE()
    if (number >>> 4 === 0x184d2a5) {
      const size = await take(4)
      // What may be skipped is of no use to the reader either.
      for (let left = size.readUInt32LE(); left > 0; ) left -= (await take(Math.min(left, LARGEST_BLOCK))).length
      continue
    }
    if (number !== 0xfd2fb528) throw new Error(damaged)
    const described = await take(1)
    const flags = described[0] ?? 0
    const isSingle = (flags & 0x20) !== 0
    const rest = await take(
      (isSingle ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0) + ([isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0),
    )
    const window = isSingle ? sizeIn(rest, flags) : windowOf(rest[0] ?? 0)
    if (window > bounds.zstdWindowBytes)
      throw new Error(`it is compressed with zstd and a window of ${window} bytes, more than ${bounds.zstdWindowBytes}`)
    yield Buffer.concat([magic, described, rest])
    for (let isLast = false; !isLast; ) {
      const header = await take(3)
      const value = header.readUIntLE(0, 3)
      isLast = (value & 1) === 1
      const size = value >> 3
      if (size > LARGEST_BLOCK) throw new Error(damaged)
      // One byte that is repeated stands for the block.
      const block = await take(((value >> 1) & 3) === 1 ? 1 : size)
      const checksum = isLast && (flags & 4) !== 0 ? [await take(4)] : []
      yield Buffer.concat([header, block, ...checksum])
    }
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** Of a frame that is one segment: its window is all of it. */
function sizeIn(rest: Buffer, flags: number): number {
  const size = rest.subarray([0, 1, 2, 4][flags & 3])
  if (size.length === 8) return Number(size.readBigUInt64LE())
  return size.readUIntLE(0, size.length) + (size.length === 2 ? 256 : 0)
}

function taker(bytes: Bytes) {
  const iterator = bytes[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  async function take(size: number): Promise<Buffer>
  async function take(size: number, mayEnd: true): Promise<Buffer | null>
  async function take(size: number, mayEnd = false): Promise<Buffer | null> {
    while (held.length < size) {
      const { value, done } = await iterator.next()
      if (done && mayEnd && held.length === 0) return null
      if (done) throw new Error('Unexpected end of data')
      held = held.length === 0 ? value : Buffer.concat([held, value])
    }
    const taken = held.subarray(0, size)
    held = held.subarray(size)
    return taken
  }
  return take
}
