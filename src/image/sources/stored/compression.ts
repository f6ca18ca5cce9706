import { Readable, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'

const formats = [
  { name: 'gzip', magic: [0x1f, 0x8b], open: createGunzip },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], open: createUnzstd },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], open: null },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], open: null },
] as const

/** The first bytes say how a blob is compressed; media types do not always. Throws for what is not read. */
export async function decompressed(blob: Readable): Promise<Readable> {
  const { start, rest } = await peek(blob)
  const format = formats.find(({ magic }) => magic.every((byte, index) => start[index] === byte))
  if (format === undefined) return rest
  if (format.open === null) throw new Error(`it is compressed with ${format.name}, and only gzip and zstd are read`)
  const unpacked = format.open()
  rest.on('error', (error) => unpacked.destroy(error))
  return rest.pipe(unpacked)
}

/** Its first bytes, and a stream that still has them. */
export async function peek(blob: Readable): Promise<{ readonly start: Buffer; readonly rest: Readable }> {
  const chunks: Buffer[] = []
  const iterator = blob[Symbol.asyncIterator]()
  let length = 0
  while (length < 6) {
    const { value, done } = await iterator.next()
    if (done) break
    chunks.push(value as Buffer)
    length += (value as Buffer).length
  }
  const start = Buffer.concat(chunks)
  async function* all(): AsyncIterable<Buffer> {
    if (start.length > 0) yield start
    for (;;) {
      const { value, done } = await iterator.next()
      if (done) return
      yield value as Buffer
    }
  }
  return { start, rest: Readable.from(all(), { objectMode: false }) }
}

/** Node has zstd of its own from 22.15 on only. */
function createUnzstd(): Transform {
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      attempt(() => reader.push(chunk), done)
    },
    flush(done) {
      attempt(() => reader.push(new Uint8Array(0), true), done)
    },
  })
  const reader = new Decompress((data) => {
    // It uses its window again.
    stream.push(Buffer.from(data))
  })
  return stream
}

function attempt(run: () => void, done: (error?: Error | null) => void): void {
  try {
    run()
    done()
  } catch (error) {
    done(error as Error)
  }
}
