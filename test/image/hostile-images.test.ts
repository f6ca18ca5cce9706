// What archives, folders, layers and kept files may hold, and what comes of it: facts as an engine would have them, an error
// that says what is wrong, or files that are unknown with the reason. Nothing outside is read, and nothing waited for.
import { execFileSync } from 'node:child_process'
import { chmod, chown, link, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { HardenError } from '../../src/errors.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { type ArchiveReference, parseReference } from '../../src/image/reference.ts'
import { imageLimits } from '../../src/image/sources/image-limits.ts'
import { keptFiles } from '../../src/image/sources/kept-files.ts'
import { decompressed } from '../../src/image/sources/stored/compression.ts'
import { factsFromLayers, mergeLayers } from '../../src/image/sources/stored/facts.ts'
import { openArchive } from '../../src/image/sources/stored/open-archive.ts'
import { type LayerContent, readTar } from '../../src/image/sources/tar.ts'
import { type Entry, imageOf, layoutOf, tarOf, writeFolder } from './support/stored.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function open(text: string): Promise<ImageFacts> {
  const reference = parseReference(text) as ArchiveReference
  const { blobs, image, name } = await openArchive(reference, join(folder, reference.file), null)
  return factsFromLayers(blobs, image, name, 'archive')
}

const why = (facts: Promise<unknown>): Promise<HardenError> =>
  facts.then(
    () => {
      throw new Error('it was read')
    },
    (error: HardenError) => error,
  )

const inTurn =
  (...steps: readonly (() => unknown)[]) =>
  async (): Promise<void> => {
    for (const step of steps) await step()
  }

/** One header of a tar by hand; numbers as they are written there. */
function header(name: string, fields: { readonly [key: string]: string | Buffer } = {}, content = ''): Buffer {
  const block = Buffer.alloc(512)
  const places: Readonly<Record<string, number>> = {
    mode: 100,
    uid: 108,
    gid: 116,
    size: 124,
    mtime: 136,
    flag: 156,
    link: 157,
  }
  block.write(name)
  block.write('ustar\u000000', 257)
  const all = { mode: '0000644', size: content.length.toString(8).padStart(11, '0'), flag: '0', ...fields }
  for (const [key, value] of Object.entries(all)) Buffer.from(value).copy(block, places[key])
  block.write('        ', 148)
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  const rest = (512 - (content.length % 512)) % 512
  return Buffer.concat([block, Buffer.from(content), Buffer.alloc(rest)])
}

const record = (key: string, value: string): string => {
  const body = ` ${key}=${value}\n`
  let length = body.length + 1
  while (`${length}${body}`.length !== length) length++
  return `${length}${body}`
}
const pax = (key: string, value: string): Buffer => header('pax', { flag: 'x' }, record(key, value))
const end = Buffer.alloc(1024)
const binary = (value: bigint, size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  for (let at = size - 1, left = BigInt.asUintN(size * 8, value); at >= 0; at--, left >>= 8n)
    bytes[at] = Number(left & 0xffn)
  bytes[0] = (bytes[0] ?? 0) | 0x80
  return bytes
}
const read = (...blocks: readonly Buffer[]): Promise<LayerContent> =>
  readTar(Readable.from([Buffer.concat(blocks)]), { wanted: () => 'text' })

describe('a layer', () => {
  test.each<readonly [string, readonly Buffer[], RegExp]>([
    ['a name with NUL', [pax('path', 'etc/pass\0wd'), header('x')], /NUL byte/],
    ['a uid of 2^40', [header('x', { uid: binary(1n << 40n, 8) })], /"x" has the uid 1099511627776, which is none/],
    ['a uid below zero', [header('x', { uid: binary(-2n, 8) })], /"x" has the uid -2, which is none/],
    ['a uid that is no number', [header('x', { uid: 'root' })], /the uid "root", which is no octal number/],
    ['a uid of pax that is no number', [pax('uid', '0x0'), header('x')], /the uid "0x0", which is no number/],
    ['a gid of pax below zero', [pax('gid', '-1'), header('x')], /the gid "-1", which is no number/],
    ['the uid that chown takes for none', [pax('uid', '4294967295'), header('x')], /the uid 4294967295, which is none/],
    ['a size below zero', [header('x', { size: binary(-512n, 12) })], /a negative size/],
    ['a size of pax below zero', [pax('size', '-5'), header('x')], /the size "-5", which is no number/],
    ['a size of pax of 10^18', [pax('size', '9'.repeat(18)), header('x')], /which is no number/],
    ['more content than there is', [header('x', { size: '77777777777' })], /Unexpected end of data/],
    [
      'a pax header of 1 GB',
      [header('x', { flag: 'x', size: '10000000000' })],
      /a header|headers has 1073741824 bytes, more than 1048576/,
    ],
    ['a GNU name of 1 GB', [header('x', { flag: 'L', size: '10000000000' })], /1073741824 bytes, more than 1048576/],
    [
      'a pax record longer than its header',
      [header('x', { flag: 'x' }, '99999 path=y\n'), header('x')],
      /pax headers is broken/,
    ],
    ['a pax record of no length', [header('x', { flag: 'x' }, '0 path=y\n'), header('x')], /pax headers is broken/],
    [
      'a pax record of a negative length',
      [header('x', { flag: 'x' }, '-9 path=y\n'), header('x')],
      /pax headers is broken/,
    ],
    ['one empty block', [header('x'), Buffer.alloc(512), header('y')], /one of its headers is empty/],
    ['a damaged header', [header('x').fill(7, 0, 9)], /the checksum of a header is wrong/],
    ['a file for its root', [header('.')], /not a folder/],
    ['a path of 5000 characters', [pax('path', 'a/'.repeat(2500).concat('x')), header('x')], /has 5002 characters/],
    [
      'a hard link to a folder',
      [header('a/', { flag: '5' }), header('b', { flag: '1', link: 'a' })],
      /hard link to the folder/,
    ],
  ])('with %s is refused', async (_, blocks, message) => {
    await expect(read(...blocks, end)).rejects.toThrow(message)
  })

  test.each<readonly [string, readonly Buffer[], object]>([
    ['an absolute path', [header('/etc/x')], { '/etc/x': {} }],
    ['a path that leads above its root', [header('../../etc/x')], { '/etc/x': {} }],
    ['a newline and an ESC in a name', [header('a\n\u001b[31m')], { '/a\n\u001b[31m': {} }],
    [
      'a file that is given twice: the last',
      [header('x', { uid: '5' }), header('x', { uid: '6' })],
      { '/x': { uid: 6 } },
    ],
    ['a hard link to nowhere', [header('x', { flag: '1', link: 'none' })], {}],
    ['a hard link to itself', [header('x', { flag: '1', link: 'x' })], {}],
    [
      'devices and pipes, which have no content',
      [header('x', { flag: '3', size: '00000001000' }), header('y', { flag: '6' })],
      { '/x': { type: 'other' }, '/y': { type: 'other' } },
    ],
    [
      'a symlink whose header says a size',
      [header('x', { flag: '2', link: '/etc', size: '00000001000' }), header('y')],
      { '/x': { link: '/etc' }, '/y': {} },
    ],
    [
      'a global pax header, which says nothing of others',
      [header('g', { flag: 'g' }, record('uid', '7')), header('x')],
      { '/x': { uid: 0 } },
    ],
    ['something after its end', [header('x'), end, header('etc/passwd')], { '/x': {} }],
    ['an old sparse file', [header('x', { flag: 'S' }, 'abc'), header('y')], { '/x': { type: 'file' }, '/y': {} }],
    ['ids of pax', [pax('uid', '3000000'), header('x')], { '/x': { uid: 3000000 } }],
  ])('with %s', async (_, blocks, entries) => {
    const content = await read(...blocks, end)
    expect(Object.keys(entries)).toEqual([...content.entries.keys()])
    expect(Object.fromEntries(content.entries)).toMatchObject(entries)
  })

  test('keeps no text of a file that is there again as something else', async () => {
    const { texts } = await read(header('x', {}, 'text'), header('x', {}, '\0'), end)
    expect([...texts]).toEqual([])
  })

  test('is read as GNU tar wrote it, sparse files and long names too', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}`
    await mkdir(join(folder, 'in', long), { recursive: true })
    await writeFile(join(folder, 'in', long, 'file'), 'text')
    await writeFile(join(folder, 'in', 'holes'), '')
    execFileSync('truncate', ['--size=1M', join(folder, 'in', 'holes')])
    await symlink(`/${long}`, join(folder, 'in', 'link'))
    for (const format of ['gnu', 'pax', 'ustar', 'v7', 'oldgnu']) {
      const names = ['ustar', 'v7'].includes(format) ? ['holes'] : ['.']
      const sparse = ['ustar', 'v7'].includes(format) ? [] : ['--sparse']
      const tar = execFileSync('tar', [`--format=${format}`, ...sparse, '-C', join(folder, 'in'), '-c', ...names], {
        maxBuffer: 4e6,
      })
      const { entries, texts } = await read(tar)
      expect({ format, size: entries.get('/holes')?.size }).toEqual({ format, size: 1024 * 1024 })
      if (names[0] === '.') {
        expect(entries.get('/link')?.link).toBe(`/${long}`)
        expect(texts.get(`/${long}/file`)).toBe('text')
      }
    }
  })
})

describe('layers', () => {
  const merged = async (...layers: readonly (readonly Buffer[])[]) => {
    const limits = imageLimits()
    const contents = await Promise.all(layers.map((blocks) => read(...blocks, end)))
    return limits.within(async () => [...mergeLayers(contents, limits).entries.keys()])
  }

  test.each(['.wh.', 'a/.wh..', 'a/.wh...'])('a whiteout %s hides no file, and is refused', async (name) => {
    await expect(merged([header('a/b')], [header(name)])).rejects.toThrow('hides no file')
  })

  test.each<readonly [string, readonly (readonly Buffer[])[], string]>([
    [
      'a file behind a link of a lower layer',
      [[header('a', { flag: '2', link: 'etc' })], [header('a/passwd')]],
      '/a/passwd is in it, and /a is not a folder',
    ],
    [
      'a file behind a link of its own layer',
      [[header('a', { flag: '2', link: 'etc' }), header('a/passwd')]],
      '/a/passwd is in it, and /a is not a folder',
    ],
    [
      'a folder that becomes a file',
      [[header('a/b'), header('a')]],
      '/a is in it as a folder, and then as something else',
    ],
  ])('%s: engines do not agree on it, so files are unknown', async (_, layers, reason) => {
    const limits = layers.length === 1 ? imageLimits() : null
    if (limits === null)
      expect(await merged(...layers)).toMatchObject({ known: false, reason: expect.stringContaining(reason) })
    else {
      const tar = Readable.from([Buffer.concat([...(layers[0] ?? []), end])])
      const content = await limits.within(() => readTar(tar, { wanted: () => null, limits }))
      expect(content).toMatchObject({ known: false, reason: expect.stringContaining(reason) })
    }
  })

  test('what was hidden and is made again is there, once and last', async () => {
    const keys = await merged([header('a/x'), header('b')], [header('a/.wh..wh..opq')], [header('a/x')])
    expect(keys).toEqual({ known: true, value: ['/b', '/a/x'] })
  })

  test('the work does not grow with layers times files', async () => {
    const lower = await read(...Array.from({ length: 3000 }, (_, at) => header(`d${at % 50}/f${at}`)), end)
    const upper = await read(header('d1/.wh.none'), end)
    let looked = 0
    const counted = new Map(lower.entries)
    counted.keys = () => {
      looked++
      return Map.prototype.keys.call(counted) as MapIterator<string>
    }
    mergeLayers([{ ...lower, entries: counted }, ...Array<LayerContent>(400).fill(upper)], imageLimits())
    expect(looked).toBeLessThan(3)
  })
})

describe('a bound of one image makes its files unknown, with the reason:', () => {
  const tiny = (more: object) => imageLimits({ ...bounds, ...more } as typeof bounds)
  const within = (limits: ReturnType<typeof tiny>, bytes: Buffer) =>
    limits.within(async () => {
      const unpacked = await decompressed(Readable.from([bytes]), limits)
      return readTar(unpacked, { wanted: () => 'named', limits })
    })

  test.each<readonly [string, object, () => Promise<Buffer>, string]>([
    [
      'many files',
      { fileListBytes: 10_000 },
      () => tarOf(Array.from({ length: 100 }, (_, at) => ({ name: `f${at}` }))),
      'the list of its files takes more',
    ],
    [
      'folders in folders',
      { fileListBytes: 10_000 },
      () => tarOf([{ name: 'a/'.repeat(45).concat('x') }]),
      'the list of its files takes more',
    ],
    [
      'large start scripts',
      { fileListBytes: 10_000 },
      () => tarOf([{ name: 'x', content: 'x'.repeat(20_000) }]),
      'the list of its files takes more',
    ],
    [
      'much that is unpacked',
      { unpackedBytes: 50_000 },
      async () => gzipSync(Buffer.alloc(100_000)),
      'its layers unpack to more than',
    ],
    [
      'a bomb',
      { unpackedRatio: { from: 50_000, most: 20 } },
      async () => gzipSync(Buffer.alloc(1_000_000)),
      'its layers unpack to 20 times their size',
    ],
  ])('%s', async (_, more, tar, reason) => {
    expect(await within(tiny(more), await tar())).toMatchObject({
      known: false,
      reason: expect.stringContaining(`its files were not read to the end: ${reason}`),
    })
  })

  test('layers that are there again and again', async () => {
    const limits = tiny({ layerEntries: 100 })
    const layer = await read(header('x'), end)
    const laid = await limits.within(async () => mergeLayers(Array<LayerContent>(200).fill(layer), limits))
    expect(laid).toMatchObject({ known: false, reason: expect.stringContaining('more than 100 entries') })
  })

  test('an image of 500,000 files is within them', () => {
    const limits = imageLimits()
    const path = `/${'x'.repeat(79)}`
    expect(() => {
      for (let at = 0; at < 500_000; at++) limits.hold(220 + path.length)
    }).not.toThrow()
  })

  test('its facts say so of accounts and files, and keep its config', async () => {
    const deep = Array.from({ length: 400 }, (_, at): Entry => ({ name: `${`${at}/`.repeat(500)}x`, content: '' }))
    await writeFolder(join(folder, 'x'), layoutOf([imageOf([await tarOf(deep)], { User: '7' })]))
    const facts = await open('oci:x')
    expect(facts.config.user).toBe('7')
    expect(facts.files).toMatchObject({ known: false, reason: expect.stringContaining('list of its files') })
    expect(facts.accounts.known).toBe(false)
  })
})

describe('zstd', () => {
  const zstd = async (...parts: readonly (readonly number[])[]): Promise<number> => {
    const limits = imageLimits()
    let size = 0
    for await (const chunk of await decompressed(Readable.from([Buffer.from(parts.flat())]), limits))
      size += chunk.length
    return size
  }
  const magic = [0x28, 0xb5, 0x2f, 0xfd]
  /** Of `size` equal bytes. */
  const same = (size: number, isLast: boolean): readonly number[] => {
    const header = (size << 3) | (1 << 1) | (isLast ? 1 : 0)
    return [header & 0xff, (header >> 8) & 0xff, header >> 16, 0]
  }

  test('blocks come out one by one', async () => {
    expect(await zstd(magic, [0, 0x58], ...Array(50).fill(same(131072, false)), same(9, true))).toBe(50 * 131072 + 9)
  })

  test.each<readonly [string, readonly (readonly number[])[], RegExp]>([
    ['a window of 2 GB', [magic, [0, 0xa8]], /a window of 2147483648 bytes, more than/],
    ['one segment of 2^60 bytes', [magic, [0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10]], /a window of 1152921504606847000 bytes/],
    ['a block that is too large', [magic, [0, 0x58], same(200_000, true)], /is no zstd, or is damaged/],
    ['no end', [magic, [0, 0x58], same(9, false)], /Unexpected end of data/],
    ['another frame that is none', [magic, [0, 0x58], same(9, true), [1, 2, 3, 4]], /is no zstd, or is damaged/],
    [
      'a block that is damaged',
      [magic, [0, 0x58], [0x45, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
      /is no zstd, or is damaged/,
    ],
  ])('with %s is refused', async (_, parts, message) => {
    await expect(zstd(...parts)).rejects.toThrow(message)
  })
})

describe('a folder', () => {
  beforeEach(() => writeFolder(join(folder, 'x'), layoutOf([imageOf([], { User: '7' })])))
  const index = () => join(folder, 'x', 'index.json')

  test.each<readonly [string, () => Promise<unknown>, RegExp]>([
    [
      'a link to a file of the machine',
      inTurn(
        () => rm(index()),
        () => symlink('/etc/shadow', index()),
      ),
      /index\.json is a link that leads out of it/,
    ],
    [
      'a link to a device',
      inTurn(
        () => rm(index()),
        () => symlink('/dev/zero', index()),
      ),
      /leads out of it/,
    ],
    [
      'a pipe that nobody writes to',
      inTurn(
        () => rm(index()),
        () => execFileSync('mkfifo', [index()]),
      ),
      /index\.json is no regular file/,
    ],
    [
      'a folder for a file',
      inTurn(
        () => rm(index()),
        () => mkdir(index()),
      ),
      /index\.json is no regular file/,
    ],
    [
      'a link to itself',
      inTurn(
        () => rm(index()),
        () => symlink('index.json', index()),
      ),
      /cannot be read: index\.json: .*ELOOP/,
    ],
    [
      'blobs that lie elsewhere',
      inTurn(
        () => rename(join(folder, 'x', 'blobs'), join(folder, 'y')),
        () => symlink('../y', join(folder, 'x', 'blobs')),
      ),
      /leads out of it/,
    ],
    ['an index of 5 MB', () => writeFile(index(), ' '.repeat(5_000_000)), /has 5000000 bytes, more than 4194304/],
    [
      'an index that is a manifest',
      () => writeFile(index(), '{"config":{"digest":""},"layers":[]}'),
      /the manifest of one image, no index/,
    ],
    ['a number for its images', () => writeFile(index(), '{"manifests":7}'), /manifests of index\.json is not a list/],
    [
      'null for an image',
      () => writeFile(index(), '{"manifests":[null]}'),
      /manifests\[0\] of index\.json is not an object/,
    ],
    ['a list for an index', () => writeFile(index(), '[]'), /is a list, no object/],
  ])('with %s', async (_, change, message) => {
    await change()
    const error = await why(open('oci:x'))
    expect(error).toBeInstanceOf(HardenError)
    expect(error.message).toMatch(message)
  })

  test('may link to its own files', async () => {
    await rename(join(folder, 'x', 'blobs'), join(folder, 'x', 'store'))
    await symlink('store', join(folder, 'x', 'blobs'))
    expect((await open('oci:x')).config.user).toBe('7')
  })
})

describe('an archive', () => {
  const save = (manifest: unknown, entries: readonly Entry[] = []) =>
    tarOf([{ name: 'manifest.json', content: JSON.stringify(manifest) }, ...entries]).then((tar) =>
      writeFile(join(folder, 'a.tar'), tar),
    )

  test.each<readonly [string, unknown, readonly Entry[], RegExp]>([
    ['null for an image', [null], [], /\[0\] of manifest\.json is not an object/],
    ['an object for a list', { Config: 'x' }, [], /it of manifest\.json is not a list/],
    ['no config', [{ Layers: [] }], [], /\[0\]\.Config of manifest\.json is not a text/],
    ['a number for a layer', [{ Config: 'c', Layers: [7] }], [], /Layers of manifest\.json is not a text/],
    [
      'a text for its names',
      [{ Config: 'c', RepoTags: 'x', Layers: [] }],
      [],
      /RepoTags of manifest\.json is not a list/,
    ],
    [
      'a config outside of it',
      [{ Config: '../../../etc/passwd', Layers: [] }],
      [],
      /the config \.\.\/\.\.\/\.\.\/etc\/passwd is missing in it/,
    ],
    [
      'a config that links outside of it',
      [{ Config: 'c', Layers: [] }],
      [{ name: 'c', type: 'symlink', linkname: '/etc/passwd' }],
      /etc\/passwd is missing in it/,
    ],
    [
      'configs of 70 MB',
      [{ Config: 'c', Layers: [] }],
      Array.from({ length: 14 }, (_, at) => ({ name: `${at}.json`, content: `{${' '.repeat(5_000_000)}` })),
      /its documents have more than 67108864 bytes/,
    ],
  ])('with %s', async (_, manifest, entries, message) => {
    await save(manifest, entries)
    const error = await why(open('docker-archive:a.tar'))
    expect(error).toBeInstanceOf(HardenError)
    expect(error.message).toMatch(message)
  })

  // Go finds the field of a struct by its name in any case, by Unicode's simple folding.
  test.each<readonly [string, string]>([
    ['in capitals', '{"config": {"USER": "7"}}'],
    ['with a long s', '{"config": {"uſer": "7"}}'],
    ['under CONFIG', '{"CONFIG": {"user": "7"}}'],
    ['beside a label of its name', '{"config": {"User": "7", "Labels": {"USER": "0", "user": "1"}}}'],
  ])('whose configuration has its user %s has that user, as for an engine', async (_, config) => {
    await save([{ config: 'c', LAYERS: [] }], [{ name: 'c', content: config }])
    expect((await open('docker-archive:a.tar')).config.user).toBe('7')
  })

  test.each<readonly [string, string, RegExp]>([
    ['in two cases', '{"config": {"User": "7", "user": "0"}}', /^.*c has User twice, once as "user"/],
    ['twice', '{"config": {"User": "7", "User": "0"}}', /c has the key "User" twice/],
    ['twice, once escaped', '{"config": {"User": "7", "\\u0055ser": "0"}}', /c has the key "User" twice/],
    ['and a second configuration', '{"config": {"User": "7"}, "Config": {}}', /c has config twice, once as "Config"/],
    ['after a mark of the byte order', '\ufeff{"config": {"User": "7"}}', /c is not JSON/],
  ])('whose configuration has its user %s is refused', async (_, config, message) => {
    await save([{ Config: 'c', Layers: [] }], [{ name: 'c', content: config }])
    expect((await why(open('docker-archive:a.tar'))).message).toMatch(message)
  })

  test.each<readonly [string, Entry, RegExp]>([
    ['again', { name: 'manifest.json', content: '[]' }, /manifest\.json is in it twice/],
    ['again, from the folder', { name: './manifest.json', content: '[]' }, /manifest\.json is in it twice/],
    [
      'again, by a way around',
      { name: 'a/../manifest.json', content: '[]' },
      /manifest\.json is no plain file of that name/,
    ],
    [
      'again, as a link',
      { name: 'manifest.json', type: 'symlink', linkname: 'other.json' },
      /manifest\.json is no plain file of that name/,
    ],
  ])('that has its manifest %s is refused', async (_, entry, message) => {
    await save([{ Config: 'c', Layers: [] }], [{ name: 'c', content: '{}' }, entry])
    expect((await why(open('docker-archive:a.tar'))).message).toMatch(message)
  })

  test('that has a file twice is read as an engine unpacks it: the last one counts', async () => {
    const user = (name: string) => ({ name: 'c', content: JSON.stringify({ config: { User: name } }) })
    await save([{ Config: 'c', Layers: [] }], [user('7'), user('0')])
    expect((await open('docker-archive:a.tar')).config.user).toBe('0')
  })

  test('that has a layer twice is refused', async () => {
    const layer = { name: 'l', content: await tarOf([]) }
    await save(
      [{ Config: 'c', Layers: ['l'] }],
      [{ name: 'c', content: '{"rootfs": {"diff_ids": ["x"]}}' }, layer, layer],
    )
    expect((await why(open('docker-archive:a.tar'))).message).toMatch(/l is in it twice/)
  })

  test('that is a pipe or a device is not waited for', async () => {
    execFileSync('mkfifo', [join(folder, 'a.tar')])
    expect((await why(open('docker-archive:a.tar'))).message).toBe('a.tar is not a regular file')
    await symlink('/dev/zero', join(folder, 'b.tar'))
    expect((await why(open('oci-archive:b.tar'))).message).toBe('b.tar is not a regular file')
  })

  test('of 20,000 entries is read', async () => {
    const config = JSON.stringify({ rootfs: { diff_ids: [] }, config: { User: '7' } })
    const entries = Array.from({ length: 20_000 }, (_, at) => header(`${at}`))
    const manifest = JSON.stringify([{ Config: 'c', RepoTags: null, Layers: [] }])
    const tar = [header('manifest.json', {}, manifest), header('c', {}, config), ...entries, end]
    await writeFile(join(folder, 'a.tar'), Buffer.concat(tar))
    expect((await open('docker-archive:a.tar')).config.user).toBe('7')
  })
})

describe('what was kept', () => {
  const key = `sha256:${'a'.repeat(64)}`
  const images = () => join(folder, 'images')
  const file = () => join(images(), `${'a'.repeat(64)}-one.json.gz`)
  const entry = { type: 'file', uid: 1, gid: 2, mode: 0o644, size: 3, link: null }
  const stored = (value: unknown): Buffer => gzipSync(JSON.stringify(value))
  const put = (bytes: Buffer) => writeFile(file(), bytes, { mode: 0o600 })
  const good = stored({ paths: ['/a'], entries: [entry], texts: [] })
  beforeEach(() => mkdir(images(), { mode: 0o700 }))

  test('is believed where it is this user’s alone', async () => {
    await put(good)
    expect((await keptFiles(images(), 'one').read(key))?.entries.get('/a')).toEqual(entry)
  })

  const asRoot = process.getuid?.() === 0
  test.each<readonly [string, () => Promise<unknown>]>([
    ['of a folder that others can write to', () => chmod(images(), 0o777)],
    ['that others can write to', () => chmod(file(), 0o666)],
    ['that a group can write to', () => chmod(file(), 0o660)],
    [
      'that is a link',
      inTurn(
        () => rename(file(), join(folder, 'x')),
        () => symlink(join(folder, 'x'), file()),
      ),
    ],
    ['that has another name', () => link(file(), join(folder, 'x'))],
    [
      'of a folder that is a link',
      inTurn(
        () => rename(images(), join(folder, 'y')),
        () => symlink(join(folder, 'y'), images()),
      ),
    ],
    [
      'that is a pipe',
      inTurn(
        () => rm(file()),
        () => execFileSync('mkfifo', ['-m', '600', file()]),
      ),
    ],
    ...(asRoot
      ? ([
          ['of another user', () => chown(file(), 1, 1)],
          ['in a folder of another user', () => chown(images(), 1, 1)],
        ] as const)
      : []),
  ])('is not believed: a file %s', async (_, change) => {
    await put(good)
    await change()
    expect(await keptFiles(images(), 'one').read(key)).toBeNull()
  })

  test.each<readonly [string, unknown]>([
    ['null', null],
    ['a text for its paths', { paths: 'x', entries: [], texts: [] }],
    ['fewer entries than paths', { paths: ['/a'], entries: [], texts: [] }],
    ['null for an entry', { paths: ['/a'], entries: [null], texts: [] }],
    ['a path that is none', { paths: ['a'], entries: [entry], texts: [] }],
    ['a text for an owner', { paths: ['/a'], entries: [{ ...entry, uid: '0' }], texts: [] }],
    ['an owner below zero', { paths: ['/a'], entries: [{ ...entry, uid: -1 }], texts: [] }],
    ['a mode that is none', { paths: ['/a'], entries: [{ ...entry, mode: 1e9 }], texts: [] }],
    ['a link that leads nowhere', { paths: ['/a'], entries: [{ ...entry, type: 'symlink' }], texts: [] }],
    ['a text of no file', { paths: [], entries: [], texts: [['/a', 'x']] }],
    ['a number for a text', { paths: ['/a'], entries: [entry], texts: [['/a', 7]] }],
  ])('is not believed with %s', async (_, value) => {
    await put(stored(value))
    expect(await keptFiles(images(), 'one').read(key)).toBeNull()
  })

  test('is unpacked up to a bound', async () => {
    await put(gzipSync(Buffer.alloc(2_000_000, 0x20)))
    expect(await keptFiles(images(), 'one', 1e9, 1_000_000).read(key)).toBeNull()
  })

  test('is not written where others can write, nor where it is too large to be read again', async () => {
    const content = { entries: new Map([['/a', entry]]), texts: new Map() } as never
    await keptFiles(images(), 'one', 1e9, 10).write(key, content)
    expect(await readdir(images())).toEqual([])
    await chmod(images(), 0o777)
    await keptFiles(images(), 'one').write(key, content)
    expect(await readdir(images())).toEqual([])
    await chmod(images(), 0o755)
    await keptFiles(images(), 'one').write(key, content)
    expect((await stat(file())).mode & 0o777).toBe(0o600)
  })
})
