import { expect, test } from '@jest/globals'
import { lostPrograms } from '../../../src/proof/checks/refused-work.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { operation, passedSmoke, traced } from '../support/records.ts'

const pinger = '/usr/lib/app/pinger'
const had = traced([operation('execute', pinger)])
const refused = traced([operation('execute', pinger, { outcome: 'refused', detail: 'execve: EPERM' })])

test('a program that the result may not start', () => {
  expect(lostPrograms.compare(had, refused)).toEqual([
    {
      name: `starts ${pinger}`,
      baseline: 'started',
      result: 'refused (execve: EPERM); a check of yours (--smoke) can tell whether it does without',
      passed: false,
    },
  ])
})

test.each<[string, RunRecord, RunRecord]>([
  ['root was refused it too', refused, refused],
  ['it is not started again', had, traced([])],
  ['it came about in the end', had, traced([...(refused.trace?.operations ?? []), operation('execute', pinger)])],
  ['another program is refused', had, traced([operation('execute', '/root/bin/pinger', { outcome: 'refused' })])],
  ['the result was not traced', had, { ...refused, trace: null }],
])('is none where %s', (_, original, result) => {
  expect(lostPrograms.compare(original, result)).toEqual([])
})

test('a check of the user’s own stands above it', () => {
  expect(lostPrograms.compare({ ...had, smoke: passedSmoke }, refused)).toMatchObject([{ passed: true }])
})
