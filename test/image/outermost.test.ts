import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isWithin, outermost } from '../../src/path.ts'

test('what lies in another goes, what only begins like it stays', () => {
  expect(outermost(['/a/c', '/a-b', '/a', '/a/c/d', '/ab', '/a'])).toEqual(['/a', '/a-b', '/ab'])
  expect(outermost(['/a', '/', '/b/c'])).toEqual(['/'])
})

test('as each is asked of each', () => {
  const path = fc.array(fc.constantFrom('a', 'a-b', 'b'), { maxLength: 4 }).map((names) => `/${names.join('/')}`)
  fc.assert(
    fc.property(fc.uniqueArray(path), (paths) => {
      const slow = paths.filter((one) => !paths.some((other) => other !== one && isWithin(one, other)))
      expect(outermost(paths)).toEqual(slow.sort())
    }),
  )
})
