import { expect, test } from '@jest/globals'
import { baseReferences } from '../../src/app/base-images.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { HardenError } from '../../src/errors.ts'

test.each([
  ['FROM a:1\nFROM a:1\nFROM b@x', 'line 3'],
  ['FROM a:1\n\nFROM \\ \\\n', 'line 3: FROM \\ names no image'],
  ['FROM {{ image }}', 'line 1'],
])('%j can name no image', (text, message) => {
  const attempt = () => baseReferences(parseDockerfile(text))
  expect(attempt).toThrow(HardenError)
  expect(attempt).toThrow(message)
})

test('each is looked at once, and a variable may still become one', () => {
  expect(baseReferences(parseDockerfile('FROM a:1\nFROM $X\nFROM a:1\nFROM scratch'))).toEqual(['a:1'])
})
