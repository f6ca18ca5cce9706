import { expect, test } from '@jest/globals'
import type { PortAnswer } from '../../../src/proof/ask/answers.ts'
import { type Folders, leftFiles, unsteadyFiles } from '../../../src/proof/checks/files.ts'
import { compare } from '../../../src/proof/checks/index.ts'
import { steadyIn } from '../../../src/proof/smoke/run-checks.ts'
import { closed, http, operation, record, traced } from '../support/records.ts'

const folders: Folders = { home: '/root', volumes: ['/data'], inImage: () => '/' }
const made = (path: string, detail = 'O_CREAT') => operation('create-file', path, { detail })

test('what one run of the original made and a longer one has not is chance', () => {
  const begun = traced([made('/var/lib/x/db'), made('/var/lib/x/once'), made('/data/once'), made('/var/lib/x/s/1.tmp')])
  expect(unsteadyFiles(begun, ['/var/lib/x/db'], folders)).toEqual(new Set(['/var/lib/x/once']))
  expect(unsteadyFiles(record(), [], folders)).toEqual(new Set())
})

test('a name that each run draws is no chance', () => {
  const begun = traced([made('/var/lib/x/sess_Ab3dEf', 'O_CREAT|O_EXCL')])
  expect(unsteadyFiles(begun, ['/var/lib/x/sess_Zz9yXw'], folders)).toEqual(new Set())
})

test('a file of chance may be missing, but not where it was refused', () => {
  const original = {
    ...traced([made('/var/lib/x/db'), made('/var/lib/x/once')]),
    unsteady: new Set(['/var/lib/x/once']),
  }
  const missing = (...operations: Parameters<typeof traced>[0]) =>
    leftFiles(original, traced(operations), { ...folders, inImage: (path) => path }).map(({ result }) => result)
  expect(missing(made('/var/lib/x/db'))).toEqual(['yes'])
  expect(missing()).toEqual(['not /var/lib/x/db'])
  expect(missing(made('/var/lib/x/db'), { ...made('/var/lib/x/once'), outcome: 'refused' })).toEqual([
    'not /var/lib/x/once',
  ])
})

const word = (detail: string): PortAnswer => ({ port: 80, protocol: 'tcp', kind: 'answer', detail })
const silent: PortAnswer = { port: 80, protocol: 'tcp', kind: 'open', detail: '' }

test.each<[string, PortAnswer, PortAnswer, PortAnswer, boolean]>([
  ['what its other run gave', word('one'), word('two'), word('two'), true],
  ['a third thing', word('one'), word('two'), word('three'), false],
  ['a page of its other run', http(80, '200'), http(80, '302 to /setup'), http(80, '302 to /setup'), true],
  // A traced run may be slow to come up: its silence and its errors are no measure.
  ['nothing, as its other run', word('one'), silent, silent, false],
  ['an error, as its other run', http(80, '200'), http(80, '503'), http(80, '503'), false],
  ['no port, as its other run', word('one'), closed(80), closed(80), false],
])('a port may answer as in either run of the original, here %s', (_, first, second, result, passed) => {
  const baseline = steadyIn(record({ answers: [first] }), record({ answers: [second] }))
  expect(compare(baseline, record({ answers: [result] }), new Map()).parity).toBe(passed)
})
