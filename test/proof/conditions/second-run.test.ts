import { expect, test } from '@jest/globals'
import { afterFailure, type ConditionRun, mayBeChance } from '../../../src/proof/conditions/condition.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'

const RUNNING = { state: { running: true } } as RunRecord
const ENDED = { state: { running: false } } as RunRecord

function run(outcome: 'pass' | 'fail', { required = true, record = RUNNING, reason = '' } = {}): ConditionRun {
  return { cell: { name: 'plain', required, outcome, reason }, record }
}

test('what counts and fails while the program is up is run again, nothing else is', () => {
  const all = [run('fail'), run('pass'), run('fail', { required: false }), run('fail', { record: ENDED })]
  expect(all.map(mayBeChance)).toEqual([true, false, false, false])
})

test('a pass after a failure says what failed before, a second failure is one', () => {
  const first = run('fail', { reason: 'tcp :80: was open, is closed' })
  expect(afterFailure(first, run('pass')).cell).toMatchObject({
    outcome: 'pass',
    reason: 'it failed once (tcp :80: was open, is closed), and not when it was run again',
  })
  expect(afterFailure(first, run('fail', { reason: 'again' })).cell).toMatchObject({ outcome: 'fail', reason: 'again' })
})
