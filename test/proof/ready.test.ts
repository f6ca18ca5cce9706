import { expect, test } from '@jest/globals'
import { isSettled, isStuck } from '../../src/proof/ready.ts'

const tcp = (port: number) => ({ port, protocol: 'tcp', loopback: false }) as const
const activity = { cpu: 0, running: false, wakesIn: 0 }

test.each<[string, number[], { unchanged: number; calm: number }, boolean]>([
  ['all its ports open, and it is calm', [1, 2], { unchanged: 500, calm: 500 }, true],
  ['all its ports open, and busy for long', [1, 2], { unchanged: 3000, calm: 0 }, true],
  ['one of its ports open, and busy: it is on its way to the other', [1], { unchanged: 9000, calm: 0 }, false],
  ['one of its ports open, and nothing moves any more', [1], { unchanged: 9000, calm: 3000 }, true],
  ['none of its ports open', [], { unchanged: 9000, calm: 9000 }, false],
])('%s', (_, open, times, settled) => {
  const options = { ports: [1, 2], patience: 10_000, signal: new AbortController().signal }
  const calm = { note: () => {}, unchanged: () => times.unchanged, calm: () => times.calm }
  expect(isSettled(open.map(tcp), options, calm, activity, 9000)).toBe(settled)
})

test.each<[string, number[], number, number, boolean]>([
  ['none of its ports, and nothing will happen', [], 3000, Number.POSITIVE_INFINITY, true],
  ['none of its ports, and it will wake up in time', [], 3000, 500, false],
  ['none of its ports, and it rests for a moment', [], 1000, Number.POSITIVE_INFINITY, false],
  ['one of its ports', [1], 3000, Number.POSITIVE_INFINITY, false],
])('is given up, or not, with %s open', (_, open, calm, wakesIn, stuck) => {
  const options = { ports: [1, 2], patience: 10_000, signal: new AbortController().signal }
  const quiet = { note: () => {}, unchanged: () => calm, calm: () => calm }
  expect(isStuck(open.map(tcp), options, quiet, { ...activity, wakesIn }, 4000)).toBe(stuck)
})
