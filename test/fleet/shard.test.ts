import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { failed } from '../../src/app/run.ts'
import type { TargetOutcome } from '../../src/app/task.ts'
import { HardenError } from '../../src/errors.ts'
import type { PlanLine } from '../../src/fleet/plan.ts'
import { type ShardHooks, type ToldOfTarget, workShard } from '../../src/fleet/shard.ts'
import { openStore, type ResultStore } from '../../src/fleet/store.ts'
import type { Found } from '../../src/repository/discover.ts'
import { tree } from '../repository/tree.ts'

function line(number: number): PlanLine {
  const target = `t${number}`
  const about = {
    from: '.',
    target,
    kind: 'dockerfile',
    path: target,
    context: null,
    arguments: [],
    images: {},
  } as const
  return { tool: 'x', repository: null, weight: 1, key: String(number).padStart(64, '0'), ...about }
}

function outcomeOf(target: string): TargetOutcome {
  const { result, ...outcome } = failed(
    { target, kind: 'dockerfile' },
    target,
    new HardenError('not-a-dockerfile', 'x'),
  )
  const { error: _, ...rest } = result
  return { ...outcome, result: { ...rest, verdict: 'rewritten' } }
}

interface Seen {
  readonly worked: string[]
  readonly told: string[]
}

function hooksWith(store: ResultStore, seen: Seen, more: Partial<ShardHooks> = {}): ShardHooks {
  return {
    store,
    find: async ({ target }) => ({ target, kind: 'dockerfile', path: target }) as Found,
    keyOf: async (_, { key }) => key,
    work: async ({ target }) => {
      seen.worked.push(target)
      return outcomeOf(target)
    },
    otherImage: async () => null,
    show: ({ result, source }) => ({ result, source, path: result.target }),
    limiter: (run) => run(),
    signal: new AbortController().signal,
    told: ({ target }, { how, outcome }: ToldOfTarget) =>
      void seen.told.push(`${target} ${how} ${outcome?.result.error?.message ?? ''}`.trim()),
    ...more,
  }
}

/** Of a worker that nobody knows anything of any more. */
function die(folder: string, { key }: PlanLine, times: number): void {
  mkdirSync(join(folder, 'attempts', key.slice(0, 2)), { recursive: true })
  for (let time = 1; time <= times; time++)
    writeFileSync(join(folder, 'attempts', key.slice(0, 2), `${key}.${time}`), '')
}

test('what has a result is not worked on again', async () => {
  const store = await openStore(tree(), 'results')
  const first: Seen = { worked: [], told: [] }
  await workShard([line(1), line(2)], hooksWith(store, first))
  expect([...first.worked].sort()).toEqual(['t1', 't2'])
  const second: Seen = { worked: [], told: [] }
  await workShard([line(1), line(3), line(2)], hooksWith(store, second))
  expect(second.worked).toEqual(['t3'])
})

test('a target that has ended workers comes last, and the third death is its result', async () => {
  const folder = tree()
  const store = await openStore(folder, 'results')
  die(folder, line(1), 2)
  die(folder, line(2), 3)
  die(folder, line(3), 1)
  const seen: Seen = { worked: [], told: [] }
  await workShard([line(1), line(2), line(3), line(4)], hooksWith(store, seen))
  expect(seen.worked).toEqual(['t4', 't3', 't1'])
  expect(seen.told).toContain('t2 done poison: 3 workers were ended in the midst of it')
  const [text = ''] = await store.results(line(2).key)
  expect(JSON.parse(text).rendering.result).toMatchObject({ verdict: 'failed', error: { code: 'poison' } })
})

test('a changed input is said and leaves the target without a result, so that the next run may have one', async () => {
  const store = await openStore(tree(), 'results')
  const seen: Seen = { worked: [], told: [] }
  await workShard([line(1)], hooksWith(store, seen, { keyOf: async () => 'other' }))
  await workShard([line(1)], hooksWith(store, seen, { find: async () => null }))
  await workShard([line(1)], hooksWith(store, seen, { otherImage: async () => 'nginx:1' }))
  expect(seen.told).toEqual([
    't1 open changed since the plan: its files or settings are not those that the plan was made of',
    't1 open changed since the plan: it is not here any more',
    't1 open changed since the plan: nginx:1 is another image now',
  ])
  expect(await store.has(line(1).key)).toBe(false)
  expect(await store.deaths(line(1).key)).toBe(0)
  expect(JSON.parse((await store.openText(line(1).key)) ?? '').rendering.result.error.code).toBe('changed')
  await workShard([line(1)], hooksWith(store, seen))
  expect(await store.has(line(1).key)).toBe(true)
  expect(await store.openText(line(1).key)).toBe(null)
})

test('an engine that does not answer is no result of a target', async () => {
  const store = await openStore(tree(), 'results')
  const seen: Seen = { worked: [], told: [] }
  const work: ShardHooks['work'] = async (found) =>
    failed(found, found.path, new HardenError('no-engine', 'no engine answers'))
  await workShard([line(1)], hooksWith(store, seen, { work }))
  expect(seen.told).toEqual(['t1 open no engine answers'])
  expect(await store.has(line(1).key)).toBe(false)
})

test('an interrupted worker keeps nothing of what it was at, and counts as no death', async () => {
  const store = await openStore(tree(), 'results')
  const seen: Seen = { worked: [], told: [] }
  const controller = new AbortController()
  const work: ShardHooks['work'] = async ({ target }) => {
    controller.abort()
    return outcomeOf(target)
  }
  await workShard([line(1), line(2)], hooksWith(store, seen, { work, signal: controller.signal }))
  expect(await store.keys()).toEqual([])
  expect(await store.deaths(line(1).key)).toBe(0)
})
