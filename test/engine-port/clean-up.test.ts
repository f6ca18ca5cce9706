import { describe, expect, test } from '@jest/globals'
import { cleanUp, type Kind, type Remover } from '../../src/engine/clean-up.ts'

const nothing = { tags: new Set<string>(), kept: new Set<string>() }
const session = '0123456789abcdef'
const remover = (list: (kind: Kind) => readonly string[], remove = true): Remover => ({
  list: async (kind) => list(kind),
  remove: async () => remove,
  killed: () => false,
  answers: async () => true,
})

describe('whether all that was made is gone', () => {
  test('where it was removed', async () => {
    expect(
      await cleanUp(
        remover(() => ['a']),
        nothing,
        session,
      ),
    ).toBe(true)
    expect(
      await cleanUp(
        remover(() => []),
        nothing,
        session,
      ),
    ).toBe(true)
  })

  test('not where a container stays', async () => {
    expect(
      await cleanUp(
        remover((kind) => (kind === 'container' ? ['a'] : []), false),
        nothing,
        session,
      ),
    ).toBe(false)
  })

  test('not where the engine no longer answers', async () => {
    const gone = remover(() => {
      throw new Error('connect ENOENT')
    })
    expect(await cleanUp(gone, nothing, session)).toBe(false)
  })

  test('an engine that cannot list networks has removed the rest', async () => {
    const other = remover((kind) => {
      if (kind === 'network') throw new Error('unknown flag: --filter')
      return []
    })
    expect(await cleanUp(other, nothing, session)).toBe(true)
  })

  test('not where the engine says nothing any more, and it is not waited for', async () => {
    let asked = 0
    const stopped: Remover = {
      list: () => {
        asked += 1
        return new Promise(() => undefined)
      },
      remove: async () => true,
      killed: () => true,
      answers: async () => false,
    }
    expect(await cleanUp(stopped, nothing, session)).toBe(false)
    // Once for each kind, and no second time.
    expect(asked).toBe(5)
  })

  test('a busy engine is waited for as long as it answers', async () => {
    let pings = 0
    let release = () => {}
    const busy: Remover = {
      list: async (kind) => (kind === 'container' && pings === 0 ? ['a'] : []),
      remove: () =>
        new Promise((resolve) => {
          release = () => resolve(true)
        }),
      killed: () => false,
      answers: async () => {
        pings += 1
        if (pings === 2) release()
        return true
      },
    }
    expect(await cleanUp(busy, nothing, session)).toBe(true)
    expect(pings).toBe(2)
  })
})
