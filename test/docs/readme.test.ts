import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { ENGINE_NAMES } from '../../src/engine/kinds.ts'
import { transports } from '../../src/image/reference.ts'

const readme = readFileSync('README.md', 'utf8')

test('README.md names every transport of a target', () => {
  const missing = Object.keys(transports).filter((name) => !new RegExp(`\`${name}:`).test(readme))
  expect(missing).toEqual([])
})

test('README.md names every engine', () => {
  expect(ENGINE_NAMES.filter((name) => !new RegExp(`\\b${name}\\b`, 'i').test(readme))).toEqual([])
})
