import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { HardenError } from '../../src/errors.ts'
import type { ImageFacts } from '../../src/image/facts.ts'
import { parseChallenge } from '../../src/image/sources/registry/client.ts'
import { credentialsFor } from '../../src/image/sources/registry/credentials.ts'
import { openRegistries, type Registries } from '../../src/image/sources/registry/registries.ts'
import { imageOf, type Made, tarOf } from './support/stored.ts'

const signal = new AbortController().signal
const servers: Server[] = []
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
  for (const server of servers.splice(0)) server.close()
  await rm(folder, { recursive: true, force: true })
})

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Host and port of an HTTP server. */
async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What a registry gives to whoever may have it. */
function give({ blobs, manifest }: Made, path: string, response: ServerResponse): void {
  const name = decodeURIComponent(path.split('/').at(-1) ?? '')
  const blob = blobs.get(name === '1' ? manifest.digest : name)
  if (blob === undefined) response.writeHead(404).end('{"errors":[]}')
  else response.writeHead(200, { 'content-length': blob.length }).end(blob)
}

const made = async (): Promise<Made> =>
  imageOf([gzipSync(await tarOf([{ name: 'etc/passwd', content: 'web:x:7:7::/:/bin/sh\n' }]))], { User: '7' })

const read = (host: string, name = 'team/web:1', registries: Registries = openRegistries()): Promise<ImageFacts> =>
  registries.facts(`${host}/${name}`, null, signal)

const whyNot = (host: string, name?: string): Promise<HardenError> =>
  read(host, name).then(
    () => {
      throw new Error('it was read')
    },
    (error: HardenError) => error,
  )

const login = (host: string, entry: object): Promise<void> =>
  writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: entry } }))

const basic = (pair: string): string => Buffer.from(pair).toString('base64')

describe('an image in a registry', () => {
  test('config, files and accounts, by tag and by digest', async () => {
    const image = await made()
    const asked: string[] = []
    const host = await serve((request, response) => {
      asked.push(`${request.url} ${request.headers.accept?.includes('oci.image.index') ?? false}`)
      give(image, request.url ?? '', response)
    })
    const facts = await read(host)
    expect(facts).toMatchObject({
      reference: `${host}/team/web:1`,
      source: 'registry',
      digest: image.config,
      config: { user: '7' },
      accounts: { value: { users: [{ name: 'web', uid: 7 }] } },
    })
    expect(asked[0]).toBe('/v2/team/web/manifests/1 true')
    expect((await read(host, `team/web@${image.manifest.digest}`)).digest).toBe(image.config)
  })

  test('a token, for whom nobody has to log in', async () => {
    const image = await made()
    const tokens: string[] = []
    const host = await serve((request, response) => {
      const url = new URL(request.url ?? '', 'http://x')
      if (url.pathname === '/token') {
        tokens.push(`${url.search} ${request.headers.authorization}`)
        response.end(JSON.stringify({ token: 'abc' }))
      } else if (request.headers.authorization === 'Bearer abc') give(image, url.pathname, response)
      else
        response
          .writeHead(401, {
            'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service="reg",scope="repository:team/web:pull"`,
          })
          .end()
    })
    expect((await read(host)).config.user).toBe('7')
    expect(tokens).toEqual(['?service=reg&scope=repository%3Ateam%2Fweb%3Apull undefined'])
  })

  test.each([
    ['a password', { auth: basic('me:se:cret') }, `GET Basic ${basic('me:se:cret')} `],
    ['a token that stands for it', { identitytoken: 'refresh' }, 'POST undefined refresh'],
  ])('a token, to whoever logged in with %s', async (_, entry, said) => {
    const image = await made()
    const asked: string[] = []
    const host = await serve(async (request, response) => {
      const url = new URL(request.url ?? '', 'http://x')
      if (url.pathname === '/token') {
        let body = ''
        for await (const chunk of request) body += chunk
        const refresh = new URLSearchParams(body).get('refresh_token') ?? ''
        asked.push(`${request.method} ${request.headers.authorization} ${refresh}`)
        response.end(JSON.stringify({ access_token: 'abc' }))
      } else if (request.headers.authorization === 'Bearer abc') give(image, url.pathname, response)
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }).end()
    })
    await login(host, entry)
    expect((await read(host)).config.user).toBe('7')
    expect(asked).toEqual([said])
  })

  test('a password as it is', async () => {
    const image = await made()
    const host = await serve((request, response) => {
      if (request.headers.authorization === `Basic ${basic('me:secret')}`) give(image, request.url ?? '', response)
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    })
    expect(await whyNot(host)).toMatchObject({
      code: 'no-image',
      message: `${host} does not give ${host}/team/web:1: it does not exist, or needs a login`,
      hint: `check the name, or log in: docker login ${host}`,
    })
    await login(host, { auth: basic('me:secret') })
    expect((await read(host)).config.user).toBe('7')
  })

  test('a store elsewhere, which is not told the password', async () => {
    const image = await made()
    const seen: (string | undefined)[] = []
    const store = await serve((request, response) => {
      seen.push(request.headers.authorization)
      give(image, request.url ?? '', response)
    })
    const host = await serve((request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      else if (request.url?.includes('/blobs/'))
        response.writeHead(307, { location: `http://${store}${request.url}` }).end()
      else give(image, request.url ?? '', response)
    })
    await login(host, { auth: basic('me:secret') })
    expect((await read(host)).config.user).toBe('7')
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.filter((each) => each !== undefined)).toEqual([])
  })

  test('a layer of another digest is not believed', async () => {
    const image = await made()
    const [layer] = image.blobs.keys()
    const other = new Map(image.blobs).set(layer ?? '', gzipSync(await tarOf([{ name: 'etc/passwd' }])))
    const host = await serve((request, response) => give({ ...image, blobs: other }, request.url ?? '', response))
    expect(await whyNot(host)).toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining(`${layer} is something else`),
    })
  })

  test.each([
    [404, 'has no image'],
    [403, 'or needs a login'],
    [429, 'too many requests'],
    [503, 'it answers with status 503'],
  ])('status %d', async (status, message) => {
    const host = await serve((_, response) => void response.writeHead(status).end())
    expect(await whyNot(host)).toMatchObject({ code: 'no-image', message: expect.stringContaining(message) })
  })

  test('one that cannot be reached is not asked again', async () => {
    const host = await serve(() => {})
    await new Promise((done) => servers.pop()?.close(done))
    const registries = openRegistries()
    const first = read(host, 'team/web:1', registries).catch((error: HardenError) => error)
    expect(await first).toMatchObject({ code: 'no-registry', message: expect.stringContaining('ECONNREFUSED') })
    const second = read(host, 'team/other:2', registries).catch((error: HardenError) => error)
    expect(await second).toBe(await first)
  })
})

describe('what a registry wants', () => {
  test.each([
    [
      'Bearer realm="https://a/token",service="b c",scope="x:y:pull,push"',
      'bearer',
      { realm: 'https://a/token', service: 'b c', scope: 'x:y:pull,push' },
    ],
    ['Basic realm="a, Bearer b"', 'basic', { realm: 'a, Bearer b' }],
    ['Basic realm="a", Bearer realm="b"', 'bearer', { realm: 'b' }],
    ['bearer REALM=b', 'bearer', { realm: 'b' }],
  ])('%s', (header, scheme, parameters) => {
    const challenge = parseChallenge(header)
    expect({ scheme: challenge?.scheme, ...Object.fromEntries(challenge?.parameters ?? []) }).toEqual({
      scheme,
      ...parameters,
    })
  })

  test.each(['', 'Negotiate', 'Digest realm="x"'])('%j cannot be met', (header) => {
    expect(parseChallenge(header)).toBeNull()
  })
})

describe('what a login has kept', () => {
  const config = (value: object | string, name = 'config.json') =>
    writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value))
  const me = { kind: 'password', user: 'me', password: 'secret' }
  const auth = { auth: basic('me:secret') }
  const find = (domain: string, more: NodeJS.ProcessEnv = {}, ask = async (): Promise<string | null> => null) =>
    credentialsFor(domain, { DOCKER_CONFIG: folder, ...more }, ask)

  test.each([
    ['r.example', { auths: { 'r.example': auth } }, me],
    ['r.example', { auths: { 'https://r.example': auth } }, me],
    ['docker.io', { auths: { 'https://index.docker.io/v1/': auth } }, me],
    ['r.example', { auths: { 'other.example': auth } }, null],
    ['r.example', { auths: { 'r.example': {} } }, null],
  ])('for %s in %j', async (domain, value, expected) => {
    await config(value)
    expect(await find(domain)).toEqual(expected)
  })

  test('nothing at all', async () => {
    expect(await find('r.example')).toBeNull()
  })

  test('a file of podman first', async () => {
    await config({ auths: { 'r.example': { auth: basic('docker:x') } } })
    await config({ auths: { 'r.example': auth } }, 'auth.json')
    expect(await find('r.example', { REGISTRY_AUTH_FILE: join(folder, 'auth.json') })).toEqual(me)
  })

  test.each([
    [{ credsStore: 'desktop' }, 'desktop'],
    [{ credsStore: 'desktop', credHelpers: { 'r.example': 'cloud' } }, 'cloud'],
  ])('a helper: %j', async (value, helper) => {
    await config(value)
    const asked: string[] = []
    const ask = async (...words: string[]) => {
      asked.push(words.join(' '))
      return JSON.stringify({ Username: '<token>', Secret: 'abc' })
    }
    expect(await find('r.example', {}, ask as never)).toEqual({ kind: 'token', token: 'abc' })
    expect(asked).toEqual([`${helper} r.example`])
  })

  test('a real helper: what it is given, what it gives, and that it may have nothing', async () => {
    const path = join(folder, 'docker-credential-test')
    await config({ credsStore: 'test' })
    await writeFile(
      path,
      `#!/bin/sh\nread server\n[ "$1 $server" = "get r.example" ] && echo '{"Username":"me","Secret":"secret"}' || { echo none; exit 1; }\n`,
    )
    await chmod(path, 0o755)
    const env = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` }
    expect(await credentialsFor('r.example', env)).toEqual(me)
    expect(await credentialsFor('other.example', env)).toBeNull()
    await config({ credsStore: 'not-there' })
    expect(await credentialsFor('r.example', env)).toBeNull()
  })

  test.each([
    [{ credsStore: './evil' }, 'credsStore'],
    [{ credsStore: 'x/../../evil' }, 'credsStore'],
    [{ credsStore: '..' }, 'credsStore'],
    [{ credHelpers: { 'r.example': 7 } }, 'credHelpers'],
  ])('a helper that is no name is not run, and its file is named: %j', async (value, key) => {
    await config(value)
    const asked: string[] = []
    await expect(
      find('r.example', {}, async () => {
        asked.push('asked')
        return null
      }),
    ).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining(`${key} of ${join(folder, 'config.json')} is no name of a credential helper`),
    })
    expect(asked).toEqual([])
  })

  test('a helper is taken from no relative folder, and must answer in time and in few bytes', async () => {
    const path = join(folder, 'docker-credential-slow')
    await config({ credsStore: 'slow' })
    await writeFile(path, '#!/bin/sh\nsleep 3 & sleep 3\n', { mode: 0o755 })
    const within = { loginBytes: 1000, loginHelperMs: 100 }
    const env = (PATH: string) => ({ DOCKER_CONFIG: folder, PATH })
    expect(await credentialsFor('r.example', env(`.:${relative(process.cwd(), folder)}`), null, { within })).toBeNull()
    const absolute = env(`${folder}:${process.env.PATH}`)
    await expect(credentialsFor('r.example', absolute, null, { within })).rejects.toThrow(
      `docker-credential-slow of ${join(folder, 'config.json')} cannot say how to log in: no answer within 0.1 s`,
    )
    await writeFile(path, '#!/bin/sh\nhead -c 100000 /dev/zero\n', { mode: 0o755 })
    const patient = { ...within, loginHelperMs: 20_000 }
    await expect(credentialsFor('r.example', absolute, null, { within: patient })).rejects.toThrow(
      'it prints more than 1000 bytes',
    )
  })

  test('a file that is not JSON is an error that says which', async () => {
    await config('{')
    await expect(find('r.example')).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining(join(folder, 'config.json')),
    })
  })
})
