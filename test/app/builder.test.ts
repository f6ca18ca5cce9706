// What another builder is given of the images that the engine has. What it does with them: test/engine/builder.test.ts.
import { expect, test } from '@jest/globals'
import { pack } from 'tar-stream'
import { throughBuilder } from '../../src/app/builder.ts'
import type { BuildRequest, Engine } from '../../src/engine/engine.ts'
import { HardenError } from '../../src/errors.ts'

const digest = `sha256:${'a'.repeat(64)}`
const layout = `sha256:${'b'.repeat(64)}`

/** Requests as the builder gets them, of an engine that has nginx from a registry and tools of its own making. */
async function given(
  request: Pick<BuildRequest, 'dockerfile'> & Partial<BuildRequest>,
  { isOfEngine = false, refused = false } = {},
): Promise<{ readonly images: readonly (Readonly<Record<string, string>> | undefined)[]; readonly saved: number }> {
  const requests: BuildRequest[] = []
  const cleanUps: (() => Promise<void>)[] = []
  let saved = 0
  const engine = {
    builder: async (name: string) => ({ name, isOfEngine }),
    inspectImage: async (name: string) => {
      if (name === 'tools:1') return { id: 'sha256:1', repoDigests: [] }
      return name.startsWith('nginx') ? { id: 'sha256:2', repoDigests: [`other@${layout}`, `nginx@${digest}`] } : null
    },
    save: async (_: readonly string[], read: (tar: unknown) => Promise<string>) => {
      saved += 1
      const tar = pack()
      tar.entry({ name: 'index.json' }, JSON.stringify({ schemaVersion: 2, manifests: [{ digest: layout, size: 1 }] }))
      tar.finalize()
      return read(tar)
    },
    build: async (one: BuildRequest) => {
      requests.push(one)
      if (refused && requests.length === 1) throw new HardenError('no-image', 'there is no such image')
      return { id: 'sha256:3', milliseconds: 0 }
    },
  } as unknown as Engine
  const through = await throughBuilder(engine, 'farm', { onCleanUp: (run) => void cleanUps.push(run) })
  for (let again = 0; again < 2; again++) await through.build({ context: null, tag: 'x', ...request })
  for (const run of cleanUps) await run()
  expect(new Set(requests.map(({ builder }) => builder))).toEqual(new Set(['farm']))
  return { images: requests.map(({ images }) => images), saved }
}

const pinned = `docker-image://nginx@${digest}`
const whole = expect.stringMatching(new RegExp(`^oci-layout:///.*@${layout}$`))

test('a base image goes by the digest of its own repository, and what no registry has is saved once', async () => {
  const dockerfile =
    'ARG BASE\nFROM $BASE AS base\nFROM tools:1 AS tools\nFROM unknown:1\nCOPY --from=tools /a /\nCOPY --from=nginx:2 /b /\n'
  const { images, saved } = await given({ dockerfile, buildArgs: { BASE: 'nginx:1' } })
  expect(images).toEqual(Array(2).fill({ 'nginx:1': pinned, 'nginx:2': pinned, 'tools:1': whole }))
  expect(saved).toBe(1)
})

test('the engine that builds itself is given nothing', async () => {
  const { images } = await given({ dockerfile: 'FROM tools:1\n' }, { isOfEngine: true })
  expect(images).toEqual([undefined, undefined])
})

test('what the registry does not give the builder is saved after all', async () => {
  const { images } = await given({ dockerfile: 'FROM nginx:1\n' }, { refused: true })
  expect(images).toEqual([{ 'nginx:1': pinned }, { 'nginx:1': whole }, { 'nginx:1': pinned }])
})

test('what stands for an image never stands for a stage of its name', async () => {
  const { images } = await given({
    dockerfile: `FROM nginx AS nginx\nRUN make\nFROM nginx@${digest}\nCOPY --from=nginx /a /\n`,
  })
  expect(images).toEqual([{}, {}])
})

test('a text that is no Dockerfile is left to the builder', async () => {
  expect((await given({ dockerfile: 'FORM nginx\n' })).images).toEqual([{}, {}])
})
