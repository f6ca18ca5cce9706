import { expect, test } from '@jest/globals'
import { stateNeed } from '../../src/evidence/claim.ts'
import type { Operation } from '../../src/evidence/operation.ts'
import { operationNeeds } from '../../src/plan/grants/observed-needs.ts'
import { withoutSeenFiles } from '../../src/plan/plan-context.ts'

const asks = (path: string, asked: 'read' | 'write' = 'write'): Operation => ({
  access: 'look',
  asked,
  path,
  outcome: 'done',
  source: 'traced',
  by: '/usr/bin/php',
  detail: 'access(W_OK)',
})

test('a program that asks whether it may write its data has to be able to', () => {
  expect(operationNeeds(asks('/var/lib/app/store'))).toMatchObject([
    {
      access: 'write',
      path: '/var/lib/app/store',
      evidence: { detail: '/var/lib/app/store is asked about before it is written by php: access(W_OK)' },
    },
  ])
})

test.each<[string, Operation]>([
  ['whether it may read them', asks('/var/lib/app/store', 'read')],
  ['of its own code', asks('/app/main.py')],
  ['of the system', asks('/var/lib/dpkg/status')],
])('not one that asks %s', (_, operation) => {
  expect(operationNeeds(operation)).toMatchObject([{ access: 'look' }])
})

test('a folder that a text names is none where a run made a file there', () => {
  const named = stateNeed('/var/lib/app.state', 'inferred', { source: 'config', detail: '' })
  const seen: Operation = { ...asks('/var/lib/app.state'), access: 'create-file' }
  expect(withoutSeenFiles([named], [seen])).toEqual([])
  expect(withoutSeenFiles([named], [asks('/x')])).toEqual([named])
})
