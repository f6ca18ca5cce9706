import { expect, test } from '@jest/globals'
import { exitCode } from '../../src/cli/show.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { finding, proof, sampleResult } from '../report/sample.ts'

const changed = sampleResult({ findings: [finding] })
const unchanged = sampleResult({ verdict: 'unchanged', changed: false })
const failed = sampleResult({ verdict: 'failed', changed: false, error: { code: 'unreadable', message: 'no' } })
const withFinding = (outcome: 'offered' | 'todo' | 'question' | 'note') =>
  sampleResult({ findings: [{ ...finding, outcome }] })

// What happened, the exit code of a plain run, and the one with --check.
const table: readonly (readonly [string, readonly TargetResult[], number, number])[] = [
  ['nothing', [], 0, 0],
  ['all was well before', [unchanged], 0, 0],
  ['nothing to run', [sampleResult({ verdict: 'not-applicable', changed: false })], 0, 0],
  ['a complete change', [changed], 0, 1],
  ['a change among unchanged ones', [unchanged, changed, unchanged], 0, 1],
  [
    'a note',
    [sampleResult({ verdict: 'unchanged', changed: false, findings: [{ ...finding, outcome: 'note' }] })],
    0,
    0,
  ],
  ['a note beside a change', [withFinding('note')], 0, 1],
  ['a question beside a change', [withFinding('question')], 0, 1],
  ['a fix held back', [withFinding('offered')], 1, 1],
  ['a finding for a person', [withFinding('todo')], 1, 1],
  ['incomplete', [sampleResult({ verdict: 'incomplete' })], 1, 1],
  ['needs root', [sampleResult({ verdict: 'needs-root', changed: false })], 1, 1],
  ['a proof that passed', [sampleResult({ proof })], 0, 1],
  ['a proof that failed', [sampleResult({ proof: { ...proof, passed: false } })], 1, 1],
  ['a proof that could not compare', [sampleResult({ proof: { ...proof, passed: false, reason: 'x' } })], 0, 1],
  ['a failed proof of what was well', [{ ...unchanged, proof: { ...proof, passed: false } }], 1, 1],
  ['one of one failed', [failed], 2, 2],
  ['one of many failed', [changed, failed, unchanged], 2, 2],
  ['failed beside findings', [withFinding('todo'), failed], 2, 2],
]

test.each(table)('%s', (_name, results, plain, check) => {
  expect(exitCode(results, 'incomplete')).toBe(plain)
  expect(exitCode(results, 'changes')).toBe(check)
  expect(exitCode(results, 'failed')).toBe(plain === 2 ? 2 : 0)
  expect(exitCode(results, 'never')).toBe(0)
})

test('on unproved what a proof has shown does not count, and what changes without one does', () => {
  const proved = sampleResult({ proof })
  expect(exitCode([unchanged, proved], 'unproved')).toBe(0)
  expect(exitCode([proved, changed], 'unproved')).toBe(1)
  expect(exitCode([{ ...changed, verdict: 'exempt' }], 'unproved')).toBe(1)
  expect(exitCode([withFinding('todo')], 'unproved')).toBe(1)
})
