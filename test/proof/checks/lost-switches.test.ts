import { expect, test } from '@jest/globals'
import { lostSwitches } from '../../../src/proof/checks/refused-work.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { operation, passedSmoke, traced } from '../support/records.ts'

const su = '/usr/bin/su'
const started = operation('execute', su)
const became = operation('switch-user', null, { by: su, uid: 33 })
const had = traced([started, became])

test('what the original does as another user, and the result only tries to', () => {
  expect(lostSwitches.compare(had, traced([started]))).toEqual([
    {
      name: 'what su starts',
      baseline: 'done as 33',
      result: 'refused (only root can run su); a check of yours (--smoke) can tell whether it does without',
      passed: false,
    },
  ])
})

test.each<[string, RunRecord, RunRecord]>([
  ['the result does not start it', had, traced([])],
  ['the result becomes somebody too', had, traced([started, became])],
  ['the original stays who it is', traced([started]), traced([started])],
  [
    'it is a server that would switch by itself',
    traced([operation('execute', '/x/httpd'), operation('switch-user', null, { by: '/x/httpd', uid: 33 })]),
    traced([operation('execute', '/x/httpd')]),
  ],
  ['the result was not traced', had, { ...had, trace: null }],
])('is none where %s', (_, original, result) => {
  expect(lostSwitches.compare(original, result)).toEqual([])
})

test('a check of the user’s own stands above it', () => {
  expect(lostSwitches.compare({ ...had, smoke: passedSmoke }, traced([started]))).toMatchObject([{ passed: true }])
})
