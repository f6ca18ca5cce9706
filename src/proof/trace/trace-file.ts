import type { Readable } from 'node:stream'

const BLOCK = 512

/**
 * The lines of the one file in a tar, as the engine copies a file out of a container, after its first `from` bytes. The
 * last line is left out where it has no end: the file may still be growing. Bytes are characters: strace escapes what
 * is not ASCII.
 */
export async function* linesOfFile(tar: Readable, from = 0): AsyncGenerator<string> {
  let rest = ''
  let known = from
  for await (const all of fileText(tar)) {
    const text = all.slice(known)
    known -= all.length - text.length
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

/** A tar of one file: perhaps extended headers (`x`, `g`), each with its own data, then the file's. Source: pax(1). */
async function* fileText(tar: Readable): AsyncGenerator<string> {
  let held = Buffer.alloc(0)
  let skip = 0
  let left: number | null = null
  for await (const chunk of tar) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, Buffer.from(chunk)])
    while (left === null && held.length >= skip + BLOCK) {
      const header = held.subarray(skip, skip + BLOCK)
      const size = sizeOf(header)
      held = held.subarray(skip + BLOCK)
      const isFile = header[156] === 0 || header[156] === 0x30
      if (isFile) left = size
      else skip = Math.ceil(size / BLOCK) * BLOCK
    }
    if (left === null) continue
    const text = held.subarray(0, left)
    left -= text.length
    held = Buffer.alloc(0)
    if (text.length > 0) yield text.toString('latin1')
  }
}

/** Octal, or binary where the first bit is set (8 GB and more). */
function sizeOf(header: Buffer): number {
  if ((header[124] ?? 0) & 0x80) return Number(header.readBigUInt64BE(128))
  return Number.parseInt(header.toString('latin1', 124, 136).replace(/\0.*$/s, '').trim() || '0', 8)
}
