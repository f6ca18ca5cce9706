import { expect, test } from '@jest/globals'
import { harden } from '../../src/app/harden-text.ts'
import type { Need } from '../../src/evidence/claim.ts'
import { atOnce } from '../../src/in-turn.ts'
import { grantAll } from '../../src/plan/grants/grant-all.ts'
import type { StageInput } from '../../src/plan/stage-input.ts'
import { givenIn } from '../support/given.ts'
import { files, image } from './image.ts'

const grantee = { uid: 70, gid: 70 }
const evidence = { source: 'declared', subject: '/x.db', detail: 'x' } as const

function hintFor(more: Partial<Need>): string | undefined {
  const need = { access: 'rename', path: '/x.db', certainty: 'declared', evidence, ...more } as Need
  const input = {
    facts: image({}),
    observation: null,
    stated: { files: files() },
  } as unknown as StageInput
  return atOnce(grantAll({ wanted: [need] }, input, grantee)).remarks[0]?.hint
}

test.each<[string, Partial<Need>, RegExp]>([
  ['where it starts', { fromStart: true }, /^a: give it a WORKDIR of its own/],
  ['where a new file is put in its place', {}, /^a: move that file to a folder of its own/],
  ['where a whole folder is', { access: 'keep-state', path: '/etc' }, /^a: let the program write elsewhere/],
])('what to do about a file that nobody is given, %s', (_, need, hint) => {
  expect(hintFor(need)).toMatch(hint)
})

const start = 'CMD ["/srv/acme", "--data-dir=/srv/data/main", "--log-dir=/srv/data/log"]'

test.each<[string, readonly string[], boolean]>([
  ['a VOLUME that is empty', ['VOLUME /srv/data', start], false],
  ['a VOLUME beside what builds', ['RUN apt-get update && apt-get install -y curl', 'VOLUME /srv/data', start], false],
  ['a tree that a RUN fills', ['VOLUME /srv/data', 'RUN /srv/acme init /srv/data', start], false],
  ['a VOLUME where a step may have made one', ['RUN /srv/prepare', 'VOLUME /srv/data', start], true],
  ['no VOLUME', [start], true],
  ['a VOLUME into which a step copies', ['COPY data /srv/data', 'VOLUME /srv/data', start], true],
  ['a VOLUME in which a step makes one', ['RUN mkdir -p /srv/data/log', 'VOLUME /srv/data', start], true],
])('a folder in %s is made beforehand or left to the program', (_, lines, isMade) => {
  const { output } = harden({ dockerfile: `${['FROM debian:13', ...lines].join('\n')}\n` })
  expect(givenIn(output).includes('/srv/data/log')).toBe(isMade)
})
