import type { Readable } from 'node:stream'

const headerBytes = 8

/**
 * Last `keptBytes` of a container's stdout and stderr together. `framed`: each piece follows a header of eight bytes, its
 * stream and its length (big-endian, from byte 4 on), as the API sends it for a container without a terminal.
 */
export async function readLogStream(body: Readable, framed: boolean, keptBytes: number): Promise<string> {
  const kept = tailOf(keptBytes)
  let header = Buffer.alloc(0)
  let left = 0
  for await (const part of body) {
    let chunk = part as Buffer
    if (!framed) {
      kept.add(chunk)
      continue
    }
    while (chunk.length > 0) {
      if (left > 0) {
        kept.add(chunk.subarray(0, left))
        const taken = Math.min(left, chunk.length)
        left -= taken
        chunk = chunk.subarray(taken)
        continue
      }
      const missing = headerBytes - header.length
      header = Buffer.concat([header, chunk.subarray(0, missing)])
      chunk = chunk.subarray(missing)
      if (header.length === headerBytes) {
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
      }
    }
  }
  return kept.text()
}

/** Keeps no more than twice what is asked for, however much comes. */
function tailOf(bytes: number): { add(chunk: Buffer): void; text(): string } {
  let chunks: Buffer[] = []
  let size = 0
  const cut = (): Buffer => {
    const all = Buffer.concat(chunks)
    return all.subarray(Math.max(0, all.length - bytes))
  }
  return {
    add: (chunk) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= 2 * bytes) return
      const rest = cut()
      chunks = [rest]
      size = rest.length
    },
    text: () => cut().toString('utf8'),
  }
}
