import { expect, test } from '@jest/globals'
import { keptText, merged } from '../../src/fleet/merge.ts'
import type { PlanLine } from '../../src/fleet/plan.ts'
import type { Rendering } from '../../src/report/format.ts'
import type { ReportProof, TargetResult } from '../../src/report/report.ts'

function rendering(target: string, more: Partial<TargetResult> = {}): Rendering {
  const result: TargetResult = {
    ...{ target, kind: 'dockerfile', verdict: 'rewritten', user: null, ports: [], stages: [], findings: [] },
    ...{ output: 'FROM a\nUSER 7\n', changed: true, proof: null, ...more },
  }
  return { result, source: 'FROM a\n', path: target }
}

const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string]
const lines = [
  { target: 'b', key: two },
  { target: 'a', key: one },
  { target: 'c', key: three },
] as unknown as readonly PlanLine[]

function gathered(key: string, ...renderings: readonly Rendering[]) {
  return { key, results: renderings.map((one) => keptText(key, one)), open: null }
}

test('results come in the order of their targets, and what is missing is said', () => {
  const all = [gathered(two, rendering('b')), gathered(one, rendering('a')), { key: three, results: [], open: null }]
  const { renderings, missing, flaky } = merged(all, lines)
  expect(renderings.map(({ result }) => result.target)).toEqual(['a', 'b'])
  expect(missing).toEqual(['c'])
  expect(flaky).toEqual([])
})

test('two results of one target make it incomplete, and neither of them is believed', () => {
  const { renderings, flaky } = merged(
    [gathered(one, rendering('a'), rendering('a', { verdict: 'incomplete' }))],
    lines.filter(({ key }) => key === one),
  )
  const [{ result } = rendering('none')] = renderings
  expect(flaky).toEqual(['a'])
  expect(result).toMatchObject({ verdict: 'incomplete', changed: false, output: 'FROM a\n', proof: null, user: null })
  expect(result.findings[0]).toMatchObject({
    outcome: 'todo',
    message: 'flaky: 2 runs of the same inputs differ in its verdict (incomplete and rewritten)',
  })
})

test('what keeps a target from a result is its result as long as there is none', () => {
  const open = keptText(one, rendering('a', { verdict: 'failed', error: { code: 'changed', message: 'changed' } }))
  const wanted = lines.filter(({ key }) => key === one)
  expect(merged([{ key: one, results: [], open }], wanted).renderings[0]?.result.verdict).toBe('failed')
  const kept = { ...gathered(one, rendering('a')), open }
  expect(merged([kept], wanted).renderings[0]?.result.verdict).toBe('rewritten')
})

test('a result has no times, no name that holds the number of a run, and no first sign of a failure that does not count', () => {
  const proofOf = (session: string, seconds: number, sign: string): ReportProof =>
    ({
      engine: 'docker 26.1.5',
      baseline: { image: `harden-image/proof:${session}-1-baseline`, uids: [0], capabilities: [] },
      checks: [],
      cells: [
        {
          name: 'arbitrary uid, group 0',
          required: false,
          outcome: 'fail',
          reason: `${sign}; (--arbitrary-uid makes it hold)`,
        },
        { name: 'plain', required: true, outcome: 'fail', reason: 'http :80/: was 200, is refused' },
      ],
      phases: [{ name: 'build', seconds }],
    }) as unknown as ReportProof
  const texts = [
    proofOf('0123456789abcdef', 1.5, 'still running: was running, is exit 13'),
    proofOf('fedcba9876543210', 2, 'http :80/: was 200, is bound'),
  ].map((proof) => keptText(one, rendering('a', { proof })))
  expect(texts[0]).toBe(texts[1])
  expect(texts[0]).toContain('harden-image/proof:baseline')
  expect(texts[0]).toContain('was 200, is refused')
})

test('what no worker has written is refused', () => {
  expect(() => merged([{ key: one, results: ['{}'], open: null }], null)).toThrow(
    'the result 111111111111 cannot be read: it has no result',
  )
})
