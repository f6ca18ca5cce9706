import { describe, expect, test } from '@jest/globals'
import {
  insertAfter,
  insertBefore,
  keywordStyle,
  parseDockerfile,
  removeInstruction,
  replaceInstruction,
  replaceRest,
} from '../../src/dockerfile/index.ts'
import { applyEdits } from '../../src/edit.ts'
import { first } from './support.ts'

const edit = (
  source: string,
  keyword: string,
  make: (...given: Parameters<typeof insertAfter>) => ReturnType<typeof insertAfter>,
) => {
  const dockerfile = parseDockerfile(source)
  return applyEdits(source, [make(dockerfile, first(dockerfile, keyword), ['X 1', 'X 2'])])
}

describe('insertBefore', () => {
  test.each([
    ['FROM a\nCMD b\n', 'FROM a\nX 1\nX 2\nCMD b\n'],
    ['FROM a\n# why\n  # more\nCMD b\n', 'FROM a\nX 1\nX 2\n# why\n  # more\nCMD b\n'],
    ['FROM a\n# other\n\n# why\nCMD b', 'FROM a\n# other\n\nX 1\nX 2\n# why\nCMD b'],
    ['FROM a\n# other\n\nCMD b', 'FROM a\n# other\n\nX 1\nX 2\nCMD b'],
    ['FROM a\r\n# why\r\n  CMD b\r\n', 'FROM a\r\nX 1\r\nX 2\r\n# why\r\n  CMD b\r\n'],
    ['FROM a\nRUN <<E\n# body\nE\nCMD b\n', 'FROM a\nRUN <<E\n# body\nE\nX 1\nX 2\nCMD b\n'],
    ['FROM a\nRUN x \\\n# c\ny\nCMD b\n', 'FROM a\nRUN x \\\n# c\ny\nX 1\nX 2\nCMD b\n'],
  ])('%j', (before, after) => {
    expect(edit(before, 'CMD', insertBefore)).toBe(after)
  })

  test.each([
    ['# check=skip=all\n# c\nFROM a\n', '# check=skip=all\nX 1\nX 2\n# c\nFROM a\n'],
    ['# check=skip=all\nFROM a\n', '# check=skip=all\nX 1\nX 2\nFROM a\n'],
    ['\ufeff# c\nFROM a\n', '\ufeffX 1\nX 2\n# c\nFROM a\n'],
    ['\ufeffFROM a\n', '\ufeffX 1\nX 2\nFROM a\n'],
  ])('above the first FROM: %j', (before, after) => {
    expect(edit(before, 'FROM', insertBefore)).toBe(after)
  })

  test('right above the instruction when asked for', () => {
    const dockerfile = parseDockerfile('FROM a\n# why\nCMD b\n')
    const change = insertBefore(dockerfile, first(dockerfile, 'CMD'), ['X 1'], 'below-comments')
    expect(applyEdits(dockerfile.source, [change])).toBe('FROM a\n# why\nX 1\nCMD b\n')
  })
})

describe('insertAfter', () => {
  test.each([
    ['FROM a\nRUN b\nCMD c\n', 'FROM a\nRUN b\nX 1\nX 2\nCMD c\n'],
    ['FROM a\nRUN b', 'FROM a\nRUN b\nX 1\nX 2'],
    ['FROM a\r\nRUN b', 'FROM a\r\nRUN b\r\nX 1\r\nX 2'],
    ['FROM a\nRUN b\n', 'FROM a\nRUN b\nX 1\nX 2\n'],
    ['FROM a\nRUN b \\\n  c\n', 'FROM a\nRUN b \\\n  c\nX 1\nX 2\n'],
    ['FROM a\nRUN <<E\nE', 'FROM a\nRUN <<E\nE\nX 1\nX 2'],
    // A continuation that nothing continues would swallow what comes next.
    ['FROM a\nRUN b \\', 'FROM a\nRUN b \nX 1\nX 2'],
    ['FROM a\nRUN b \\\n', 'FROM a\nRUN b \nX 1\nX 2\n'],
    ['FROM a\nRUN b \\\n\n# c\n', 'FROM a\nRUN b \n\n# c\nX 1\nX 2\n'],
    ['FROM a\nRUN b \\\n c \\\r\n# d \\', 'FROM a\nRUN b \\\n c \r\n# d \\\nX 1\nX 2'],
    ['# escape=`\nFROM a\nRUN b `', '# escape=`\nFROM a\nRUN b \nX 1\nX 2'],
  ])('%j', (before, after) => {
    expect(edit(before, 'RUN', insertAfter)).toBe(after)
  })
})

test.each([
  ['FROM a\nRUN b \\\n c\nCMD d\n', 'FROM a\nCMD d\n'],
  ['FROM a\n# c\n  RUN b\n', 'FROM a\n# c\n'],
  ['FROM a\nRUN b', 'FROM a'],
  ['FROM a\r\nRUN b', 'FROM a'],
])('removeInstruction %j', (before, after) => {
  expect(edit(before, 'RUN', removeInstruction)).toBe(after)
})

test('replaceInstruction and replaceRest', () => {
  const source = 'FROM a\n  USER root \nCOPY --chown=1 b c\nCMD\n'
  const dockerfile = parseDockerfile(source)
  const edits = [
    replaceInstruction(first(dockerfile, 'USER'), 'USER 1:1'),
    replaceRest(first(dockerfile, 'COPY'), 'x y'),
    replaceRest(first(dockerfile, 'CMD'), '["z"]'),
  ]
  expect(applyEdits(source, edits)).toBe('FROM a\n  USER 1:1\nCOPY --chown=1 x y\nCMD ["z"]\n')
})

test.each([
  ['FROM a\nRUN b\nuser c\n', 'upper'],
  ['from a\nrun b\nUSER c\n', 'lower'],
  ['from a\nRUN b\n', 'upper'],
])('keywordStyle of %j', (source, style) => {
  expect(keywordStyle(parseDockerfile(source))).toBe(style)
})
