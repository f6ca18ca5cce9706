import { expect, test } from '@jest/globals'
import { isSettled, isStuck } from '../../../src/proof/run/ready.ts'

const activity = { cpu: 0, running: false, wakesIn: 0 }

const infinity = Number.POSITIVE_INFINITY

test.each<[string, number, { unchanged: number; calm: number }, boolean]>([
  ['all its ports open, and it is calm', 2, { unchanged: 500, calm: 500 }, true],
  ['all its ports open, and busy for long', 2, { unchanged: 3000, calm: 0 }, true],
  ['one of its ports open, and busy: it is on its way to the other', 1, { unchanged: 9000, calm: 0 }, false],
  ['one of its ports open, and nothing moves any more', 1, { unchanged: 9000, calm: 3000 }, true],
  ['none of its ports open', 0, { unchanged: 9000, calm: 9000 }, false],
])('%s', (_, open, times, settled) => {
  const calm = { unchanged: () => times.unchanged, calm: () => times.calm }
  expect(isSettled({ open, calm, activity, left: 1000 }, 2)).toBe(settled)
})

test.each<[string, number, number, number, boolean]>([
  ['none of its ports, and nothing will happen', 0, 3000, infinity, true],
  ['none of its ports, and it will wake up in time', 0, 3000, 500, false],
  ['none of its ports, and it rests for a moment', 0, 1000, infinity, false],
  ['one of its ports', 1, 3000, infinity, false],
])('is given up, or not, with %s open', (_, open, time, wakesIn, stuck) => {
  const calm = { unchanged: () => time, calm: () => time }
  expect(isStuck({ open, calm, activity: { ...activity, wakesIn }, left: 6000 }, 2)).toBe(stuck)
})
