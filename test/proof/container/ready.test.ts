import { expect, test } from '@jest/globals'
import { calmSince } from '../../../src/proof/ask/talk.ts'
import { isSettled, isStuck, sleepsFor } from '../../../src/proof/container/lifecycle.ts'

const activity = { cpu: 0, running: false, wakesIn: 0 }

const infinity = Number.POSITIVE_INFINITY

test.each<[string, number, { unchanged: number; calm: number }, boolean]>([
  ['all its ports open, and it is calm', 2, { unchanged: 500, calm: 500 }, true],
  ['all its ports open, and busy for long', 2, { unchanged: 3000, calm: 0 }, true],
  ['one of its ports open, and busy: it is on its way to the other', 1, { unchanged: 9000, calm: 0 }, false],
  ['one of its ports open, and nothing moves any more', 1, { unchanged: 9000, calm: 3000 }, true],
  ['none of its ports open', 0, { unchanged: 9000, calm: 9000 }, false],
])('%s', (_, open, times, settled) => {
  const calm = { unchanged: () => times.unchanged, calm: () => times.calm, works: () => false }
  expect(isSettled({ open, calm, activity, left: 1000, listens: true }, 2)).toBe(settled)
})

test.each<[string, { works: boolean; listens: boolean; left: number }, boolean]>([
  ['works without a word, as a job does', { works: true, listens: false, left: 20_000 }, false],
  ['has worked for as long as is waited', { works: true, listens: false, left: 100 }, true],
  ['works, and is a server', { works: true, listens: true, left: 20_000 }, true],
  ['does little', { works: false, listens: false, left: 20_000 }, true],
])('one without a port that is known and that %s', (_, { works, listens, left }, settled) => {
  const calm = { unchanged: () => 3000, calm: () => 0, works: () => works }
  expect(isSettled({ open: 0, calm, activity, left, listens }, 0)).toBe(settled)
})

test('most looks must find it at work, since it last told something', () => {
  const calm = calmSince(Date.now())
  const at = (running: boolean) => ({ ...activity, running })
  calm.note('a', at(true))
  expect(calm.works()).toBe(true)
  for (const running of [false, false, true]) calm.note('b', at(running))
  expect(calm.works()).toBe(false)
  for (const running of [true, true]) calm.note('b', at(running))
  expect(calm.works()).toBe(true)
})

test.each<[string, number, number, number, boolean]>([
  ['none of its ports, and nothing will happen', 0, 3000, infinity, true],
  ['none of its ports, and it will wake up in time', 0, 3000, 500, false],
  ['none of its ports, and it rests for a moment', 0, 1000, infinity, false],
  ['one of its ports', 1, 3000, infinity, false],
])('is given up, or not, with %s open', (_, open, time, wakesIn, stuck) => {
  const calm = { unchanged: () => time, calm: () => time, works: () => false }
  expect(isStuck({ open, calm, activity: { ...activity, wakesIn }, left: 6000 }, 2)).toBe(stuck)
})

test.each<[string, number, number, number, number | null]>([
  ['sleeps before it opens any port', 0, 3000, 27_000, 27_000],
  ['sleeps for an hour', 0, 3000, 3_600_000, null],
  ['looks again and again for what is not there', 0, 3000, 1000, null],
  ['is not at rest yet', 0, 1000, 27_000, null],
  ['has a port open', 1, 3000, 27_000, null],
])('one that %s is waited for, or not', (_, open, time, wakesIn, expected) => {
  const calm = { unchanged: () => time, calm: () => time, works: () => false }
  expect(sleepsFor({ open, calm, activity: { ...activity, wakesIn } }, 2)).toBe(expected)
})
