import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { workAsOthers } from '../../../src/proof/checks/refused-work.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { operation, passedSmoke, record, traced } from '../support/records.ts'

const becomes = (pids: readonly number[], changes: Partial<Operation> = {}, forked = pids.length): RunRecord => {
  const switches = pids.map((pid) =>
    operation('switch-user', null, { pid, uid: 65534, detail: 'setuid(65534)', ...changes }),
  )
  return record({ trace: { operations: [], exercised: switches, forked, timers: false } })
}
const helped = becomes([7, 8])
const refused = becomes([7, 8], { outcome: 'refused' })

test('a helper for each request that may not become its user any more', () => {
  expect(workAsOthers.compare(helped, refused)).toEqual([
    {
      name: 'work as another user',
      baseline: 'done as 65534',
      result: 'refused (setuid(65534)); a check of yours (--smoke) can tell whether it does without',
      passed: false,
    },
  ])
})

test.each<[string, RunRecord, RunRecord]>([
  ['it is that user already', helped, helped],
  [
    'only its groups may not change',
    helped,
    traced([], [...(refused.trace?.exercised ?? []), operation('switch-user', null, { uid: 33 })]),
  ],
  ['it is not tried again', helped, traced([])],
  ['it is the rest of a start', becomes([7]), refused],
  ['who does it was there before the work', becomes([7, 8], {}, 0), refused],
  ['who is refused it was there before the work', helped, becomes([7, 8], { outcome: 'refused' }, 1)],
  ['root was refused it too', refused, refused],
  ['the result was not traced', helped, { ...refused, trace: null }],
])('nothing where %s', (_, original, result) => {
  expect(workAsOthers.compare(original, result)).toEqual([])
})

test('a check of the user’s own stands above it', () => {
  expect(workAsOthers.compare({ ...helped, smoke: passedSmoke }, refused)).toMatchObject([{ passed: true }])
})
