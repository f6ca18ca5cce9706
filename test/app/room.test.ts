import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { besideOthers, openRoom } from '../../src/app/room.ts'
import type { TargetOutcome } from '../../src/app/task.ts'
import { HardenError } from '../../src/errors.ts'
import { sampleResult } from '../report/sample.ts'

/** Something to wait for that a test lets go on. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('a room', () => {
  test('lets another one begin while one only waits, up to what it holds', async () => {
    const room = openRoom({ atWork: 1, inside: 2, mayBegin: () => true })
    const told: string[] = []
    const [first, second] = [gate(), gate()]
    const enter = (name: string, until: Promise<void>) =>
      room.enter(1, async (idle) => {
        told.push(`${name} begins`)
        await idle(() => until)
        told.push(`${name} ends`)
      })
    const all = Promise.all([enter('a', first.opened), enter('b', second.opened), enter('c', Promise.resolve())])
    await pause(0)
    expect(told).toEqual(['a begins', 'b begins'])
    second.open()
    await pause(0)
    expect(told).toEqual(['a begins', 'b begins', 'b ends', 'c begins', 'c ends'])
    first.open()
    await all
  })

  test('lets who comes back from a wait go on before another one begins', async () => {
    const room = openRoom({ atWork: 1, inside: 3, mayBegin: () => true })
    const told: string[] = []
    const [waits, works] = [gate(), gate()]
    const a = room.enter(1, async (idle) => {
      await idle(() => waits.opened)
      told.push('a goes on')
    })
    const b = room.enter(1, () => works.opened)
    const c = room.enter(1, async () => void told.push('c begins'))
    waits.open()
    await pause(0)
    works.open()
    await Promise.all([a, b, c])
    expect(told).toEqual(['a goes on', 'c begins'])
  })

  test('lets one in whatever its weight, and none beside it without memory', async () => {
    let free = false
    const room = openRoom({ atWork: 4, inside: 4, mayBegin: () => free })
    const held = gate()
    const told: string[] = []
    const heavy = room.enter(9, () => held.opened)
    const light = room.enter(1, async () => void told.push('light'))
    await pause(0)
    expect(told).toEqual([])
    free = true
    held.open()
    await Promise.all([heavy, light])
    expect(told).toEqual(['light'])
  })
})

const outcome = (passed: boolean): TargetOutcome => {
  const { proof, ...rest } = sampleResult({})
  const result = { ...rest, proof: { ...proof, passed } } as TargetOutcome['result']
  return { source: '', path: null, result }
}

describe('what fails beside others', () => {
  const run = async (count: number, first: () => Promise<TargetOutcome>) => {
    const room = openRoom({ atWork: 4, inside: 4, mayBegin: () => true })
    const beside: number[] = []
    let running = 0
    let times = 0
    const suspect = besideOthers(
      room,
      1,
      async () => {
        running += 1
        times += 1
        beside.push(running - 1)
        await pause(5)
        const told = times === 1 ? await first().finally(() => running--) : outcome(true)
        if (times > 1) running--
        return told
      },
      () => undefined,
    )
    const others = Array.from({ length: count }, () =>
      besideOthers(
        room,
        1,
        async () => {
          running += 1
          await pause(15)
          running -= 1
          return outcome(true)
        },
        () => undefined,
      ),
    )
    const [result] = await Promise.all([suspect, ...others])
    return { passed: result.result.proof?.passed, times, last: beside.at(-1) }
  }

  test('is proved once more with nothing beside it', async () => {
    expect(await run(2, async () => outcome(false))).toEqual({ passed: true, times: 2, last: 0 })
  })

  test('so is what ended in time', async () => {
    const late = () => Promise.reject(new HardenError('timeout', 'docker build did not end within 60 s'))
    expect(await run(2, late)).toEqual({ passed: true, times: 2, last: 0 })
  })

  test('is not where it was alone, nor what failed for another reason', async () => {
    expect(await run(0, async () => outcome(false))).toEqual({ passed: false, times: 1, last: 0 })
    await expect(run(2, () => Promise.reject(new HardenError('bad-usage', 'no')))).rejects.toThrow('no')
  })
})
