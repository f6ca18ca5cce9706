import { expect, test } from '@jest/globals'
import type { Part } from '../../../src/plan/plan.ts'
import { compare } from '../../../src/proof/compare/compare.ts'
import { uselessCures } from '../../../src/proof/learn/useless-cures.ts'
import type { Round } from '../../../src/proof/round.ts'
import { ended, http, record, running } from '../support/records.ts'

const user: Part = { kind: 'cure', name: 'the change of "user x" in /etc/x.conf' }
const grant: Part = { kind: 'grant', name: 'own-file /run/x' }
const baseline = record({ answers: [http(80)] })

function round(parts: readonly Part[], logs: string, state = ended(1)): Round {
  const run = record({ state, logs, answers: state.running ? [http(80)] : [] })
  return {
    hardened: { plan: { stages: [{ stage: 0, parts: () => parts }] } },
    image: '',
    moved: new Map(),
    run: { record: run, comparison: compare(baseline, run, new Map()), traced: null },
    failure: null,
  } as unknown as Round
}

test.each<[string, Round | null, Round, readonly string[]]>([
  ['it fails just as before', round([], 'pid 7: refused'), round([user, grant], 'pid 8: refused'), [user.name]],
  ['it got further', round([], 'pid 7: refused'), round([user], 'no such zone'), []],
  ['it was there before', round([user], 'refused'), round([user], 'refused'), []],
  ['it works now', round([], 'refused'), round([user], 'refused', running), []],
  ['there is no round to compare with', null, round([user], 'refused'), []],
])('%s', (_, before, now, useless) => {
  expect(uselessCures(before, now, 0)).toEqual(useless)
})
