import { describe, expect, test } from '@jest/globals'
import { type Dockerfile, danglingContinuation, type Instruction, parseDockerfile } from '../../src/dockerfile/index.ts'
import { applyEdits, type Edit } from '../../src/edit.ts'
import { keyword } from '../../transforms/edits/lines.ts'
import {
  insertLines,
  placeAfter,
  placeBefore,
  removeInstruction,
  stagePlace,
} from '../../transforms/edits/placement.ts'
import { first } from '../dockerfile/support.ts'

const edit = (source: string, name: string, make: (dockerfile: Dockerfile, instruction: Instruction) => Edit) => {
  const dockerfile = parseDockerfile(source)
  return applyEdits(source, [make(dockerfile, first(dockerfile, name))])
}
const lines = ['X 1', 'X 2']
const stageOf = (dockerfile: Dockerfile) => dockerfile.stages[0] as Dockerfile['stages'][0]
const above = (dockerfile: Dockerfile, instruction: Instruction) =>
  insertLines(dockerfile, placeBefore(dockerfile, stageOf(dockerfile), instruction), lines)
const aboveStage = (dockerfile: Dockerfile) =>
  insertLines(dockerfile, stagePlace(dockerfile, stageOf(dockerfile)), lines)
const below = (dockerfile: Dockerfile, instruction: Instruction) =>
  insertLines(dockerfile, placeAfter(dockerfile, instruction), lines)

describe('lines above an instruction, and above the comments that belong to it', () => {
  test.each([
    ['FROM a\nCMD b\n', 'FROM a\nX 1\nX 2\nCMD b\n'],
    ['FROM a\n# why\n  # more\nCMD b\n', 'FROM a\nX 1\nX 2\n# why\n  # more\nCMD b\n'],
    ['FROM a\n# other\n\n# why\nCMD b', 'FROM a\n# other\n\nX 1\nX 2\n# why\nCMD b'],
    ['FROM a\n# other\n\nCMD b', 'FROM a\n# other\n\nX 1\nX 2\nCMD b'],
    ['FROM a\r\n# why\r\n  CMD b\r\n', 'FROM a\r\nX 1\r\nX 2\r\n# why\r\n  CMD b\r\n'],
    ['FROM a\nRUN <<E\n# body\nE\nCMD b\n', 'FROM a\nRUN <<E\n# body\nE\nX 1\nX 2\nCMD b\n'],
    ['FROM a\nRUN x \\\n# c\ny\nCMD b\n', 'FROM a\nRUN x \\\n# c\ny\nX 1\nX 2\nCMD b\n'],
  ])('%j', (before, after) => {
    expect(edit(before, 'CMD', above)).toBe(after)
  })

  test.each([
    ['# check=skip=all\n# c\nFROM a\n', '# check=skip=all\nX 1\nX 2\n# c\nFROM a\n'],
    ['# check=skip=all\nFROM a\n', '# check=skip=all\nX 1\nX 2\nFROM a\n'],
    ['\ufeff# c\nFROM a\n', '\ufeffX 1\nX 2\n# c\nFROM a\n'],
    ['\ufeffFROM a\n', '\ufeffX 1\nX 2\nFROM a\n'],
  ])('above the first FROM: %j', (before, after) => {
    expect(edit(before, 'FROM', aboveStage)).toBe(after)
  })
})

describe('lines below an instruction', () => {
  test.each([
    ['FROM a\nRUN b\nCMD c\n', 'FROM a\nRUN b\nX 1\nX 2\nCMD c\n'],
    ['FROM a\nRUN b', 'FROM a\nRUN b\nX 1\nX 2'],
    ['FROM a\r\nRUN b', 'FROM a\r\nRUN b\r\nX 1\r\nX 2'],
    ['FROM a\nRUN b\n', 'FROM a\nRUN b\nX 1\nX 2\n'],
    ['FROM a\nRUN b \\\n  c\n', 'FROM a\nRUN b \\\n  c\nX 1\nX 2\n'],
    ['FROM a\nRUN <<E\nE', 'FROM a\nRUN <<E\nE\nX 1\nX 2'],
  ])('%j', (before, after) => {
    expect(edit(before, 'RUN', below)).toBe(after)
  })

  test.each([
    ['FROM a\nRUN b \\', 'FROM a\nRUN b '],
    ['FROM a\nRUN b \\\n', 'FROM a\nRUN b \n'],
    ['FROM a\nRUN b \\\n\n# c\n', 'FROM a\nRUN b \n\n# c\n'],
    ['FROM a\nRUN b \\\n c \\\r\n# d \\', 'FROM a\nRUN b \\\n c \r\n# d \\'],
    ['# escape=`\nFROM a\nRUN b `', '# escape=`\nFROM a\nRUN b '],
  ])('a continuation that nothing continues would swallow them: %j', (before, after) => {
    const span = danglingContinuation(parseDockerfile(before))
    expect(span === null ? null : applyEdits(before, [{ ...span, text: '' }])).toBe(after)
  })
})

test.each([
  ['FROM a\nRUN b \\\n c\nCMD d\n', 'FROM a\nCMD d\n'],
  ['FROM a\n# c\n  RUN b\n', 'FROM a\n# c\n'],
  ['FROM a\nRUN b', 'FROM a'],
  ['FROM a\r\nRUN b', 'FROM a'],
])('an instruction goes out with its lines: %j', (before, after) => {
  expect(edit(before, 'RUN', removeInstruction)).toBe(after)
})

test.each([
  ['FROM a\nRUN b\nuser c\n', 'USER'],
  ['from a\nrun b\nUSER c\n', 'user'],
  ['from a\nRUN b\n', 'USER'],
])('a keyword is written as most are: %j', (source, written) => {
  expect(keyword(parseDockerfile(source), 'USER')).toBe(written)
})
