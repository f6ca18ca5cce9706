import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readLogStream } from '../../src/engine/api/api-engine.ts'

function frame(text: string): Buffer {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

/** In pieces of these lengths, over and over. */
function cut(bytes: Buffer, lengths: readonly number[]): Readable {
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return Readable.from(pieces)
}

describe('a log', () => {
  test('loses its frames, however it comes in pieces', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), lengths, async (texts, pieces) => {
        const bytes = Buffer.concat(texts.map(frame))
        expect(await readLogStream(cut(bytes, pieces), true, 1e6)).toBe(texts.join(''))
      }),
    )
  })

  test('of a terminal is taken as it is', async () => {
    expect(await readLogStream(cut(Buffer.from('\x01\0\0\0plain'), [3]), false, 100)).toBe('\x01\0\0\0plain')
  })

  test('keeps its end', async () => {
    const texts = Array.from({ length: 100 }, (_, index) => `line ${index}\n`)
    const kept = await readLogStream(cut(Buffer.concat(texts.map(frame)), [7]), true, 16)
    expect(kept).toBe('line 98\nline 99\n')
  })
})
