// What registries may answer, and what comes of it: facts, or an error that says what was wrong. Never a wait without end.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { HardenError } from '../../src/errors.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { openRegistry } from '../../src/image/sources/registry/open-registry.ts'
import { openRegistries } from '../../src/image/sources/registry/registries.ts'
import { mayFollow, mayTell, reachOf } from '../../src/image/sources/registry/where.ts'
import { type Handler, servers } from './support/registry.ts'
import { digestOf, imageOf, type Made, tarOf } from './support/stored.ts'

const { serve, end } = servers()
let folder = ''
let before: string | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  before = process.env.DOCKER_CONFIG
  process.env.DOCKER_CONFIG = folder
})
afterEach(async () => {
  if (before === undefined) delete process.env.DOCKER_CONFIG
  else process.env.DOCKER_CONFIG = before
  end()
  await rm(folder, { recursive: true, force: true })
})

const within = {
  registryAnswerMs: 150,
  registryDocumentMs: 200,
  registryStall: { bytes: 1024, ms: 150 },
  registryRedirects: 5,
}

let image: Made
beforeAll(async () => {
  const layer = await tarOf([{ name: 'etc/passwd', content: 'web:x:7:7::/:/bin/sh\n' }])
  image = imageOf([gzipSync(layer)], { User: '7' })
})

interface Asked {
  readonly facts: ImageFacts | null
  readonly error: HardenError | null
  readonly notes: readonly string[]
}

/** Large documents may take their time. */
const patient = {
  ...within,
  registryAnswerMs: 20_000,
  registryDocumentMs: 20_000,
  registryStall: { bytes: 1024, ms: 20_000 },
}

async function ask(host: string, name = 'team/web:1', used = patient): Promise<Asked> {
  const { signal } = new AbortController()
  const notes: string[] = []
  const registries = openRegistries((request) => openRegistry({ ...request, within: used }))
  try {
    const facts = await registries.facts(`${host}/${name}`, { os: 'linux', architecture: 'amd64' }, signal, (note) =>
      notes.push(note),
    )
    return { facts, error: null, notes }
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    return { facts: null, error, notes }
  }
}

const give = (made: Made, path: string, response: ServerResponse): void => {
  const name = decodeURIComponent(path.split('/').at(-1) ?? '')
  const blob = made.blobs.get(name === '1' ? made.manifest.digest : name)
  if (blob === undefined) response.writeHead(404).end('{"errors":[]}')
  else response.writeHead(200, { 'content-length': blob.length }).end(blob)
}

/** As it should be, but for one kind of answer. */
const but =
  (part: 'manifests' | 'blobs' | 'layer', answer: Handler): Handler =>
  (request, response, path) => {
    const isLayer = path.endsWith([...image.blobs.keys()][0] ?? '')
    const isMeant = part === 'layer' ? isLayer : path.includes(`/${part}/`)
    if (isMeant) answer(request, response, path)
    else give(image, path, response)
  }

const says =
  (body: string | Buffer, status = 200, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

/** An image whose manifest is that, or which has that config. */
const manifest = (value: unknown): Handler => but('manifests', says(JSON.stringify(value)))
const madeWith = (config: string, layers: readonly unknown[] = []): Handler => {
  const blobs = new Map([[digestOf(config), Buffer.from(config)]])
  const text = Buffer.from(JSON.stringify({ config: { digest: digestOf(config) }, layers }))
  blobs.set(digestOf(text), text)
  const made: Made = { blobs, config: '', manifest: { digest: digestOf(text), size: 0, mediaType: '' } }
  return (_, response, path) => give(made, path, response)
}
const config = (value: unknown): Handler => madeWith(JSON.stringify(value))
const descriptor = (more: object) => ({ digest: `sha256:${'a'.repeat(64)}`, ...more })
const withLayer = (layer: Buffer, size = layer.length, diffId?: string): Handler => {
  const diff_ids = [diffId ?? 'x']
  const text = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { diff_ids } }))
  const said = { config: { digest: digestOf(text) }, layers: [{ digest: digestOf(layer), size }] }
  const bytes = Buffer.from(JSON.stringify(said))
  const blobs = new Map([text, layer, bytes].map((each) => [digestOf(each), each]))
  return (_, response, path) =>
    give({ blobs, config: '', manifest: { digest: digestOf(bytes), size: 0, mediaType: '' } }, path, response)
}
const later = (response: ServerResponse, write: () => void): void => {
  const timer = setInterval(write, 20)
  response.on('close', () => clearInterval(timer))
}

type Row = readonly [name: string, handler: () => Handler, code: string, message: RegExp]

const slow: readonly Row[] = [
  ['says nothing', () => () => {}, 'no-registry', /no answer within 0\.15 s/],
  [
    'stops in the middle of a manifest',
    () => but('manifests', (_, response) => void response.write('{"config":')),
    'no-registry',
    /was not complete within 0\.2 s/,
  ],
  [
    'sends a manifest byte by byte',
    () => but('manifests', (_, response) => later(response, () => response.write(' '))),
    'no-registry',
    /was not complete within 0\.2 s/,
  ],
  [
    'stops in the middle of a layer',
    () =>
      but('layer', (_, response) => {
        response.writeHead(200, { 'content-length': 5000 })
        response.write(Buffer.from([0x1f, 0x8b]))
      }),
    'no-registry',
    /fewer than 1024 bytes came within 0\.15 s/,
  ],
  [
    'sends a layer byte by byte',
    () => but('layer', (_, response) => later(response, () => response.write('x'))),
    'no-registry',
    /fewer than 1024 bytes came within 0\.15 s/,
  ],
  [
    'resets in the middle of a manifest',
    () =>
      but('manifests', (_, response) => {
        response.writeHead(200, { 'content-length': 500 })
        response.write('{')
        setTimeout(() => response.socket?.resetAndDestroy(), 10)
      }),
    'no-registry',
    /could not be asked/,
  ],
  [
    'says more bytes than come',
    () =>
      but('blobs', (_, response) => {
        response.writeHead(200, { 'content-length': 5000, connection: 'close' })
        response.write('{}')
        setTimeout(() => response.socket?.destroy(), 10)
      }),
    'no-registry',
    /could not be asked/,
  ],
  ['hangs up', () => (_, response) => void response.socket?.destroy(), 'no-registry', /socket hang up/],
  [
    'never gives the token',
    () => (_, response, path) =>
      path === '/token'
        ? undefined
        : void response
            .writeHead(401, { 'www-authenticate': `Bearer realm="http://${response.req.headers.host}/token"` })
            .end(),
    'no-registry',
    /no answer within/,
  ],
]

const large: readonly Row[] = [
  [
    'says a manifest of 2 GB',
    () => but('manifests', (_, response) => void response.writeHead(200, { 'content-length': 2e9 }).write('{')),
    'unreadable',
    /more than 4194304 bytes/,
  ],
  [
    'sends a manifest without an end',
    () =>
      but('manifests', (_, response) => {
        const more = () => {
          while (response.write(Buffer.alloc(65536, 0x20)));
        }
        response.on('drain', more)
        more()
      }),
    'unreadable',
    /more than 4194304 bytes/,
  ],
  [
    'sends a config without an end',
    () =>
      but('blobs', (_, response) => {
        const more = () => {
          while (response.write(Buffer.alloc(65536, 0x20)));
        }
        response.on('drain', more)
        more()
      }),
    'unreadable',
    /more than 8388608 bytes/,
  ],
  [
    'packs a manifest of 64 MB',
    () => but('manifests', says(gzipSync(Buffer.alloc(64e6)), 200, { 'content-encoding': 'gzip' })),
    'unreadable',
    /more than 4194304 bytes/,
  ],
  [
    'packs with what was not asked for',
    () => but('manifests', says('x', 200, { 'content-encoding': 'br' })),
    'no-registry',
    /packed with "br"/,
  ],
  [
    'has a header of 1 MB',
    () => (_, response) => void response.socket?.end(`HTTP/1.1 401 No\r\nWWW-Authenticate: ${'a'.repeat(1e6)}\r\n\r\n`),
    'no-registry',
    /could not be asked/,
  ],
  [
    'gives a layer that is larger than its manifest says',
    () => withLayer(Buffer.alloc(4096), 100),
    'unreadable',
    /more than the 100 bytes that are said of it/,
  ],
  [
    'has 600 layers',
    () => manifest({ config: descriptor({}), layers: Array(600).fill(descriptor({})) }),
    'unreadable',
    /600 items, more than 512/,
  ],
]

const malformed: readonly Row[] = [
  [
    'has null for a manifest',
    () => manifest({ manifests: [null] }),
    'unreadable',
    /manifests\[0\] of .* is not an object/,
  ],
  [
    'has a text for layers',
    () => manifest({ config: descriptor({}), layers: 'x' }),
    'unreadable',
    /layers of .* is not a list/,
  ],
  [
    'has a number for a digest',
    () => manifest({ config: { digest: 7 }, layers: [] }),
    'unreadable',
    /config\.digest of .* is not a text/,
  ],
  [
    'has a text for a size',
    () => manifest({ config: descriptor({ size: '7' }), layers: [] }),
    'unreadable',
    /config\.size of .* is not a size/,
  ],
  [
    'has a negative size',
    () => manifest({ config: descriptor({}), layers: [descriptor({ size: -1 })] }),
    'unreadable',
    /layers\[0\]\.size of .* is not a size/,
  ],
  [
    'has a size of 10^300',
    () => manifest({ config: descriptor({ size: 1e300 }), layers: [] }),
    'unreadable',
    /config\.size of .* is not a size/,
  ],
  [
    'has a list for a platform',
    () => manifest({ manifests: [descriptor({ platform: [] })] }),
    'unreadable',
    /platform of .* is not an object/,
  ],
  [
    'has a number for an architecture',
    () => manifest({ manifests: [descriptor({ platform: { os: 'linux', architecture: 1 } })] }),
    'unreadable',
    /architecture of .* is not a text/,
  ],
  [
    'has a path for a digest',
    () => manifest({ config: { digest: 'sha256:../../../etc/passwd' }, layers: [] }),
    'unreadable',
    /"sha256:\.\.\/\.\.\/\.\.\/etc\/passwd" is no digest/,
  ],
  [
    'has a digest that is too short',
    () => manifest({ config: { digest: 'sha512:'.concat('a'.repeat(64)) }, layers: [] }),
    'unreadable',
    /is no digest/,
  ],
  [
    'has a digest of an unknown kind',
    () => manifest({ config: { digest: `md5:${'a'.repeat(32)}` }, layers: [] }),
    'unreadable',
    /is no digest/,
  ],
  ['has a list for a manifest', () => manifest([]), 'unreadable', /is a list, no object/],
  ['has null for a manifest as a whole', () => manifest(null), 'unreadable', /is not JSON/],
  ['has neither layers nor manifests', () => manifest({}), 'unreadable', /is no manifest of an image/],
  [
    'has a manifest of version 1',
    () => manifest({ schemaVersion: 1, fsLayers: [] }),
    'unreadable',
    /manifest of version 1/,
  ],
  ['has an empty index', () => manifest({ manifests: [] }), 'no-image', /has no image for linux\/amd64, only none/],
  [
    'has a layer that is kept elsewhere',
    () =>
      manifest({
        config: descriptor({}),
        layers: [
          descriptor({
            mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
            urls: ['http://169.254.169.254/'],
          }),
        ],
      }),
    'unreadable',
    /is kept elsewhere .* no other place is asked for it/,
  ],
  [
    'has a layer that is no file system',
    () => manifest({ config: descriptor({}), layers: [descriptor({ mediaType: 'application/vnd.cncf.helm.chart' })] }),
    'unreadable',
    /is no file system/,
  ],
  ['answers with nothing', () => but('manifests', says('')), 'unreadable', /is not JSON/],
  [
    'answers with a page',
    () => but('manifests', says('<html>', 200, { 'content-type': 'text/html' })),
    'unreadable',
    /is not JSON/,
  ],
  ['has a mark of the byte order', () => but('manifests', says('\ufeff{}')), 'unreadable', /is not JSON/],
  ['answers with status 204', () => but('manifests', says('', 204)), 'no-image', /status 204/],
  ['leads to nowhere', () => but('manifests', says('', 302)), 'no-image', /status 302/],
  ['has a config that is a list', () => config([]), 'unreadable', /is a list, no object/],
  [
    'has a text for the layers of its config',
    () => config({ rootfs: { diff_ids: 'x' } }),
    'unreadable',
    /rootfs\.diff_ids of .* is not a list/,
  ],
  [
    'has a number for a layer of its config',
    () => config({ rootfs: { diff_ids: [1] } }),
    'unreadable',
    /rootfs\.diff_ids\[0\] of .* is not a text/,
  ],
  [
    'has a list for what its config runs',
    () => config({ config: ['sh'], rootfs: { diff_ids: [] } }),
    'unreadable',
    /config of .* is not an object/,
  ],
  [
    'has a config of another image',
    () => config({ rootfs: { diff_ids: ['x'] } }),
    'unreadable',
    /no config of an image with 0 layers/,
  ],
  ['has a config that is not its own', () => but('blobs', says('{}')), 'unreadable', /is something else/],
  [
    'has a layer that ends too early',
    () => withLayer(gzipSync(Buffer.alloc(9000)).subarray(0, 20)),
    'unreadable',
    /unexpected end of file/,
  ],
  [
    'has a layer with something after its gzip',
    () => withLayer(Buffer.concat([gzipSync(Buffer.alloc(1024)), Buffer.from('garbage')])),
    'unreadable',
    /incorrect header check/,
  ],
  ['has a layer that is none', () => withLayer(Buffer.alloc(1024, 7)), 'unreadable', /it is no tar, or is damaged/],
  [
    'has a layer that unpacks to something else',
    () => withLayer(Buffer.alloc(1024), 1024, digestOf('x')),
    'unreadable',
    /unpacks to something else than its config says/,
  ],
]

const guarded =
  (realm: string): Handler =>
  (_, response) =>
    void response.writeHead(401, { 'www-authenticate': realm.replace('HOST', response.req.headers.host ?? '') }).end()

const refusing: readonly Row[] = [
  [
    'wants a login again and again',
    () => (request, response, path) =>
      path === '/token'
        ? void response.end('{"token":"a"}')
        : guarded('Bearer realm="http://HOST/token"')(request, response, path),
    'no-image',
    /or needs a login/,
  ],
  ['wants what nobody knows', () => guarded('Negotiate'), 'no-image', /or needs a login/],
  ['quotes without an end', () => guarded('Bearer realm="http://x/\\"'), 'no-image', /or needs a login/],
  [
    'gives a token that is a header of its own',
    () => (request, response, path) =>
      path === '/token'
        ? void response.end(JSON.stringify({ token: 'a\r\nx: y' }))
        : guarded('Bearer realm="http://HOST/token"')(request, response, path),
    'no-image',
    /or needs a login/,
  ],
  [
    'gives null for a token',
    () => (request, response, path) =>
      path === '/token'
        ? void response.end('null')
        : guarded('Bearer realm="http://HOST/token"')(request, response, path),
    'no-image',
    /or needs a login/,
  ],
  [
    'gives a token of 2 MB',
    () => (request, response, path) =>
      path === '/token'
        ? void response.end(JSON.stringify({ token: 'a'.repeat(2e6) }))
        : guarded('Bearer realm="http://HOST/token"')(request, response, path),
    'unreadable',
    /more than 1048576 bytes/,
  ],
  [
    'sends for a token to a file',
    () => guarded('Bearer realm="file:///etc/passwd"'),
    'no-registry',
    /not followed: it is not https, but file/,
  ],
  [
    'sends for a token to the metadata of a cloud',
    () => guarded('Bearer realm="http://169.254.169.254/latest"'),
    'no-registry',
    /not followed: its address 169\.254\.169\.254 is a link-local one/,
  ],
  ['is asked too often', () => says('', 429, { 'retry-after': '7' }), 'no-image', /too many requests/],
  ['is broken', () => says('<h1>Oops', 500), 'no-image', /status 500/],
  [
    'leads to the metadata of a cloud',
    () => but('manifests', says('', 307, { location: 'http://169.254.169.254/latest/meta-data' })),
    'no-registry',
    /link-local/,
  ],
  [
    'leads there by a number',
    () => but('layer', says('', 307, { location: 'http://0xa9fea9fe/' })),
    'no-registry',
    /169\.254\.169\.254 is a link-local/,
  ],
  [
    'leads there by IPv6',
    () => but('manifests', says('', 307, { location: 'http://[::ffff:169.254.169.254]/' })),
    'no-registry',
    /link-local/,
  ],
  [
    'leads to no address',
    () => but('manifests', says('', 307, { location: 'https://0.0.0.0/' })),
    'no-registry',
    /0\.0\.0\.0 is no address of a single host/,
  ],
  [
    'leads to a file',
    () => but('manifests', says('', 302, { location: 'file:///etc/passwd' })),
    'no-registry',
    /not https, but file/,
  ],
  [
    'leads to what is no URL',
    () => but('manifests', says('', 302, { location: 'http://[' })),
    'no-registry',
    /to something that is not a URL/,
  ],
  [
    'leads round and round',
    () => but('manifests', (request, response) => void response.writeHead(302, { location: request.url }).end()),
    'no-registry',
    /redirects .* more than 5 times/,
  ],
]

describe.each([
  ['too slow', slow, within],
  ['too large', large, patient],
  ['malformed', malformed, patient],
  ['refused', refusing, patient],
] as const)('%s: a registry that', (_, rows, used) => {
  test.each(rows)('%s', async (_, handler, code, message) => {
    const { error } = await ask(`127.0.0.1:${await serve(handler())}`, 'team/web:1', used)
    expect({ code: error?.code, message: error?.message }).toEqual({ code, message: expect.stringMatching(message) })
  })
})

test('the bounds that are used are those of the table', () => {
  expect(bounds).toMatchObject({
    manifestBytes: 4 * 1024 * 1024,
    imageConfigBytes: 8 * 1024 * 1024,
    tokenAnswerBytes: 1024 * 1024,
    registryAnswerMs: 15_000,
    registryDocumentMs: 60_000,
    registryStall: { bytes: 64 * 1024, ms: 30_000 },
    registryRedirects: 5,
  })
})

describe('what is no fault of a registry:', () => {
  test.each<readonly [string, () => Handler]>([
    [
      'a manifest that is packed',
      () =>
        but('manifests', (_, response) =>
          says(gzipSync(image.blobs.get(image.manifest.digest) ?? ''), 200, { 'content-encoding': 'gzip' })(
            response.req,
            response,
            '',
          ),
        ),
    ],
    [
      'a few redirects',
      () => (_, response, path) =>
        path.includes('/x/')
          ? give(image, path.replace(/\/x\//g, '/'), response)
          : void response.writeHead(307, { location: path.replace('/v2/', '/v2/x/') }).end(),
    ],
    [
      'a layer of two gzip members',
      () => {
        const tar = [...image.blobs.values()][0] ?? Buffer.alloc(0)
        return withLayer(Buffer.concat([tar, gzipSync(Buffer.alloc(1024))]))
      },
    ],
  ])('%s', async (_, handler) => {
    const { facts, error } = await ask(`127.0.0.1:${await serve(handler())}`)
    expect(error).toBeNull()
    expect(facts?.accounts).toMatchObject({ value: { users: [{ name: 'web', uid: 7 }] } })
  })
})

test('an index that names itself ends', async () => {
  let asked = 0
  const text = () => JSON.stringify({ manifests: [descriptor({ platform: { os: 'linux', architecture: 'amd64' } })] })
  const port = await serve((_, response) => {
    asked++
    response.end(text())
  })
  expect((await ask(`127.0.0.1:${port}`)).error?.message).toMatch(/is something else/)
  expect(asked).toBe(2)
})

test('a digest of a kind that cannot be checked is not asked for', async () => {
  let asked = 0
  const port = await serve(() => asked++)
  const { error } = await ask(`127.0.0.1:${port}`, `team/web@foo:${'a'.repeat(32)}`)
  expect(error).toMatchObject({ code: 'unreadable', message: expect.stringContaining('is no digest') })
  expect(asked).toBe(0)
})

test('a signal ends a wait at once', async () => {
  const controller = new AbortController()
  const port = await serve(but('layer', () => controller.abort()))
  const asked = openRegistries().facts(`127.0.0.1:${port}/team/web:1`, null, controller.signal)
  await expect(asked).rejects.toThrow(/abort/i)
})

describe('a login', () => {
  const login = (host: string) =>
    writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { [host]: { auth: Buffer.from('me:hunter2').toString('base64') } } }),
    )

  test.each(['localhost', '[::1]'])('is not told to the realm of another host, %s, and that is said', async (other) => {
    const told: (string | undefined)[] = []
    const token: Handler = (request, response) => {
      told.push(request.headers.authorization)
      response.end('{"token":"anonymous"}')
    }
    const tokenPort = await serve(token, other === '[::1]' ? '::1' : '127.0.0.1')
    const port = await serve((request, response, path) => {
      if (request.headers.authorization === 'Bearer anonymous') give(image, path, response)
      else guarded(`Bearer realm="http://${other}:${tokenPort}/token"`)(request, response, path)
    })
    await login(`127.0.0.1:${port}`)
    const { facts, notes } = await ask(`127.0.0.1:${port}`)
    expect(facts?.config.user).toBe('7')
    expect(told).toEqual([undefined])
    expect(notes).toEqual([
      `the login for 127.0.0.1:${port} was not told to http://${other}:${tokenPort}, where 127.0.0.1:${port} sends for a token: it is another site`,
    ])
  })

  test('is not in what is said of a registry that does without it', async () => {
    const tokenPort = await serve((_, response) => void response.writeHead(403).end())
    const port = await serve(guarded(`Bearer realm="http://localhost:${tokenPort}/"`))
    await login(`127.0.0.1:${port}`)
    const { error } = await ask(`127.0.0.1:${port}`)
    expect(error?.message).toMatch(/or needs a login; the login for .* was not told to http:\/\/localhost:\d+/)
    expect(`${error?.stack} ${JSON.stringify(error)}`).not.toMatch(/hunter2|bWU6aHVudGVyMg/)
  })

  test('goes to no host that the registry leads to, and not on from there', async () => {
    const seen: (string | undefined)[] = []
    let port = 0
    const store = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(307, { location: `http://127.0.0.1:${port}/back${request.url}` }).end()
    })
    port = await serve((request, response, path) => {
      if (path.startsWith('/back')) {
        seen.push(request.headers.authorization)
        give(image, path, response)
      } else if (request.headers.authorization === undefined) guarded('Basic realm="x"')(request, response, path)
      else response.writeHead(307, { location: `http://me:other@localhost:${store}${path}` }).end()
    })
    await login(`127.0.0.1:${port}`)
    expect((await ask(`127.0.0.1:${port}`)).facts?.config.user).toBe('7')
    expect(seen.length).toBeGreaterThan(4)
    expect(seen.filter((each) => each !== undefined)).toEqual([])
  })

  test('that is a token is not sent on by whoever was to take it', async () => {
    const bodies: string[] = []
    const thief = await serve(async (request, response) => {
      for await (const chunk of request) bodies.push(String(chunk))
      response.end('{"token":"x"}')
    })
    const port = await serve((request, response, path) =>
      path === '/token'
        ? void response.writeHead(307, { location: `http://localhost:${thief}/` }).end()
        : guarded('Bearer realm="http://HOST/token"')(request, response, path),
    )
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { [`127.0.0.1:${port}`]: { identitytoken: 'refresh' } } }),
    )
    expect((await ask(`127.0.0.1:${port}`)).error?.message).toMatch(/status 307/)
    expect(bodies).toEqual([])
  })
})

describe('where a registry may send', () => {
  test.each([
    ['93.184.216.34', 'public'],
    ['2606:4700::1111', 'public'],
    ['64:ff9b::5db8:d822', 'public'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['127.0.0.2', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'link-local'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['0.0.0.0', 'none'],
    ['::', 'none'],
    ['224.0.0.1', 'none'],
    ['ff02::1', 'none'],
    ['255.255.255.255', 'none'],
    ['240.0.0.1', 'none'],
    ['2002:7f00:1::', 'none'],
    ['2001:0:1::', 'none'],
    ['nonsense', 'none'],
  ])('%s is %s', (address, reach) => {
    expect(reachOf(address)).toBe(reach)
  })

  const open = { url: new URL('https://registry.example'), reach: 'public' } as const
  const own = { url: new URL('https://registry.corp.example'), reach: 'private' } as const
  const local = { url: new URL('http://localhost:5000'), reach: 'loopback' } as const
  test.each([
    [open, 'https://store.example/', ['93.184.216.34', '2606:4700::1111'], null],
    [open, 'http://store.example/', ['93.184.216.34'], 'it is not https, but http'],
    [open, 'https://store.example/', ['93.184.216.34', '10.0.0.1'], 'its address 10.0.0.1 is a private one'],
    [open, 'https://localhost./', ['127.0.0.1'], 'its address 127.0.0.1 is a loopback one'],
    [open, 'https://[::1]/', ['::1'], 'its address ::1 is a loopback one'],
    [open, 'https://store.example/', [], 'it has no address'],
    [own, 'https://store.corp.example/', ['10.0.0.2'], null],
    [own, 'https://store.corp.example/', ['fd00::2'], null],
    [own, 'https://meta.corp.example/', ['169.254.169.254'], 'its address 169.254.169.254 is a link-local one'],
    [own, 'https://x.corp.example/', ['127.0.0.1'], 'its address 127.0.0.1 is a loopback one'],
    [own, 'http://store.corp.example/', ['10.0.0.2'], 'it is not https, but http'],
    [local, 'http://127.0.0.1:9000/', ['127.0.0.1'], null],
    [local, 'http://store.corp.example/', ['10.0.0.2'], null],
    [local, 'http://meta/', ['169.254.169.254'], 'its address 169.254.169.254 is a link-local one'],
    [local, 'ftp://127.0.0.1/', ['127.0.0.1'], 'it is not https, but ftp'],
  ] as const)('%j to %s with %j: %s', (from, to, addresses, why) => {
    expect(mayFollow(from, new URL(to), addresses)).toBe(why)
  })

  test.each([
    ['2130706433', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.1.', '127.0.0.1'],
  ])('the host %s is %s', (host, address) => {
    expect(new URL(`https://${host}/`).hostname).toBe(address)
  })

  test.each([
    ['https://registry-1.docker.io', 'https://auth.docker.io/token', true],
    ['https://ghcr.io', 'https://ghcr.io/token', true],
    ['https://quay.io', 'https://quay.io/v2/auth', true],
    ['https://registry.gitlab.com', 'https://gitlab.com/jwt/auth', true],
    ['https://team.azurecr.io', 'https://team.azurecr.io/oauth2/token', true],
    ['https://registry.redhat.io', 'https://sso.redhat.com/auth', true],
    ['https://registry.example:5000', 'https://registry.example/token', true],
    ['https://registry.corp.example', 'https://gitlab.corp.example/jwt/auth', true],
    ['https://registry.corp.example', 'http://gitlab.corp.example/jwt/auth', false],
    ['https://registry-1.docker.io', 'https://auth.docker.io.evil.example/token', false],
    ['https://one.github.io', 'https://two.github.io/', false],
    ['https://one.co.uk', 'https://two.co.uk/', false],
    ['https://10.0.0.1', 'https://10.0.0.2/', false],
    ['http://localhost:5000', 'http://localhost:5001/', false],
    ['http://localhost:5000', 'http://localhost:5000/token', true],
    ['http://127.0.0.1:5000', 'http://localhost:5000/token', false],
  ])('a login for %s is told to %s: %s', (registry, realm, isTold) => {
    expect(mayTell(new URL(registry), new URL(realm))).toBe(isTold)
  })
})
