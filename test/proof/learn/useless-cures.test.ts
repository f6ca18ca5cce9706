import { describe, expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { WORKDIR } from '../../../src/plan/grants/excluded-parts.ts'
import { decide, type Part } from '../../../src/plan/plan.ts'
import { compare } from '../../../src/proof/checks/index.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { movedInVain, uselessCures } from '../../../src/proof/lessons.ts'
import type { Tried } from '../../../src/proof/tried.ts'
import { ended, http, operation, record, running } from '../support/records.ts'

const user: Part = { kind: 'cure', name: 'the change of "user x" in /etc/x.conf' }
const grant: Part = { kind: 'grant', name: 'own-file /run/x' }
const baseline = record({ answers: [http(80)] })

function round(parts: readonly Part[], logs: string, state = ended(1)): Tried {
  const run = record({ state, logs, answers: state.running ? [http(80)] : [] })
  return {
    plan: { parts, decisions: [] },
    workdir: '/',
    run: { record: run, comparison: compare(baseline, run, new Map()), traced: null },
  } as unknown as Tried
}

test.each<[string, Tried | null, Tried, readonly string[]]>([
  ['it fails just as before', round([], 'pid 7: refused'), round([user, grant], 'pid 8: refused'), [user.name]],
  ['it got further', round([], 'pid 7: refused'), round([user], 'no such zone'), []],
  ['it was there before', round([user], 'refused'), round([user], 'refused'), []],
  ['it works now', round([], 'refused'), round([user], 'refused', running), []],
  ['there is no round to compare with', null, round([user], 'refused'), []],
])('%s', (_, before, now, useless) => {
  expect(uselessCures(before, now)).toEqual(useless)
})

describe('a program that was given another folder to start in', () => {
  const inFolder = (state: RunRecord['state'], moved = true): Tried => {
    const one = round([], 'no such file: x.conf', state)
    const decisions = decide('set-workdir', moved ? [{ path: '/home/app', reason: '', evidence: [] }] : [])
    return { ...one, plan: { decisions } as unknown as Tried['plan'] }
  }

  test.each<[string, Tried, readonly Operation[], readonly string[]]>([
    ['starts where it did, where it does not work and was refused nothing', inFolder(ended(1)), [], [WORKDIR]],
    ['stays there where it works', inFolder(running), [], []],
    ['stays there where something else was refused', inFolder(ended(1)), [operation('read', '/etc/key')], []],
  ])('%s', (_, now, news, useless) => expect(movedInVain(now, news)).toEqual(useless))

  test('and one that was not is no part of it', () => {
    expect(movedInVain(inFolder(ended(1), false), [])).toEqual([])
  })
})
