import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Engine } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { type ArchiveReference, parseReference } from '../../src/image/reference.ts'
import { factsFromEngine } from '../../src/image/sources/engine.ts'
import { factsFromLayers } from '../../src/image/sources/stored/facts.ts'
import { openArchive } from '../../src/image/sources/stored/open-archive.ts'
import { harden, hardenOne, inventory } from './support/cli.ts'
import { expectVerdict } from './support/expect-verdict.ts'
import { docker, ensureImage, waitFor } from './support/images.ts'
import { retryOnce } from './support/retry.ts'
import { buildText, debian } from './support/small-images.ts'

retryOnce()

let engine: Engine
let folder = ''

beforeAll(async () => {
  engine = await openEngine('docker')
  folder = await mkdtemp(join(tmpdir(), 'harden-image-test-'))
}, 30_000)
afterAll(async () => {
  await engine?.cleanUp()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

/** Empty, and added to every export: a container has its own there. */
const ofTheEngine = /^\/(?:dev|proc|sys)(?:\/|$)|^\/etc\/(?:hosts|hostname|resolv\.conf|mtab)$|^\/\.dockerenv$/

test('the layers of docker save give what an export gives', async () => {
  const image = await buildText(
    engine,
    'layers',
    `FROM ${debian}
RUN mkdir -p /srv/kept /srv/gone/deep /srv/again && echo one > /srv/one.conf && touch /srv/gone/deep/file /srv/again/old \\
 && ln /srv/one.conf /srv/two.conf && mkdir /srv/folder && touch /srv/folder/x && echo 'listen 80' > /etc/app.conf
RUN rm -r /srv/gone /srv/again && mkdir /srv/again && touch /srv/again/new && rm -r /srv/folder && ln -s kept /srv/folder \\
 && chown 7:8 /srv/one.conf && chmod 2770 /srv/kept && useradd --uid 3000000000 big
RUN rm /etc/app.conf && mkdir /etc/app.conf && rm -r /usr/share/doc && ln /srv/two.conf /srv/three.conf
ENTRYPOINT ["/bin/true"]
`,
  )
  const saved = join(folder, 'layers.tar')
  await docker(['save', '--output', saved, image])
  // An id of its own in the cache would be found again.
  const home = process.env.XDG_CACHE_HOME
  process.env.XDG_CACHE_HOME = join(folder, 'cache')
  try {
    const reference = parseReference(`docker-archive:${saved}`) as ArchiveReference
    const opened = await openArchive(reference, saved, null)
    const stored = await factsFromLayers(opened.blobs, opened.image, image, 'archive')
    const { files: exported, ...facts } = await factsFromEngine(engine, image)
    const { files, ...others } = stored
    expect(others).toEqual({ ...facts, source: 'archive' })
    if (!files.known || !exported.known) throw new Error('both have files')
    const paths = (all: Iterable<string>): readonly string[] =>
      [...all].filter((path) => !ofTheEngine.test(path)).sort()
    expect(paths(files.value.paths())).toEqual(paths(exported.value.paths()))
    expect(paths(files.value.paths())).toContain('/srv/again/new')
    const differs = (path: string): readonly (FileEntry | string | null)[][] => {
      const both = [files.value, exported.value].map((model) => [model.entry(path), model.text(path)])
      return JSON.stringify(both[0]) === JSON.stringify(both[1]) ? [] : both
    }
    expect(paths(files.value.paths()).flatMap(differs)).toEqual([])
  } finally {
    if (home === undefined) delete process.env.XDG_CACHE_HOME
    else process.env.XDG_CACHE_HOME = home
  }
})

describe('an image that the engine does not have', () => {
  test('is loaded to be proved, and is gone after it', async () => {
    const name = `harden-image-test/from-archive:${engine.session}`
    await docker(['tag', await ensureImage('scratch-static'), name])
    await docker(['save', '--output', join(folder, 'app.tar'), name])
    await docker(['rmi', name])
    const before = await inventory()
    const target = `docker-archive:${join(folder, 'app.tar')}`
    const result = expectVerdict(await hardenOne(target, ['--prove']), {
      code: 0,
      verdict: 'hardened',
      passed: true,
    })
    expect(result.target).toBe(target)
    expect(result.output).toMatch(new RegExp(`^FROM ${name}$`, 'm'))
    expect(result.findings.map(({ hint }) => hint)).toContain(
      `load it before the build: docker load --input ${join(folder, 'app.tar')}`,
    )
    await waitFor(async () => {
      expect([...(await inventory())].filter((thing) => !before.has(thing))).toEqual([])
    })
    expect(await docker(['images', '--quiet', name])).toBe('')
  })

  test('never takes the name of another one', async () => {
    const name = `harden-image-test/taken:${engine.session}`
    await docker(['tag', await ensureImage('scratch-static'), name])
    await docker(['save', '--output', join(folder, 'taken.tar'), name])
    await docker(['tag', debian, name])
    const id = await docker(['image', 'inspect', '--format', '{{.Id}}', name])
    try {
      const ended = await harden([`docker-archive:${join(folder, 'taken.tar')}`, '--prove'])
      expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 2, stdout: '' })
      expect(ended.stderr).toMatch(/docker has another image by the name of docker-archive:.*\n.*docker tag/)
      expect(await docker(['image', 'inspect', '--format', '{{.Id}}', name])).toBe(id)
    } finally {
      await docker(['rmi', name])
    }
  })
})
