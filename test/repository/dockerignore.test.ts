import { expect, test } from '@jest/globals'
import { parseDockerIgnore } from '../../src/repository/ignore-rules.ts'

test.each([
  ['node_modules', 'node_modules/x/index.js', true],
  ['node_modules', 'src/node_modules/x', false],
  ['**/node_modules', 'src/node_modules/x', true],
  ['*.md', 'README.md', true],
  ['*.md', 'docs/README.md', false],
  ['**/*.md', 'docs/README.md', true],
  ['*\n!src', 'src/a.js', false],
  ['*\n!src', 'other/a.js', true],
  ['**\n!src', 'src/a.js', false],
  ['*.md\n!README.md', 'README.md', false],
  ['# node_modules', 'node_modules', false],
  ['/build/', 'build/x', true],
  ['temp?', 'tempa', true],
])('%j leaves out %s: %s', (text, path, expected) => {
  expect(parseDockerIgnore(text).leavesOut(path)).toBe(expected)
})
