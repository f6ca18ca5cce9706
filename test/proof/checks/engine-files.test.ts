import { expect, test } from '@jest/globals'
import { engineFiles } from '../../../src/proof/checks/refused-work.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { operation, passedSmoke, traced } from '../support/records.ts'

const had = traced([operation('write', '/etc/hosts')])
const refused = traced([operation('write', '/etc/hosts', { outcome: 'refused', detail: 'openat("/etc/hosts")' })])

test('a line that the result may not add to a file of the engine', () => {
  expect(engineFiles.compare(had, refused)).toEqual([
    {
      name: 'writes /etc/hosts',
      baseline: 'allowed',
      result: 'refused (openat("/etc/hosts")); it is mounted by the engine, so no image can hand it over',
      passed: false,
    },
  ])
})

test.each<[string, RunRecord, RunRecord]>([
  ['root was refused it too', refused, refused],
  ['it is not tried again', had, traced([])],
  [
    'it is a file of the image',
    traced([operation('write', '/etc/motd')]),
    traced([operation('write', '/etc/motd', { outcome: 'refused' })]),
  ],
  ['the result was not traced', had, { ...refused, trace: null }],
])('is none where %s', (_, original, result) => {
  expect(engineFiles.compare(original, result)).toEqual([])
})

test('a check of the user’s own stands above it', () => {
  expect(engineFiles.compare({ ...had, smoke: passedSmoke }, refused)).toMatchObject([{ passed: true }])
})
