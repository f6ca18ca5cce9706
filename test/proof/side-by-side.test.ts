import { availableParallelism } from 'node:os'
import { expect, test } from '@jest/globals'
import { limiterFor } from '../../src/proof/container/limiter.ts'

test.each([
  [1, 1],
  [3, 3],
  [null, 2 * availableParallelism()],
])('%j jobs: %d at a time, and all of them in the end', async (jobs, most) => {
  const room = limiterFor(jobs)
  let [running, seen, done] = [0, 0, 0]
  const run = async (): Promise<void> => {
    running += 1
    seen = Math.max(seen, running)
    await new Promise(setImmediate)
    running -= 1
    done += 1
  }
  await Promise.all(Array.from({ length: most * 3 }, () => room(run)))
  expect({ seen, done }).toEqual({ seen: most, done: most * 3 })
})
