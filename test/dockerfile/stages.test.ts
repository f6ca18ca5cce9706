import { expect, test } from '@jest/globals'
import { ancestors, finalStage, findStage, parseDockerfile } from '../../src/dockerfile/index.ts'
import { leafStages, sourcesOf } from '../../src/dockerfile/stages.ts'
import { only } from './support.ts'

test.each([
  ['FROM a\n', [0]],
  ['FROM a AS b\nFROM c\nCOPY --from=b /x /y\n', [1]],
  ['FROM a AS b\nFROM c\nCOPY --from=0 /x /y\n', [1]],
  ['FROM a AS b\nFROM c\nCOPY --from=B /x /y\n', [1]],
  ['FROM a AS b\nFROM b\n', [1]],
  ['FROM a AS b\nFROM c\nRUN --mount=type=bind,from=b,target=/b x\n', [1]],
  ['FROM a AS b\nFROM c\nRUN --mount=type=cache,target=/b --mount="from=b,target=/c" x\n', [1]],
  ['FROM a AS b\nFROM c\nCOPY --from=other /x /y\n', [0, 1]],
  ['FROM a AS test\nFROM a AS dev\nFROM a AS prod\n', [0, 1, 2]],
  ['FROM a AS b\nFROM b AS test\nFROM b AS prod\n', [1, 2]],
  ['FROM a AS b\nCOPY --from=c /x /y\nFROM a AS c\nFROM a\n', [0, 1, 2]],
])('leaf stages of %j', (text, leaves) => {
  expect(leafStages(parseDockerfile(text)).map(({ index }) => index)).toEqual(leaves)
})

test('final stage and ancestors', () => {
  const dockerfile = parseDockerfile('FROM a AS one\nFROM one AS two\nFROM two\n')
  const final = finalStage(dockerfile)
  expect(final.index).toBe(2)
  expect(ancestors(dockerfile, final).map(({ name }) => name)).toEqual(['two', 'one'])
})

test('a stage by name or number', () => {
  const dockerfile = parseDockerfile('FROM a AS one\nFROM a AS two\nFROM a AS one\n')
  expect(findStage(dockerfile, 'ONE')?.index).toBe(2)
  expect(findStage(dockerfile, 'one', 2)?.index).toBe(0)
  expect(findStage(dockerfile, '1')?.index).toBe(1)
  expect(findStage(dockerfile, '3')).toBeNull()
  expect(findStage(dockerfile, 'three')).toBeNull()
})

test('where an instruction reads files from', () => {
  const { instruction } = only('RUN --mount=from=a,target=/x --mount=type=bind,"from=b",target=/y true\n')
  expect(sourcesOf(instruction)).toEqual(['a', 'b'])
})
