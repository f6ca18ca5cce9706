import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  addRange,
  checkRange,
  defaultLimits,
  freeStart,
  limitsFrom,
  overlap,
  parseSubIds,
  rangeSize,
  rangesOf,
  withoutAdded,
} from '../../src/userns/sub-ids.ts'

test.each([
  ['', []],
  ['app:100000:65536\n', [{ owner: 'app', start: 100000, count: 65536, line: 1 }]],
  ['app:100000:65536', [{ owner: 'app', start: 100000, count: 65536, line: 1 }]],
  [
    'a:1:2\r\n\r\nb:3:4\r\n',
    [
      { owner: 'a', start: 1, count: 2, line: 1 },
      { owner: 'b', start: 3, count: 4, line: 3 },
    ],
  ],
  ['# a comment\n1000:5:6\n', [{ owner: '1000', start: 5, count: 6, line: 2 }]],
  ['app:many:65536\napp\n:1:2\napp:-1:2\napp:1:2:3\n', []],
])('parse %j', (text, ranges) => {
  expect(parseSubIds(text)).toEqual(ranges)
})

test('Docker maps the lines of the name and of the uid, in the order of the file', () => {
  const ranges = parseSubIds('app:1:2\nother:3:4\n1000:5:6\napp:9:0\n')
  expect(rangesOf(ranges, 'app', 1000).map(({ start }) => start)).toEqual([1, 5])
  expect(rangesOf(ranges, 'app', null).map(({ start }) => start)).toEqual([1])
})

describe('the lowest free range', () => {
  test.each([
    ['nothing is taken', '', 100_000],
    ['after the first', 'a:100000:65536', 165_536],
    ['in a gap that fits', 'a:100000:65536\nb:300000:65536', 165_536],
    ['not in one that does not', 'a:100000:65536\nb:200000:65536', 265_536],
    ['order and overlaps do not matter', 'c:400000:10\nb:150000:65536\na:100000:65536\nd:150001:2', 215_536],
    ['a range below the minimum that reaches above it', 'a:1000:200000', 201_000],
    ['one id is enough to be in the way', 'a:165535:1', 165_536],
  ])('%s', (_, text, start) => {
    expect(freeStart(parseSubIds(text), defaultLimits)).toBe(start)
  })

  test.each([
    ['the limits leave none', '', { minimum: 100_000, maximum: 165_534 }, null],
    ['the limits leave just one', '', { minimum: 100_000, maximum: 165_535 }, 100_000],
    ['all ids are taken', 'a:0:4294967295', { minimum: 100_000, maximum: 2 ** 40 }, null],
    ['too few below the largest id', 'a:0:4294901760', { minimum: 100_000, maximum: 2 ** 40 }, null],
    ['just enough below it', 'a:0:4294901759', { minimum: 100_000, maximum: 2 ** 40 }, 4294901759],
  ])('%s', (_, text, limits, start) => {
    expect(freeStart(parseSubIds(text), limits)).toBe(start)
  })

  test('never overlaps, and is the lowest', () => {
    const span = fc.record({ start: fc.integer({ min: 0, max: 900_000 }), count: fc.integer({ min: 1, max: 200_000 }) })
    fc.assert(
      fc.property(fc.array(span, { maxLength: 8 }), (taken) => {
        const start = freeStart(taken, defaultLimits)
        if (start === null) return false
        const mine = { start, count: rangeSize }
        if (taken.some((one) => overlap(one, mine))) return false
        // One lower would be below the minimum or in somebody's range.
        return start === defaultLimits.minimum || taken.some((one) => overlap(one, { ...mine, start: start - 1 }))
      }),
    )
  })
})

test('a range beyond the largest id is an error with its line', () => {
  const [range] = parseSubIds('dockremap:4294967000:65536')
  expect(() => checkRange(range as never, '/etc/subuid')).toThrow(
    '/etc/subuid:1: the range of dockremap ends at 4295032535, and ids end at 4294967294',
  )
})

test.each([
  ['', 'd:7:65536\n'],
  ['a:1:2\n', 'a:1:2\nd:7:65536\n'],
  ['a:1:2', 'a:1:2\nd:7:65536\n'],
  ['a:1:2\r\n', 'a:1:2\r\nd:7:65536\r\n'],
])('a line is added to %j, and can be taken away when others came after it', (before, after) => {
  expect(addRange(before, 'd', 7)).toBe(after)
  expect(withoutAdded(before, after, `${after}later:9:9\n`)).toBe(
    `${before}${before.endsWith('2') ? '\n' : ''}later:9:9\n`,
  )
  expect(withoutAdded(before, after, 'later:9:9\n')).toBeNull()
})

test('login.defs says where new ids begin and end', () => {
  const text = '# SUB_UID_MIN 1\nSUB_UID_MIN\t\t   200000\nSUB_UID_MAX 300000\nSUB_GID_MAX nonsense\n'
  expect(limitsFrom(text, 'SUB_UID')).toEqual({ minimum: 200_000, maximum: 300_000 })
  expect(limitsFrom(text, 'SUB_GID')).toEqual(defaultLimits)
})
