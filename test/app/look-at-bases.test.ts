import { describe, expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { lookAtBases } from '../../src/app/look-at-bases.ts'
import type { Options } from '../../src/app/task.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { HardenError } from '../../src/errors.ts'
import { unknownFacts } from '../../src/image/config.ts'
import type { ImageFacts, Known } from '../../src/image/facts.ts'
import { openRegistries } from '../../src/image/sources/registry/registries.ts'
import { limiterFor } from '../../src/proof/container/limiter.ts'
import { buildContexts } from '../../src/repository/context.ts'
import type { WorkItem } from '../../src/repository/work-item.ts'

interface World {
  /** `none`: no engine answers; `empty`: it has nothing, and nothing can be pulled; `amd64`: it has it for that one. */
  readonly engine?: 'none' | 'empty' | 'amd64'
  readonly registry: 'has it' | 'is away'
  readonly item?: Partial<WorkItem>
  readonly options?: Partial<Options>
}

const listed = 'nginx:latest'
const unlisted = 'registry.example/team/web:1'

/** Where the facts of the one base image come from, and what was asked on the way. */
async function looked(reference: string, { engine = 'none', registry, item, options }: World) {
  const asked: string[] = []
  const known = new Map<string, Known<ImageFacts>>()
  const empty = {
    name: 'docker',
    inspectImage: async () => {
      if (engine === 'empty') return null
      return { id: 'sha256:1', layers: [], platform: { os: 'linux', architecture: 'amd64' }, config: {} }
    },
    exportImage: async () => {
      asked.push('export')
      throw new HardenError('no-image', 'cannot be read')
    },
    pull: async () => {
      asked.push('pull')
      throw new HardenError('no-image', 'cannot be pulled')
    },
  } as unknown as Engine
  const session = {
    engine: engine === 'none' ? null : empty,
    sandbox: null,
    known,
    looking: new Map(),
    neighbours: new Map(),
    registries: {
      facts: async (name: string) => {
        asked.push('registry')
        if (registry === 'is away') throw new HardenError('no-registry', 'nobody answers')
        return { ...unknownFacts(name, 'not read'), source: 'registry' as const }
      },
    },
    readContext: buildContexts(),
    limiter: limiterFor(null),
    since: 0,
    number: 1,
    options: { ...withDefaults({}), ...options },
    hooks: { progress: () => {}, onCleanUp: () => {}, signal: new AbortController().signal },
  }
  const target: WorkItem = {
    target: 'x',
    kind: 'dockerfile',
    path: null,
    reference: null,
    from: null,
    text: '',
    ...item,
  }
  const run = lookAtBases(target, parseDockerfile(`FROM ${reference}\n`), session, () => {})
  const failed = await run.then(
    () => null,
    (error: HardenError) => error.message,
  )
  const notes = failed === null ? (await run).map(({ message }) => message) : []
  const fact = known.get(reference)
  const source = fact?.known === true ? fact.value.source : (fact?.reason ?? null)
  return { source, asked: asked.join(' '), failed, notes }
}

const image = { kind: 'image' } as const
const away = { registry: 'is away' } as const
const there = { registry: 'has it' } as const

describe('a base image of a Dockerfile', () => {
  test.each<[string, string, World, string | null, string]>([
    ['that the catalogue lists: nobody is asked', listed, there, 'catalogue', ''],
    ['that it does not list: its registry', unlisted, there, 'registry', 'registry'],
    [
      'an engine does not have it: its registry, no pull',
      unlisted,
      { ...there, engine: 'empty' },
      'registry',
      'registry',
    ],
    ['nobody answers', unlisted, away, 'there is no engine to look with, and nobody answers', 'registry'],
    [
      'offline',
      unlisted,
      { ...there, options: { offline: true } },
      'there is no engine to look with, and the catalogue does not list it',
      '',
    ],
  ])('%s', async (_, reference, world, source, asked) => {
    expect(await looked(reference, world)).toMatchObject({ source, asked, failed: null })
  })
})

describe('an image that was asked for', () => {
  test.each<[string, Partial<World>, string]>([
    ["the engine's own is of another platform", { options: { platform: 'linux/arm64' } }, 'pull'],
    ["the engine's own is of it", { options: { platform: 'linux/amd64' } }, 'export'],
    [
      'a base of a Dockerfile has the same accounts everywhere',
      { item: {}, options: { platform: 'linux/arm64' } },
      'export',
    ],
  ])('%s', async (_, world, asked) => {
    const { asked: first } = await looked(unlisted, { ...away, engine: 'amd64', item: image, ...world })
    expect(first).toBe(asked)
  })

  test.each<[string, World, readonly string[]]>([
    [
      'that it was not inspected is said, and why',
      { ...away, item: image },
      [`${listed} was not read, the catalogue stands in: nobody answers`],
    ],
    ['nobody who wants to go by the catalogue is told so', { ...away, item: image, options: { offline: true } }, []],
    ['one that was looked at needs no such note', { ...there, item: image }, []],
    ['nor does a base of a Dockerfile', { ...away, item: { kind: 'dockerfile' } }, []],
  ])('%s', async (_, world, notes) => {
    expect(await looked(listed, world)).toMatchObject({ failed: null, notes })
  })

  test.each<[string, string, World, string | null, string]>([
    ['without an engine: as its registry has it', listed, there, 'registry', 'registry'],
    ['nobody answers: as the catalogue has it', listed, away, 'catalogue', 'registry'],
    ['offline: as the catalogue has it', listed, { ...there, options: { offline: true } }, 'catalogue', ''],
    [
      'with an engine that cannot pull it: as the catalogue has it',
      listed,
      { ...there, engine: 'empty' },
      'catalogue',
      'pull',
    ],
  ])('%s', async (_, reference, world, source, asked) => {
    expect(await looked(reference, { ...world, item: image })).toMatchObject({ source, asked, failed: null })
  })

  test.each<[string, string, World, string, string]>([
    ['nobody answers', unlisted, away, 'nobody answers', 'registry'],
    ['not in the engine, which cannot pull it', unlisted, { ...there, engine: 'empty' }, 'cannot be pulled', 'pull'],
    [
      'to be proved, which the catalogue is not enough for',
      listed,
      { ...there, engine: 'empty', options: { mode: { kind: 'harden', prove: true, build: false, tag: null } } },
      'cannot be pulled',
      'pull',
    ],
    [
      'in the engine, as docker-daemon: says, and nowhere else',
      listed,
      { ...there, engine: 'empty', item: { from: 'engine' } },
      'nginx:latest cannot be inspected: docker has no copy of it',
      '',
    ],
    [
      'offline',
      unlisted,
      { ...there, options: { offline: true } },
      `${unlisted} cannot be inspected: there is no engine to look with, and the built-in catalogue does not list it`,
      '',
    ],
  ])('%s', async (_, reference, world, failed, asked) => {
    const { item, ...rest } = world
    const found = await looked(reference, { ...rest, item: { ...image, ...item } })
    expect(found).toEqual({ source: null, asked, failed, notes: [] })
  })
})

test('what is no reference of a registry is said before anybody is asked', async () => {
  await expect(openRegistries().facts('oci:x', null, new AbortController().signal)).rejects.toMatchObject({
    code: 'bad-reference',
  })
})
