import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ImageFacts, Platform } from '../../src/image/facts.ts'
import type { FileModel } from '../../src/image/file-model.ts'
import { type ArchiveReference, parseReference } from '../../src/image/reference.ts'
import { factsFromLayers } from '../../src/image/sources/stored/facts.ts'
import { openArchive } from '../../src/image/sources/stored/open-archive.ts'
import { digestOf, type Entry, imageOf, layoutOf, type Made, named, tarOf, writeFolder } from './support/stored.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function open(text: string, platform: Platform | null = null): Promise<ImageFacts> {
  const reference = parseReference(text) as ArchiveReference
  const { blobs, image, name } = await openArchive(reference, join(folder, reference.file), platform)
  return factsFromLayers(blobs, image, name, 'archive')
}

function filesOf({ files }: ImageFacts): FileModel {
  if (!files.known) throw new Error(files.reason)
  return files.value
}

const passwd = (line: string): Entry => ({ name: 'etc/passwd', content: `${line}\n` })
const app = 'app:x:7:7::/:/bin/sh'

async function ociFolder(name: string, images: readonly (Made & { readonly descriptor?: object })[]): Promise<void> {
  await writeFolder(join(folder, name), layoutOf(images))
}

/** What the layers come to, through an OCI folder. */
async function merged(...layers: readonly (readonly Entry[])[]): Promise<FileModel> {
  await ociFolder('x', [imageOf(await Promise.all(layers.map(tarOf)))])
  return filesOf(await open('oci:x'))
}

describe('layers', () => {
  test('a later one replaces what is below it, its text too', async () => {
    const files = await merged(
      [passwd(app), { name: 'etc/app.conf', content: 'listen 80', uid: 3 }],
      [{ name: 'etc/app.conf', content: Buffer.from([0, 1]), uid: 4, mode: 0o600 }],
    )
    expect(files.entry('/etc/app.conf')).toMatchObject({ uid: 4, mode: 0o600, size: 2 })
    expect(files.text('/etc/app.conf')).toBeNull()
    expect(files.text('/etc/passwd')).toBe(`${app}\n`)
  })

  test('accounts behind a link are read where they are', async () => {
    const files = await merged(
      [{ name: 'etc/passwd', type: 'symlink', linkname: '../usr/share/accounts/passwd' }],
      [{ name: 'usr/share/accounts/passwd', content: app }],
    )
    expect(files.text('/etc/passwd')).toBe(app)
  })

  test('a whiteout hides a file, and a folder with all that is in it', async () => {
    const files = await merged(
      [{ name: 'srv/a/b/c' }, { name: 'srv/ab' }, { name: 'etc/gone.conf', content: 'x' }],
      [{ name: 'srv/.wh.a' }, { name: 'etc/.wh.gone.conf' }],
    )
    expect(files.list('/srv')).toEqual(['ab'])
    expect(files.exists('/srv/a/b/c')).toBe(false)
    expect(files.text('/etc/gone.conf')).toBeNull()
  })

  test('an opaque folder hides what is below it, not what its own layer brings', async () => {
    const files = await merged(
      [{ name: 'srv/', type: 'directory', uid: 5 }, { name: 'srv/old' }],
      [{ name: 'srv/', type: 'directory', uid: 6 }, { name: 'srv/new' }, { name: 'srv/.wh..wh..opq' }],
    )
    expect(files.list('/srv')).toEqual(['new'])
    expect(files.entry('/srv')?.uid).toBe(6)
  })

  test('what is removed and made again in one layer is there', async () => {
    const files = await merged([{ name: 'srv/a/old' }], [{ name: 'srv/.wh.a' }, { name: 'srv/a/new' }])
    expect(files.list('/srv/a')).toEqual(['new'])
  })

  test('a link in the place of a folder hides it, and folders that nobody named are root’s', async () => {
    const files = await merged(
      [{ name: 'lib/x' }],
      [{ name: 'lib', type: 'symlink', linkname: 'usr/lib' }, { name: 'usr/lib/y' }],
    )
    expect(files.list('/lib')).toEqual(['y'])
    expect(files.entry('/usr')).toMatchObject({ type: 'directory', uid: 0, mode: 0o755 })
  })

  test('a second name for a file of a layer below', async () => {
    const files = await merged(
      [{ name: 'etc/one.conf', content: 'one', uid: 9 }],
      [{ name: 'etc/two.conf', type: 'link', linkname: 'etc/one.conf' }],
    )
    expect(files.entry('/etc/two.conf')).toMatchObject({ type: 'file', uid: 9 })
    expect(files.text('/etc/two.conf')).toBe('one')
  })

  const zstd =
    'KLUv/WQAJ7UCAAIEDhGQfYCL8TgEdWcIpX2arqZWCg6gFTIyoYQ6Sqvtd87qIdR1LfYPnv6M8f5eyP+7MejdZWsXFe2+CyBQj3XpxfhUQJ+iMQyA/YGTB1wgcFCA2cTnjQCcnw=='
  test.each([
    ['gzip', async () => gzipSync(await tarOf([passwd('z:x:5:5::/:/bin/sh')]))],
    ['zstd', async () => Buffer.from(zstd, 'base64')],
  ])('compressed with %s', async (_, layer) => {
    await ociFolder('x', [imageOf([await layer()])])
    expect((await open('oci:x')).accounts).toMatchObject({ value: { users: [{ name: 'z', uid: 5 }] } })
  })

  test('compressed in another way: it is said how', async () => {
    await ociFolder('x', [imageOf([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0])])])
    await expect(open('oci:x')).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('compressed with xz, and only gzip and zstd are read'),
    })
  })
})

describe('docker-archive', () => {
  const save = (file: string, saved: readonly object[], entries: readonly Entry[]) =>
    tarOf([{ name: 'manifest.json', content: JSON.stringify(saved) }, ...entries]).then((tar) =>
      writeFile(join(folder, file), tar),
    )
  const config = (layers: number, user = '') =>
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config: { User: user },
      rootfs: { diff_ids: Array(layers).fill('x') },
    })

  test('the only image: its config, its files, and the name that it was saved by', async () => {
    const layer = await tarOf([passwd(app)])
    await save(
      'a.tar',
      [{ Config: 'c.json', RepoTags: ['web:1'], Layers: ['l/layer.tar'] }],
      [
        { name: 'l/layer.tar', content: layer },
        { name: 'c.json', content: config(1, '7') },
      ],
    )
    const facts = await open('docker-archive:a.tar')
    expect(facts).toMatchObject({
      reference: 'web:1',
      source: 'archive',
      digest: digestOf(config(1, '7')),
      platform: { os: 'linux', architecture: 'amd64' },
      config: { user: '7' },
      accounts: { value: { users: [{ name: 'app' }] } },
    })
  })

  test('compressed as a whole, with a layer that is a link to another one', async () => {
    const layer = await tarOf([passwd(app)])
    const whole = await tarOf([
      { name: 'b/layer.tar', type: 'symlink', linkname: '../a/layer.tar' },
      { name: 'a/layer.tar', content: layer },
      { name: 'c.json', content: config(2) },
      {
        name: 'manifest.json',
        content: JSON.stringify([{ Config: 'c.json', RepoTags: null, Layers: ['a/layer.tar', 'b/layer.tar'] }]),
      },
    ])
    await writeFile(join(folder, 'My App.tar.gz'), gzipSync(whole))
    const facts = await open('docker-archive:My App.tar.gz')
    expect(facts.reference).toBe('localhost/my-app:latest')
    expect(facts.accounts).toMatchObject({ value: { users: [{ name: 'app' }] } })
  })

  describe('several images', () => {
    beforeEach(async () => {
      const users = ['1', '2', '3']
      await save(
        'a.tar',
        users.map((user) => ({
          Config: `${user}.json`,
          RepoTags: user === '3' ? null : [`team/web:${user}`],
          Layers: [],
        })),
        users.map((user) => ({ name: `${user}.json`, content: config(0, user) })),
      )
    })

    test.each([
      ['team/web:2', '2', 'team/web:2'],
      ['docker.io/team/web:1', '1', 'team/web:1'],
      ['@2', '3', 'localhost/a:latest'],
    ])('%s', async (image, user, reference) => {
      expect(await open(`docker-archive:a.tar:${image}`)).toMatchObject({ reference, config: { user } })
    })

    test.each([
      ['', 'has 3 images: team/web:1, team/web:2, @2', 'choose one: docker-archive:a.tar:team/web:1'],
      [
        ':other',
        'a.tar has no image that is called other, only team/web:1, team/web:2',
        'choose one: docker-archive:a.tar:team/web:1',
      ],
    ])('not said or not there: %j', async (image, message, hint) => {
      await expect(open(`docker-archive:a.tar${image}`)).rejects.toMatchObject({
        code: 'no-image',
        message: expect.stringContaining(message),
        hint,
      })
    })
  })

  test.each([
    ['a layer that is missing', [{ name: 'c.json', content: config(1) }], 'l.tar is missing in it'],
    ['no config', [{ name: 'l.tar' }], 'the config c.json is missing in it'],
    [
      'the config of another image',
      [{ name: 'c.json', content: config(2) }],
      'c.json is no config of an image with 1 layers',
    ],
    ['a config that is cut off', [{ name: 'c.json', content: '{"os":' }], 'c.json is not JSON'],
  ])('%s', async (_, entries: readonly Entry[], message) => {
    await save('a.tar', [{ Config: 'c.json', RepoTags: null, Layers: ['l.tar'] }], entries)
    await expect(open('docker-archive:a.tar')).rejects.toMatchObject({
      code: 'unreadable',
      message: `the archive a.tar cannot be read: ${message}`,
    })
  })

  test('what ends too early is said, and is no crash', async () => {
    const whole = await tarOf([{ name: 'l.tar', content: Buffer.alloc(5000) }])
    await writeFile(join(folder, 'a.tar'), whole.subarray(0, 2000))
    await expect(open('docker-archive:a.tar')).rejects.toMatchObject({
      code: 'unreadable',
      message: 'the archive a.tar cannot be read: Unexpected end of data',
    })
  })
})

describe('OCI', () => {
  test.each([
    ['a name with its tag', 'quay.io/team/web:1', 'quay.io/team/web:1'],
    ['of Docker Hub', 'docker.io/library/nginx:1', 'nginx:1'],
    ['a tag alone is no name', '1.2', 'localhost/x:1.2'],
  ])('what a FROM line calls it: %s', async (_, name, reference) => {
    await ociFolder('x', [{ ...imageOf([]), descriptor: named(name) }])
    expect((await open('oci:x')).reference).toBe(reference)
  })

  test('an archive of one', async () => {
    const layout = layoutOf([{ ...imageOf([await tarOf([passwd(app)])]), descriptor: named('v1') }])
    const tar = await tarOf([...layout].map(([name, content]) => ({ name: `./${name}`, content })))
    await writeFile(join(folder, 'x.tar'), tar)
    expect(await open('oci-archive:x.tar:v1')).toMatchObject({
      reference: 'localhost/x:v1',
      accounts: { value: { users: [{ name: 'app' }] } },
    })
  })

  test('one for several platforms: that of this machine, or the one that is asked for', async () => {
    const platforms = ['amd64', 'arm64', 's390x']
    const images = platforms.map((each) => imageOf([], {}, each))
    const index = Buffer.from(
      JSON.stringify({
        manifests: [
          { digest: digestOf('attestation'), platform: { os: 'unknown', architecture: 'unknown' } },
          ...images.map(({ manifest }, at) => ({
            ...manifest,
            platform: { os: 'linux', architecture: platforms[at] },
          })),
        ],
      }),
    )
    const layout = new Map(layoutOf(images))
    const manifests = [{ digest: digestOf(index), ...named('1') }]
    layout.set('index.json', Buffer.from(JSON.stringify({ manifests })))
    layout.set(`blobs/${digestOf(index).replace(':', '/')}`, index)
    await writeFolder(join(folder, 'x'), layout)
    const own = process.arch === 'x64' ? 'amd64' : process.arch
    expect((await open('oci:x')).platform.architecture).toBe(own)
    expect((await open('oci:x', { os: 'linux', architecture: 's390x' })).platform.architecture).toBe('s390x')
    await expect(open('oci:x', { os: 'linux', architecture: 'riscv64' })).rejects.toMatchObject({
      code: 'no-image',
      message: 'the folder x has no image for linux/riscv64, only linux/amd64, linux/arm64, linux/s390x',
    })
  })

  test('a blob that was changed is not believed', async () => {
    const layer = await tarOf([passwd(app)])
    const image = imageOf([layer])
    const layout = new Map(layoutOf([image]))
    layout.set(`blobs/${digestOf(layer).replace(':', '/')}`, await tarOf([passwd('root2:x:0:0::/:/bin/sh')]))
    await writeFolder(join(folder, 'x'), layout)
    await expect(open('oci:x')).rejects.toMatchObject({
      code: 'unreadable',
      message: `the folder x cannot be read: what it has as ${digestOf(layer)} is something else`,
    })
  })

  test('a digest that is a path leads nowhere', async () => {
    const image = imageOf([])
    const manifests = [{ ...image.manifest, digest: '../../etc/passwd' }]
    await writeFolder(join(folder, 'x'), new Map([['index.json', Buffer.from(JSON.stringify({ manifests }))]]))
    await expect(open('oci:x')).rejects.toMatchObject({ message: expect.stringContaining('is no digest') })
  })
})

describe('a wrong word before the path', () => {
  beforeEach(async () => {
    const layout = layoutOf([imageOf([])])
    await writeFolder(join(folder, 'oci'), layout)
    await writeFile(join(folder, 'oci.tar'), await tarOf([...layout].map(([name, content]) => ({ name, content }))))
    await writeFile(join(folder, 'saved.tar'), await tarOf([{ name: 'manifest.json', content: '[]' }]))
  })

  test.each([
    ['docker-archive:oci.tar', 'write oci-archive:'],
    ['docker-archive:oci', 'oci:oci'],
    ['oci-archive:saved.tar', 'write docker-archive:'],
    ['oci:oci.tar', 'oci-archive:oci.tar or docker-archive:oci.tar'],
    ['oci:none', 'check the path'],
    ['docker-archive:saved.tar', 'make the archive again'],
  ])('%s', async (text, hint) => {
    await expect(open(text)).rejects.toMatchObject({ hint: expect.stringContaining(hint) })
  })
})
