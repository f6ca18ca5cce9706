import { expect, test } from '@jest/globals'
import { askedToWrite } from '../../../src/proof/caveats.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { operation, traced } from '../support/records.ts'

const asks = (path: string, outcome: 'done' | 'refused', asked: 'read' | 'write' = 'write'): RunRecord =>
  traced([operation('look', path, { asked, outcome })])

test('a program that asks whether it may write its settings, and now may not', () => {
  expect(askedToWrite(asks('/app/config.php', 'done'), asks('/app/config.php', 'refused'))).toEqual([
    expect.stringContaining('has to write /app/config.php'),
  ])
})

test.each<[string, RunRecord, RunRecord | null]>([
  ['root might not either', asks('/app/x', 'refused'), asks('/app/x', 'refused')],
  ['it asks whether it may read', asks('/app/x', 'done', 'read'), asks('/app/x', 'refused', 'read')],
  ['it is the system’s', asks('/usr/lib/x', 'done'), asks('/usr/lib/x', 'refused')],
  ['the result was not traced', asks('/app/x', 'done'), null],
])('nothing where %s', (_, original, result) => {
  expect(askedToWrite(original, result)).toEqual([])
})
