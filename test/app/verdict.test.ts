// The one place that makes a verdict, and what goes into it.
import { expect, test } from '@jest/globals'
import { judgedAgain, ofChanged, verdict } from '../../src/app/verdict.ts'
import type { StageOutcome } from '../../src/plan/plan.ts'
import type { Verdict } from '../../src/report/report.ts'
import { finding, sampleResult } from '../report/sample.ts'

const policy = { ignore: [] }
const user = { name: 'app', uid: 10001, gid: 10001, from: 'created' } as const
const judged = (outcomes: readonly StageOutcome[], ...findings: readonly ('todo' | 'offered' | 'note' | 'fixed')[]) =>
  verdict({ outcomes, findings: findings.map((outcome) => ({ outcome })), policy, user, proof: null })

test.each<[Verdict, readonly StageOutcome[], Parameters<typeof judged>[1][]]>([
  ['hardened', ['harden'], ['fixed', 'note']],
  ['hardened', ['vendor', 'already'], []],
  ['unchanged', ['already', 'already'], ['note']],
  ['exempt', ['exempt'], ['note']],
  ['exempt', ['already', 'exempt'], []],
  ['unchanged', [], []],
  ['hardened', ['already'], ['fixed']],
  ['exempt', ['already', 'exempt'], ['fixed']],
  ['incomplete', ['harden'], ['fixed', 'todo']],
  ['incomplete', ['harden'], ['offered']],
  ['incomplete', ['already'], ['todo']],
  ['incomplete', ['harden', 'unknown'], []],
  ['incomplete', ['harden', 'exempt'], []],
  ['needs-root', ['harden', 'needs-root'], ['todo']],
  ['not-applicable', ['not-applicable'], []],
])('it is %s where the stages are %j and the findings %j', (expected, outcomes, findings) => {
  expect(judged(outcomes, ...findings)).toBe(expected)
})

test('nothing is hardened that a proof has failed', () => {
  const about = { outcomes: ['harden'], findings: [], policy, user } as const
  expect(verdict({ ...about, proof: { passed: true } })).toBe('hardened')
  expect(verdict({ ...about, proof: { passed: false } })).toBe('incomplete')
})

test('what stays root because a configuration leaves its USER alone is exempt', () => {
  const about = { findings: [], proof: null, user: null, policy: { ignore: ['set-user'] } } as const
  expect(verdict({ ...about, outcomes: ['harden'] })).toBe('exempt')
  expect(verdict({ ...about, outcomes: ['already'] })).toBe('unchanged')
  expect(verdict({ ...about, outcomes: ['harden'], findings: [{ outcome: 'todo' }] })).toBe('incomplete')
  expect(verdict({ ...about, outcomes: ['unknown'] })).toBe('incomplete')
})

test('nothing that changes is unchanged, and nothing is hardened whose user nobody knows', () => {
  const about = { outcomes: ['already'], findings: [{ outcome: 'fixed' }], policy, proof: null } as const
  expect([verdict({ ...about, user }), verdict({ ...about, user: null })]).toEqual(['hardened', 'incomplete'])
  expect(ofChanged('unchanged', true)).toBe('hardened')
  expect(ofChanged('unchanged', false)).toBe('unchanged')
  expect(ofChanged('exempt', true)).toBe('exempt')
})

test('what is found later counts like what was found first', () => {
  const about = { outcomes: ['harden'], policy } as const
  const result = sampleResult({ findings: [finding] })
  const note = { ...finding, outcome: 'note' as const }
  expect(judgedAgain(result, about, [note])).toEqual({ ...result, findings: [finding, note] })
  const todo = { ...finding, outcome: 'todo' as const }
  expect(judgedAgain(result, about, [todo])).toEqual({ ...result, verdict: 'incomplete', findings: [finding, todo] })
})
