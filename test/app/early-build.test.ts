import { describe, expect, test } from '@jest/globals'
import { HardenError } from '../../src/errors.ts'
import type { RunRecord } from '../../src/proof/container/run-record.ts'
import { buildEarly, buildsOnce } from '../../src/proof/speculation.ts'
import type { Hardened } from '../../src/report/report.ts'

const record = {} as RunRecord
const hardened = (output: string, changed = true) =>
  ({ result: { output, changed }, selfContained: output }) as Hardened

function recorded(fails = false) {
  const built: string[] = []
  const builds = buildsOnce(async (text, name) => {
    built.push(text)
    if (fails) throw new HardenError('build-failed', 'no such file')
    return `image-${name}`
  })
  return { built, builds }
}

describe('buildsOnce', () => {
  test('a text is built once, another is another image', async () => {
    const { built, builds } = recorded()
    expect(await Promise.all(['a', 'a', 'b', 'a'].map(builds.of))).toEqual(['image-1', 'image-1', 'image-2', 'image-1'])
    expect(built).toEqual(['a', 'b'])
  })

  test('nothing is under way any more once they are settled, whatever came of them', async () => {
    let done = false
    const builds = buildsOnce(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      done = true
      throw new HardenError('build-failed', 'no such file')
    })
    builds.of('a').catch(() => undefined)
    await builds.settled()
    expect(done).toBe(true)
  })
})

describe('buildEarly', () => {
  test('the first sight is built and told of, and the round that wants the same does not build again', async () => {
    const { built, builds } = recorded()
    const begun: unknown[] = []
    const plan = hardened('a')
    await buildEarly(
      builds,
      Promise.resolve(record),
      async () => plan,
      (...told) => begun.push(told),
    )
    expect(begun).toEqual([['image-1', plan, record]])
    expect(await builds.of('a')).toBe('image-1')
    expect(built).toEqual(['a'])
  })

  test.each([
    ['there is no such sight', null, hardened('a')],
    ['it asks for no change', record, hardened('a', false)],
  ])('nothing is where %s', async (_, early, plan) => {
    const { built, builds } = recorded()
    await buildEarly(builds, Promise.resolve(early), async () => plan, begunForNothing)
    expect(built).toEqual([])
  })

  test('what does not build is told to the round that needs it', async () => {
    const { builds } = recorded(true)
    await buildEarly(builds, Promise.resolve(record), async () => hardened('a'), begunForNothing)
    await expect(builds.of('a')).rejects.toThrow('no such file')
  })

  test('a plan that cannot be made is told to the round that makes it', async () => {
    const { built, builds } = recorded()
    const harden = () => {
      throw new Error('no plan')
    }
    await expect(buildEarly(builds, Promise.resolve(record), harden, begunForNothing)).resolves.toBeUndefined()
    expect(built).toEqual([])
  })
})

function begunForNothing(): never {
  throw new Error('nothing is there to be begun')
}
