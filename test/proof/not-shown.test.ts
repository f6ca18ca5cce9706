import { describe, expect, test } from '@jest/globals'
import { unseenWork } from '../../src/proof/caveats.ts'
import { refusals } from '../../src/proof/checks/watch.ts'
import { noConditions } from '../../src/proof/conditions/index.ts'
import { failuresOf, proofReport } from '../../src/proof/proof-report.ts'
import type { ReportCell } from '../../src/report/report.ts'
import { closed, http, operation, passedSmoke, record, running, traced } from './support/records.ts'

const run = (passed: boolean, cells: readonly ReportCell[] = []) => ({
  image: 'result',
  record: record({ answers: [http(80)] }),
  comparison: { checks: [{ name: 'http :80/', baseline: '200', result: '500', passed }], parity: passed, locked: true },
  addedBytes: 0,
  cells: { ...noConditions(''), cells },
})
const report = (...[result, reasons]: [Parameters<typeof proofReport>[2], readonly string[]]) =>
  proofReport('docker 26', record({ answers: [http(80)] }), result, 1, ['a remark'], reasons)

describe('a proof', () => {
  test('that had nothing to compare with, or did not come to work that is known, says why', () => {
    expect(report(null, ['the original does not start'])).toMatchObject({
      passed: false,
      reason: 'the original does not start',
      remarks: ['a remark'],
    })
    expect(report(run(true), ['x', 'y'])).toMatchObject({ passed: false, parity: true, reason: 'x; y' })
    expect(report(run(true), [])).not.toHaveProperty('reason')
    expect(report(run(true), []).passed).toBe(true)
  })

  test('that failed has failed, whatever it did not come to', () => {
    const failed = report(run(false), ['x'])
    expect(failed.passed).toBe(false)
    expect(failed).not.toHaveProperty('reason')
  })

  test('shows nothing of a condition that has to hold and that the engine cannot run', () => {
    const result = run(true, [{ name: 'plain', required: true, outcome: 'not asked', reason: 'no such run' }])
    expect(failuresOf(result, record())).toEqual([])
    expect(report(result, [])).toMatchObject({ passed: false, reason: 'plain: no such run' })
  })
})

const silent = record({ answers: [closed(80)] })
test.each<[string, Parameters<typeof unseenWork>[0], Parameters<typeof unseenWork>[1], boolean]>([
  ['only goes on', silent, traced([operation('read', '/etc/x'), operation('write', '/dev/null')]), true],
  ['makes a file', silent, traced([operation('create-file', '/tmp/x')]), false],
  ['has made one, untraced', silent, record({ diff: [{ kind: 'added', path: '/srv/x' }] }), false],
  ['says that it is up', { ...silent, logs: 'up\nready for the night\n' }, record(), true],
  ['goes on to say what it does', { ...silent, logs: 'up\n1\n2\n3\n4\n' }, record(), false],
  ['answers', record({ answers: [http(80)] }), record(), false],
  ['has a HEALTHCHECK', record({ state: { ...running, health: 'healthy' } }), record(), false],
  ['is asked by its user', record({ smoke: passedSmoke }), record(), false],
])('of an original that %s nothing was compared: %#', (_, original, study, isUnseen) => {
  expect(unseenWork(original, study, original).length > 0).toBe(isUnseen)
})

test('ports that nobody here can reach were not compared', () => {
  const unreached = { ...silent, logs: 'up\n', listeners: null }
  expect(unseenWork(unreached, record(), unreached)).toEqual([expect.stringMatching(/^the ports could not be reached/)])
})

const refused = 'EPERM: 9 packets'
test.each<[string, string, string, Parameters<typeof traced>[0], boolean]>([
  ['whose only work is refused', '', refused, [], true],
  ['that no longer says what it ends with', 'ping 1\n1 sent', `ping 2\n${refused}`, [], true],
  ['that still says what it ends with', 'up\ntick 1', `up\n${refused}\ntick 7`, [], false],
  ['that is refused as the original is', 'EPERM: 1 packets', refused, [], false],
  ['that makes a file as well', '', refused, [operation('create-file', '/srv/x')], false],
])('a log that says a refusal, of a program %s, fails: %#', (_, before, after, operations, fails) => {
  const results = refusals.compare(record({ logs: before }), record({ logs: after }), { study: traced(operations) })
  expect(results.map(({ result }) => result)).toEqual(fails ? [refused] : [])
})
