import { expect, test } from '@jest/globals'
import { checkTag } from '../../src/app/build.ts'

test.each([
  ['node', 'docker.io/library/node:latest'],
  ['app:1', 'app:1'],
])('a result is not called %s where it is built from %s', (tag, base) => {
  expect(() => checkTag(tag, ['scratch', base])).toThrow(`the result cannot be called ${tag}, which it is built from`)
})

test.each([
  [null, 'app:1'],
  ['app:2', 'app:1'],
  ['app:1', 'app@sha256:0000000000000000000000000000000000000000000000000000000000000000'],
  ['app:1', 'app:$TAG'],
])('but it may be %s where it is built from %s', (tag, base) => {
  expect(() => checkTag(tag, [base])).not.toThrow()
})
