// The one place that makes a verdict, and what goes into it.
import { expect, test } from '@jest/globals'
import { afterRun } from '../../src/app/stack.ts'
import { judgedAgain, ofProof, verdict, withUnasked } from '../../src/app/verdict.ts'
import type { StageOutcome } from '../../src/plan/plan.ts'
import type { Verdict } from '../../src/report/report.ts'
import { hardenText, pipelineCases, transformCases } from '../harden/support/cases.ts'
import { finding, proof, sampleResult } from '../report/sample.ts'

const policy = { ignore: [] }
const user = { name: 'app', uid: 10001, gid: 10001, from: 'created' } as const
const judged = (
  outcomes: readonly StageOutcome[],
  ...findings: readonly ('todo' | 'offered' | 'question' | 'note' | 'fixed')[]
) => verdict({ outcomes, findings: findings.map((outcome) => ({ outcome })), policy, user, proof: null })

test.each<[Verdict, readonly StageOutcome[], Parameters<typeof judged>[1][]]>([
  ['rewritten', ['harden'], ['fixed', 'question', 'note']],
  ['rewritten', ['vendor', 'already'], []],
  ['unchanged', ['already', 'already'], ['note']],
  ['exempt', ['exempt'], ['note']],
  ['exempt', ['already', 'exempt'], []],
  ['unchanged', [], []],
  ['rewritten', ['already'], ['fixed']],
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

test('without an engine nothing is hardened, of all cases', () => {
  const all = [...transformCases(), ...pipelineCases()]
  const verdicts = new Set(all.map(({ before, facts }) => hardenText(before, facts).verdict))
  expect([...verdicts]).toContain('rewritten')
  expect([...verdicts]).not.toContain('hardened')
})

test.each<[Verdict, Verdict, Parameters<typeof ofProof>[2]]>([
  ['hardened', 'unchanged', { passed: true }],
  ['rewritten', 'unchanged', { passed: false, reason: 'the original does not start' }],
  ['rewritten', 'unchanged', null],
  ['incomplete', 'unchanged', { passed: false }],
])('it is %s, and what was %s stays that, where its proof says %j', (expected, left, proof) => {
  const about = { findings: [], policy, user, proof } as const
  expect(verdict({ ...about, outcomes: ['harden'] })).toBe(expected)
  expect(verdict({ ...about, outcomes: ['already'] })).toBe(left)
  expect(ofProof('rewritten', true, proof)).toBe(expected)
  expect(ofProof('unchanged', true, proof)).toBe(expected)
})

test('what stays root because a configuration leaves its USER alone is exempt', () => {
  const about = { findings: [], proof: null, user: null, policy: { ignore: ['set-user'] } } as const
  expect(verdict({ ...about, outcomes: ['harden'] })).toBe('exempt')
  expect(verdict({ ...about, outcomes: ['already'] })).toBe('unchanged')
  expect(verdict({ ...about, outcomes: ['harden'], findings: [{ outcome: 'todo' }] })).toBe('incomplete')
  expect(verdict({ ...about, outcomes: ['unknown'] })).toBe('incomplete')
})

test('nothing that changes is unchanged, and nothing is rewritten whose user nobody knows', () => {
  const about = { outcomes: ['already'], findings: [{ outcome: 'fixed' }], policy, proof: null } as const
  expect([verdict({ ...about, user }), verdict({ ...about, user: null })]).toEqual(['rewritten', 'incomplete'])
  expect(ofProof('unchanged', false, null)).toBe('unchanged')
  expect(ofProof('exempt', true, null)).toBe('exempt')
})

test('what is found later counts like what was found first', () => {
  const about = { outcomes: ['harden'], policy } as const
  const result = sampleResult({ verdict: 'rewritten', findings: [finding] })
  const note = { ...finding, outcome: 'note' as const }
  expect(judgedAgain(result, about, [note])).toEqual({ ...result, findings: [finding, note] })
  const todo = { ...finding, outcome: 'todo' as const }
  expect(judgedAgain(result, about, [todo])).toEqual({ ...result, verdict: 'incomplete', findings: [finding, todo] })
})

test('a proof that passed has not shown what nobody asked for, of an image or of a service', () => {
  const asked = {
    ...finding,
    outcome: 'question',
    question: 'root-work',
    message: 'app.js line 3 calls runuser',
  } as const
  const result = sampleResult({ verdict: 'rewritten', findings: [asked] })
  const unasked = { passed: false, reason: 'not asked: app.js line 3 calls runuser' }
  expect(withUnasked({ passed: true }, result)).toEqual(unasked)
  expect(withUnasked({ passed: true }, { findings: [{ ...asked, question: 'host-folder' }] })).toEqual({ passed: true })
  expect(withUnasked({ passed: false }, result)).toEqual({ passed: false })
  const { own, report } = afterRun(result, new Set(), { ...proof, passed: true })
  expect([report?.passed, report?.reason, ofProof(own.verdict, false, report)]).toEqual([
    false,
    unasked.reason,
    'rewritten',
  ])
  expect(afterRun(result, new Set([asked.message]), { ...proof, passed: true }).report?.passed).toBe(true)
})
