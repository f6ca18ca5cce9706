import { expect, test } from '@jest/globals'
import type { Need } from '../../src/evidence/claim.ts'
import { atOnce } from '../../src/in-turn.ts'
import { grantAll } from '../../src/plan/grants/grant-all.ts'
import type { StageInput } from '../../src/plan/stage-input.ts'
import { files, image } from './image.ts'

const grantee = { uid: 70, gid: 70 }
const evidence = { source: 'declared', subject: '/x.db', detail: 'x' } as const

function hintFor(need: Partial<Need>): string | undefined {
  const input = {
    facts: image({}),
    observation: null,
    stated: { files: files() },
  } as unknown as StageInput
  return atOnce(
    grantAll([{ access: 'rename', path: '/x.db', certainty: 'declared', evidence, ...need }], input, grantee),
  ).remarks[0]?.hint
}

test.each<[string, Partial<Need>, RegExp]>([
  ['where it starts', { fromStart: true }, /^give it a WORKDIR of its own/],
  ['where a new file is put in its place', {}, /^it makes a new file there/],
  ['where a whole folder is', { access: 'keep-state', path: '/etc' }, /^let the program write elsewhere/],
])('what to do about a file that nobody is given, %s', (_, need, hint) => {
  expect(hintFor(need)).toMatch(hint)
})
