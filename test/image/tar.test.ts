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

  // `setcap cap_net_raw+ep`, `+p`, and what is no such attribute, as `docker export` writes them.
  test.each<[string, string, readonly string[] | undefined]>([
    ['cap_net_raw+ep', '0100000200200000000000000000000000000000', ['NET_RAW']],
    ['cap_bpf+ep, in the second word', '0100000200000000000000008000000000000000', ['BPF']],
    ['cap_net_raw+ep of a user namespace', '010000030020000000000000000000000000000000000000', ['NET_RAW']],
    ['cap_net_raw+p', '0000000200200000000000000000000000000000', undefined],
    ['four bytes', '01000002', undefined],
    ['nothing', '', undefined],
  ])('tells the file capabilities %s', async (_, hex, expected) => {
    const tar = pack()
    // tar-stream writes text alone: of each byte one letter, put right afterwards.
    const bytes = Buffer.from(hex, 'hex')
    const stands = 'z'.repeat(bytes.length)
    tar.entry({ name: 'bin/pinger', pax: { 'SCHILY.xattr.security.capability': stands } }, content)
    tar.finalize()
    const chunks: Buffer[] = []
    for await (const chunk of tar) chunks.push(chunk as Buffer)
    const whole = Buffer.concat(chunks)
    if (bytes.length > 0) bytes.copy(whole, whole.indexOf(`capability=${stands}`) + 'capability='.length)
    const { entries } = await readTar(Readable.from([whole]), { wanted: () => null })
    expect(entries.get('/bin/pinger')?.capabilities).toEqual(expected)
  })

  // What comes of an engine that is killed in the middle of an export: an error to catch, not the end of the process.
  for (const [name, read] of Object.entries(readers)) {
    test(`that ends in the middle of a file is refused by ${name}`, async () => {
      const bytes = await tarBytes()
      await expect(read(Readable.from([bytes.subarray(0, 2048)]))).rejects.toThrow('Unexpected end of data')
    })
  }
})
