import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { linesOfFile } from '../../../src/proof/trace/growing-trace.ts'
import { entry } from './support/tar.ts'

async function lines(tar: Buffer, chunk: number, from = 0): Promise<string[]> {
  const chunks: Buffer[] = []
  for (let at = 0; at < tar.length; at += chunk) chunks.push(tar.subarray(at, at + chunk))
  const found: string[] = []
  for await (const line of linesOfFile(Readable.from(chunks), from)) found.push(line)
  return found
}

const text = `one\n${'x'.repeat(700)}\nthree\nhalf`
const whole = Buffer.concat([entry('x', '20 mtime=1.5\n'), entry('0', text), Buffer.alloc(1024)])

test.each([1, 100, 511, 513, 100_000])('whole lines, in chunks of %i', async (chunk) => {
  expect(await lines(whole, chunk)).toEqual(['one', 'x'.repeat(700), 'three'])
})

test.each([1, 3, 511, 100_000])('only what follows the bytes that were read before, in chunks of %i', async (chunk) => {
  expect(await lines(whole, chunk, 'one\n'.length)).toEqual(['x'.repeat(700), 'three'])
  expect(await lines(whole, chunk, text.length - 'half'.length)).toEqual([])
})

test('an empty file has no lines', async () => {
  expect(await lines(Buffer.concat([entry('0', ''), Buffer.alloc(1024)]), 512)).toEqual([])
})
