import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { linesOfFile } from '../../../src/proof/trace/trace-file.ts'

function header(type: string, size: number): Buffer {
  const block = Buffer.alloc(512)
  block.write('trace')
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write(type, 156)
  return block
}

function entry(type: string, content: string): Buffer {
  return Buffer.concat([
    header(type, content.length),
    Buffer.from(content),
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ])
}

async function lines(tar: Buffer, chunk: number): Promise<string[]> {
  const chunks: Buffer[] = []
  for (let at = 0; at < tar.length; at += chunk) chunks.push(tar.subarray(at, at + chunk))
  const found: string[] = []
  for await (const line of linesOfFile(Readable.from(chunks))) found.push(line)
  return found
}

const text = `one\n${'x'.repeat(700)}\nthree\nhalf`
const whole = Buffer.concat([entry('x', '20 mtime=1.5\n'), entry('0', text), Buffer.alloc(1024)])

test.each([1, 100, 511, 513, 100_000])('whole lines, in chunks of %i', async (chunk) => {
  expect(await lines(whole, chunk)).toEqual(['one', 'x'.repeat(700), 'three'])
})

test('an empty file has no lines', async () => {
  expect(await lines(Buffer.concat([entry('0', ''), Buffer.alloc(1024)]), 512)).toEqual([])
})
