import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { compare } from '../../../src/proof/checks/index.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { learnedFrom } from '../../../src/proof/lessons.ts'
import type { Tried } from '../../../src/proof/tried.ts'
import { ended, http, operation, record, traced } from '../support/records.ts'

const baseline = record({ answers: [http(8000)] })

function learned(original: RunRecord, result: RunRecord): readonly string[] {
  const run = { record: result, traced: result, comparison: compare(baseline, result, new Map()) }
  return learnedFrom({ run, workdir: '/' } as unknown as Tried, original, baseline, []).map(
    ({ access, path, outcome }) => `${outcome} ${access} ${path}`,
  )
}

const locksIn = traced([operation('chroot', '/srv')])

test('a chroot that a run which ended did not come to counts as refused: the engine hides it from the trace', () => {
  expect(learned(locksIn, { ...traced([]), state: ended(1) })).toEqual(['refused chroot /srv'])
})

test.each<[string, RunRecord, RunRecord]>([
  ['it is up', locksIn, traced([])],
  ['it came to it', locksIn, { ...locksIn, state: ended(1) }],
  ['the original has none', traced([]), { ...traced([]), state: ended(1) }],
])('not where %s', (_, original, result) => {
  expect(learned(original, result)).toEqual([])
})

test.each<[string, boolean, readonly string[]]>([
  ['what it made, and could not give to somebody', true, ['refused change-owner /var/log/x']],
  ['what was there', false, []],
])('a run that passed tells of %s', (_, made, told) => {
  const owner = operation('change-owner', '/var/log/x', { made })
  const refused = { ...traced([{ ...owner, outcome: 'refused' as const }]), answers: baseline.answers }
  expect(learned(traced([owner]), refused)).toEqual(told)
})

test.each<[string, readonly Operation[], boolean]>([
  ['an empty pid file that was put there for it', [], true],
  ['its own pid file, as it ends', [operation('write', '/run/x.pid')], false],
])('it may not remove %s', (_, before, found) => {
  const removal = operation('remove', '/run/x.pid', { outcome: 'refused' })
  const result = { ...traced([...before, removal]), state: ended(1) }
  const run = { record: result, traced: result, comparison: compare(baseline, result, new Map()) }
  const told = learnedFrom({ run, workdir: '/' } as unknown as Tried, traced([]), baseline, [])
  expect(told.map((one) => one.found ?? false)).toEqual([found])
})

test('that the original may not remove its own as it ends does not hide that the result may not remove what it found', () => {
  const removal = operation('remove', '/run/x.pid', { outcome: 'refused' })
  const original = traced([operation('write', '/run/x.pid'), removal])
  expect(learned(original, { ...traced([removal]), state: ended(1) })).toEqual(['refused remove /run/x.pid'])
  expect(learned(original, { ...original, state: ended(1) })).toEqual([])
})
