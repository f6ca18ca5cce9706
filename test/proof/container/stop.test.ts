import { describe, expect, test } from '@jest/globals'
import type { Activity, Engine } from '../../../src/engine/engine.ts'
import { type StopOptions, stopContainer } from '../../../src/proof/container/lifecycle.ts'

const rests: Activity = { cpu: 0, running: false, wakesIn: Number.POSITIVE_INFINITY }

/** An engine whose container ends by itself `after` milliseconds, or where the grace is over; and how it is stopped. */
function engineWith(after: number) {
  const graces: number[] = []
  let exitCode = 0
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const engine = {
    async stop(_: string, grace: number) {
      const begun = Date.now()
      graces.push(grace)
      if (grace === 0) {
        exitCode = 137
        end()
      }
      setTimeout(end, after).unref()
      await ended
      return Date.now() - begun
    },
    state: async () => ({ exitCode }),
  } as unknown as Engine
  return { engine, graces }
}

function stop(engine: Engine, options: Partial<StopOptions> = {}) {
  const usual = { graceSeconds: 10, stopSignal: null, handled: null, traced: null, activity: () => rests }
  return stopContainer(engine, 'x', { ...usual, ...options })
}

describe('a container that is asked to stop', () => {
  test('ends by itself', async () => {
    const { engine, graces } = engineWith(20)
    expect((await stop(engine)).byItself).toBe(true)
    expect(graces).toEqual([10])
  })

  test('is killed before its grace is over where it rests and nothing will wake it', async () => {
    const { engine, graces } = engineWith(60_000)
    expect((await stop(engine)).byItself).toBe(false)
    expect(graces).toEqual([10, 0])
  })

  test.each<[string, Activity | null]>([
    ['works', { ...rests, running: true }],
    ['will wake up in time', { ...rests, wakesIn: 1000 }],
    ['cannot be seen', null],
  ])('has its grace where it %s', async (_, activity) => {
    const { engine, graces } = engineWith(1200)
    expect((await stop(engine, { activity: () => activity })).byItself).toBe(true)
    expect(graces).toEqual([10])
  })

  test('has none where its first process does not hear', async () => {
    const { engine, graces } = engineWith(60_000)
    expect((await stop(engine, { handled: [1, 2] })).byItself).toBe(false)
    expect(graces).toEqual([0])
  })

  test('is ended where only its tracer is left, for which it waits', async () => {
    const { engine, graces } = engineWith(60_000)
    const counts = [3, 2, 1, 1, 1]
    const traced = async () => counts.shift() ?? 1
    await stop(engine, { traced, activity: () => ({ ...rests, wakesIn: 1000 }) })
    expect(graces).toEqual([10, 0])
  })
})
