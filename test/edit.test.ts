import { describe, expect, test } from '@jest/globals'
import { lineEnd, lineOf, lineStart } from '../src/edit.ts'
import { withParents } from '../src/path.ts'

describe('the line of an offset', () => {
  const text = 'ab\n\ncd'
  test.each([
    [0, 1, 0, 2],
    [2, 1, 0, 2],
    [3, 2, 3, 3],
    [4, 3, 4, 6],
    [6, 3, 4, 6],
  ])('%d is in line %d, from %d to %d', (offset, line, start, end) => {
    expect([lineOf(text, offset), lineStart(text, offset), lineEnd(text, offset)]).toEqual([line, start, end])
  })

  test('has lines above it, and none above the first', () => {
    expect([1, 2, 3].map((above) => lineStart(text, 5, above))).toEqual([3, 0, 0])
  })
})

test('a path has the folders that it lies in, the root last', () => {
  expect([...withParents('/a/b')]).toEqual(['/a/b', '/a', '/'])
  expect([...withParents('/')]).toEqual(['/'])
})
