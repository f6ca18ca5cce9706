import { describe, expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { WORKDIR } from '../../../src/plan/grants/excluded-parts.ts'
import { decide, type Part } from '../../../src/plan/plan.ts'
import { compare } from '../../../src/proof/checks/index.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { movedInVain, uselessCures } from '../../../src/proof/lessons.ts'
import type { Round } from '../../../src/proof/round.ts'
import { ended, http, operation, record, running } from '../support/records.ts'

const user: Part = { kind: 'cure', name: 'the change of "user x" in /etc/x.conf' }
const grant: Part = { kind: 'grant', name: 'own-file /run/x' }
const baseline = record({ answers: [http(80)] })

function round(parts: readonly Part[], logs: string, state = ended(1)): Round {
  const run = record({ state, logs, answers: state.running ? [http(80)] : [] })
  return {
    hardened: { plan: { stages: [{ stage: 0, parts, decisions: [] }] } },
    image: '',
    moved: new Map(),
    workdir: '/',
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

describe('a program that was given another folder to start in', () => {
  const inFolder = (state: RunRecord['state'], moved = true): Round => {
    const one = round([], 'no such file: x.conf', state)
    const decisions = decide('set-workdir', moved ? [{ path: '/home/app', reason: '', evidence: [] }] : [])
    const stage = { stage: 0, decisions }
    return { ...one, hardened: { plan: { stages: [stage] } } as unknown as Round['hardened'] }
  }

  test.each<[string, Round, readonly Operation[], readonly string[]]>([
    ['starts where it did, where it does not work and was refused nothing', inFolder(ended(1)), [], [WORKDIR]],
    ['stays there where it works', inFolder(running), [], []],
    ['stays there where something else was refused', inFolder(ended(1)), [operation('read', '/etc/key')], []],
  ])('%s', (_, now, news, useless) => expect(movedInVain(now, 0, news)).toEqual(useless))

  test('and one that was not is no part of it', () => {
    expect(movedInVain(inFolder(ended(1), false), 0, [])).toEqual([])
  })
})
