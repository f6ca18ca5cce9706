// The statements of a folder against an image that a registry has; that of an engine: test/engine/places.test.ts.
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { files, proved, proven } from '../attest/sample.ts'
import { servers } from '../image/support/registry.ts'
import { imageOf, type Made, tarOf } from '../image/support/stored.ts'
import { call } from './call.ts'

const { serve, end } = servers()
let folder = ''
let image = ''
/** Another one of the same registry, by its tag. */
const others = new Map<string, Made>()
let digest = ''
let before: string | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
  before = process.env.DOCKER_CONFIG
  process.env.DOCKER_CONFIG = folder
  const made = await imageOf([gzipSync(await tarOf([{ name: 'x', content: 'x' }]))], { User: '33:33' })
  const passwd = 'root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/sh\n'
  const layer = gzipSync(await tarOf([{ name: 'etc/passwd', content: passwd }]))
  for (const [tag, User] of Object.entries({ none: '', number: '+0:33', second: 'toor', web: 'web', nobody: 'x' }))
    others.set(tag, await imageOf([layer], { User }))
  const port = await serve((_request, response, path) => {
    const name = decodeURIComponent(path.split('/').at(-1) ?? '')
    const blob = [made, ...others.values()].flatMap(
      ({ blobs }) => blobs.get(name === '1' ? made.manifest.digest : (others.get(name)?.manifest.digest ?? name)) ?? [],
    )[0]
    if (blob === undefined) response.writeHead(404).end('{}')
    else response.writeHead(200, { 'content-length': blob.length }).end(blob)
  })
  image = `127.0.0.1:${port}/team/web:1`
  digest = made.manifest.digest
  const config = JSON.parse(made.blobs.get(digest)?.toString() ?? '').config.digest as string
  for (const [name, text] of files(proved(), { image: { ...proven.image, id: config, repoDigests: [] } }))
    await writeFile(join(folder, name), text)
})

afterAll(async () => {
  end()
  if (before === undefined) delete process.env.DOCKER_CONFIG
  else process.env.DOCKER_CONFIG = before
  await rm(folder, { recursive: true })
})

const verify = (args: readonly string[], stdin = '') =>
  call(['verify', ...args, '--image', image, '--engine', 'none'], { cwd: folder, stdin })

/** With another text in a file, which is put back. */
async function withFile<T>(name: string, change: (text: string) => string, use: () => Promise<T>): Promise<T> {
  const path = join(folder, name)
  const text = await readFile(path, 'utf8')
  await writeFile(path, change(text))
  try {
    return await use()
  } finally {
    await writeFile(path, text)
  }
}

describe('verify', () => {
  test('finds by the manifest of a registry the image whose id the statements say', async () => {
    const { code, stdout } = await verify(['.'])
    expect(stdout).toContain(`ok       test-result.statement.json: it is about ${image}\n`)
    expect(stdout).toContain('ok       report.json is as it was\n')
    expect(stdout).toContain('ok       trace.ndjson is as it was\n')
    expect(stdout).toMatch(
      /: the statements hold: it is hardened; no signature was checked: who wrote them is for cosign verify-attestation to say\n$/,
    )
    expect(code).toBe(0)
  })

  test('takes statements about the manifest, in files or from stdin', async () => {
    const hex = digest.slice('sha256:'.length)
    const made = files(proved(), { image: { ...proven.image, id: digest, repoDigests: [] } })
    const lines = ['test-result', 'proof'].map((name) =>
      JSON.stringify(JSON.parse(made.get(`${name}.statement.json`) ?? '')),
    )
    expect(lines.join()).toContain(hex)
    const { code, stdout } = await verify(['-', '--format', 'json'], lines.join('\n'))
    const told = JSON.parse(stdout)
    expect([code, told.image, told.problems]).toEqual([0, image, []])
    expect(told.open).toContain('report.json is not beside stdin:2, and was not compared')
  })

  test.each([
    [
      'a changed digest',
      'proof.statement.json',
      (text: string) => text.replace(/("sha256": ")\w{8}/, '$100000000'),
      'it is about another image',
    ],
    [
      'a changed report',
      'report.json',
      (text: string) => text.replace('"hardened"', '"unchanged"'),
      'report.json has changed',
    ],
    [
      'a removed condition',
      'test-result.statement.json',
      (text: string) => text.replace(/ *"condition: plain",\n/, ''),
      '“condition: plain” is missing',
    ],
  ])('finds %s, and ends with 1', async (_, name, change, why) => {
    const { code, stdout } = await withFile(name, change, () => verify(['.']))
    expect(stdout).toContain('wrong    ')
    expect(stdout).toContain(why)
    expect(stdout).toContain('the statements do not hold')
    expect(code).toBe(1)
  })

  test.each([
    ['none', 1, 'starts as root: its USER is not set'],
    ['number', 1, 'starts as root: its USER is +0:33'],
    ['second', 1, 'starts as root: its USER is toor'],
    ['nobody', 1, 'starts as x, and none of its accounts that could be read says who that is'],
    ['web', 0, 'ok       HOST/team/web:web starts as web'],
  ])('asks the image itself who it starts as, whatever digest the statements name: %s', async (tag, ends, why) => {
    const named = image.replace(/1$/, tag)
    const user = { none: '', number: '+0:33', second: 'toor', web: 'web', nobody: 'x' }[tag] ?? ''
    const made = files(proved(), {
      image: { ...proven.image, user, id: others.get(tag)?.config ?? '', repoDigests: [] },
    })
    const lines = ['test-result', 'proof'].map((name) =>
      JSON.stringify(JSON.parse(made.get(`${name}.statement.json`) ?? '')),
    )
    const { code, stdout } = await call(['verify', '-', '--image', named, '--engine', 'none'], {
      cwd: folder,
      stdin: lines.join('\n'),
    })
    expect(stdout).toContain(why.replace('HOST', image.split('/')[0] ?? ''))
    expect(code).toBe(ends)
  })

  test('reads nothing that a statement names elsewhere, or through a link', async () => {
    await writeFile(join(folder, 'elsewhere'), 'secret')
    await symlink(join(folder, 'elsewhere'), join(folder, 'linked.json'))
    for (const name of ['../secret', '/etc/passwd', 'linked.json', '.harden-image.sha256']) {
      const renamed = (text: string) => text.replaceAll('"report.json"', JSON.stringify(name))
      const { stdout } = await withFile('proof.statement.json', renamed, () => verify(['.']))
      expect(stdout).toContain(`skipped  ${name} is not beside proof.statement.json, and was not compared`)
    }
  })

  test.each([
    [['nowhere'], 'nowhere cannot be read: it does not exist'],
    [['report.json'], 'report.json cannot be read: it is no in-toto statement'],
    [['.', '--offline'], 'there is no image'],
    [[], 'verify needs statements'],
  ])('ends with 2 where it cannot work: %j', async (args, why) => {
    const { code, stderr } = await verify(args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)])
  })
})

describe('--attest', () => {
  test.each([
    [['--attest', 'out', '.'], '--attest keeps what a proof shows, and nothing is proved'],
    [['--attest', 'out', '--prove', '.'], '--attest is about an image that stays, and none does'],
    [['--attest', '-', '--prove', '.'], '--attest takes a folder, not -'],
  ])('%j is refused', async (args, why) => {
    const { code, stderr } = await call(args, { cwd: folder })
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)])
  })
})
