import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import { buildContexts } from '../../src/repository/context.ts'
import { discover } from '../../src/repository/discover.ts'
import { isAffordable, parseDockerIgnore } from '../../src/repository/ignore-rules.ts'
import { tree } from './tree.ts'

const targets = async (cwd: string) =>
  (await discover(['.'], cwd)).found.map(({ target, error }) => error?.message ?? target)

test('a pattern that would be tried in too many ways leaves nothing out', async () => {
  const deep = `${'a/'.repeat(30)}c`
  const costly = `${'**/a/'.repeat(12)}b`
  const cwd = tree({
    '.gitignore': `${costly}\n**/a/**/skipped/\n`,
    [`${deep}/Dockerfile`]: 'FROM a\n',
    [`${deep}/skipped/Dockerfile`]: 'FROM a\n',
    '.dockerignore': `${'*a'.repeat(20)}*b\n${costly}\n*.md\n`,
    ['a'.repeat(250)]: '',
    'x.md': '',
  })
  mkdirSync(join(cwd, '.git'))
  expect(await targets(cwd)).toEqual([`${deep}/Dockerfile`])
  expect(isAffordable('**/a/**/b/**')).toBe(true)
  // What a build is sent is then not all known, which is said where it matters.
  const { entries, partial } = await buildContexts()(cwd, null, [''])
  expect([entries.has('x.md'), entries.has('a'.repeat(250)), partial]).toEqual([false, true, true])
  expect(parseDockerIgnore('**/*.*proj.user\n**/.*.sw*\n').isPartial).toBe(false)
})

test('folders are searched as deep as anybody has made them, and what lies deeper is said', async () => {
  const cwd = tree({
    [`${'d/'.repeat(bounds.folderDepth)}Dockerfile`]: 'FROM a\n',
    [`${'e/'.repeat(200)}Dockerfile`]: 'FROM a\n',
  })
  expect(await targets(cwd)).toEqual([
    `${'d/'.repeat(bounds.folderDepth)}Dockerfile`,
    expect.stringMatching(/^e\/.*cannot be read: it lies more than 40 folders deep$/),
  ])
})
