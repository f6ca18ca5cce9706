import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { pack } from 'tar-stream'
import { readTar } from '../../src/image/sources/tar.ts'
import { readTarEntries, readTarTexts } from '../../src/image/sources/tar-text.ts'

const content = 'x'.repeat(4000)

async function tarBytes(): Promise<Buffer> {
  const tar = pack()
  tar.entry({ name: 'etc/', type: 'directory', uid: 5 })
  tar.entry({ name: 'etc/passwd', uid: 7 }, content)
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const readers = {
  readTar: (tar: Readable) => readTar(tar, { wanted: () => null }),
  'readTar that keeps the text': (tar: Readable) => readTar(tar, { wanted: () => 'named' }),
  readTarTexts,
  readTarEntries,
}

describe('a tar', () => {
  test('is read to its end', async () => {
    const { entries, texts } = await readTar(Readable.from([await tarBytes()]), { wanted: () => 'named' })
    expect(entries.get('/etc/passwd')).toMatchObject({ type: 'file', uid: 7, size: content.length })
    expect(texts.get('/etc/passwd')).toBe(content)
  })

  // What comes of an engine that is killed in the middle of an export: an error to catch, not the end of the process.
  for (const [name, read] of Object.entries(readers)) {
    test(`that ends in the middle of a file is refused by ${name}`, async () => {
      const bytes = await tarBytes()
      await expect(read(Readable.from([bytes.subarray(0, 2048)]))).rejects.toThrow('Unexpected end of data')
    })
  }
})
