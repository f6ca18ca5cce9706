import { expect, test } from '@jest/globals'
import { hardenDockerfile } from '../../src/app/harden.ts'
import { unanswered, withoutAnswered } from '../../src/app/prove-target.ts'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import { answeredBy, withoutTodos, withUnasked } from '../../src/app/verdict.ts'
import { DECIDE } from '../../src/decisions.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import type { Hardened } from '../../src/report/report.ts'
import { transforms } from '../../transforms/index.ts'
import { pipelineCases } from '../harden/support/cases.ts'
import { knowledgeOf, policyOf } from '../harden/support/facts.ts'

const finding = (message: string, outcome = 'todo') => ({ message, outcome, transform: 'skip-step-down', evidence: [] })
const remark = (message: string, answeredByRun?: true | 'read' | 'wrote', ...subjects: string[]) => ({
  message,
  evidence: subjects.map((subject) => ({ source: 'declared', subject, detail: '' })),
  ...(answeredByRun && { answeredByRun }),
})

/** The case of that name in test/harden/cases, with its plan. */
function planned(name: string): Hardened {
  const one = pipelineCases().find((each) => each.name === name)
  if (one === undefined) throw new Error(name)
  const dockerfile = parseDockerfile(one.before)
  const policy = policyOf(one.facts)
  const stages = stageInputs(dockerfile, policy, knowledgeOf(one.facts, dockerfile))
  return hardenDockerfile({ target: 'Dockerfile', kind: 'dockerfile', dockerfile, stages, policy, transforms })
}

/** Two stages, each with a question that a run answers and one that it does not. */
const hardened = {
  plan: {
    stages: [
      { stage: 0, remarks: [remark('start.py was not understood', true)] },
      { stage: 1, remarks: [remark('entry.py was not understood', true), remark('an account is not known')] },
    ],
  },
  result: {
    findings: [
      finding('start.py was not understood'),
      finding('entry.py was not understood'),
      finding('an account is not known'),
      finding('entry.py was not understood', 'note'),
    ],
    output: '',
  },
} as unknown as Hardened

test('what a run of the stage has answered is no todo any more, and everything else stays', () => {
  const messages = withoutAnswered(hardened, 1, {}).findings.map(({ message, outcome }) => `${outcome} ${message}`)
  expect(messages).toEqual([
    'todo start.py was not understood',
    'todo an account is not known',
    'note entry.py was not understood',
  ])
})

test.each<[string, readonly string[], readonly string[]]>([
  ['is answered where the result has read them', ['/root/.app/settings'], []],
  ['stays where it has read others', ['/root/.application', '/home/app/.app/settings'], ['settings lie in /root/.app']],
  ['stays where it was not traced', [], ['settings lie in /root/.app']],
])('whether settings in the home of root are found %s', (_, read, expected) => {
  const question = 'settings lie in /root/.app'
  const asked = {
    plan: { stages: [{ stage: 0, remarks: [remark(question, 'read', '/root/.app')] }] },
    result: { findings: [finding(question)], output: '' },
  } as unknown as Hardened
  expect(withoutAnswered(asked, 0, { read: new Set(read) }).findings.map(({ message }) => message)).toEqual(expected)
})

test.each([
  ['mode-changed-at-start', '/var/spool/jobs is chmod-ed at startup'],
  ['folder-that-only-root-can-make', '/state is not made beforehand'],
])('what a start does that a run has shown is no todo any more: %s', (name, question) => {
  const before = planned(name)
  expect(before.result.findings.map(({ message }) => message).join('\n')).toContain(question)
  expect(
    withoutAnswered(before, 0, {})
      .findings.map(({ message }) => message)
      .join('\n'),
  ).not.toContain(question)
})

test('a line that leaves a todo to a proof goes with it, and others stay', () => {
  const { result } = planned('chown-over-several-lines')
  const lines = result.output.split('\n').filter((line) => line.startsWith(DECIDE))
  expect(lines).toEqual([expect.stringMatching(/ line 9 .* \(or prove it\)$/), expect.stringContaining(' line 11 ')])
  const asked = { ...result, output: result.output.replace(DECIDE, `${DECIDE}keep it\n${DECIDE}`) }
  const left = withoutTodos(asked, answeredBy(planned('chown-over-several-lines').plan.stages[0]?.remarks ?? []))
  expect(left.output).toBe(result.output.replace(lines.join('\n'), `${DECIDE}keep it`))
  expect(left.findings.filter(({ outcome }) => outcome === 'todo')).toEqual([])
})

test('what a text leaves to a person is said again where a run has failed, and nowhere else', () => {
  const first = planned('file-that-only-root-makes')
  const todo = '/start.sh does only as root: date > /srv/depot/secret (line 4); as another user that is left out'
  const hardened: Pick<Hardened, 'result'> = { result: { ...first.result, findings: [] } }
  const said = (report: { passed: boolean; reason?: string } | null, after = hardened) =>
    unanswered(first, { hardened: after, report }).map(({ message }) => message)
  expect(said({ passed: false })).toEqual([todo])
  expect(said({ passed: false }, first)).toEqual([])
  expect([said({ passed: true }), said({ passed: false, reason: 'nothing was run' }), said(null)]).toEqual([[], [], []])
})

test.each([
  ['goes where the original wrote to a place that nothing names', true, []],
  [
    'stays, and the proof is none, where it did not',
    false,
    ['not asked: app.js line 4 writes to a path that only the run decides'],
  ],
])('whether a write whose path only a run tells was made: the question %s', (_, wrote, expected) => {
  const question = 'app.js line 4 writes to a path that only the run decides'
  const asked = {
    plan: { stages: [{ stage: 0, remarks: [{ ...remark(question, 'wrote', '/app'), question: 'writes' }] }] },
    result: { findings: [{ ...finding(question), outcome: 'question', question: 'writes' }], output: '' },
  } as unknown as Hardened
  const proof = withUnasked({ passed: true }, withoutAnswered(asked, 0, { wrote })) as { reason?: string }
  expect(proof.reason === undefined ? [] : [proof.reason]).toEqual(expected)
})
