import { expect, test } from '@jest/globals'
import { withoutAnswered } from '../../src/app/prove-target.ts'
import type { Hardened } from '../../src/report/report.ts'

const finding = (message: string, outcome = 'todo') => ({ message, outcome, transform: 'skip-step-down', evidence: [] })
const remark = (message: string, answeredByRun?: true) => ({ message, ...(answeredByRun && { answeredByRun }) })

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
  },
} as unknown as Hardened

test('what a run of the stage has answered is no todo any more, and everything else stays', () => {
  const messages = withoutAnswered(hardened, 1).findings.map(({ message, outcome }) => `${outcome} ${message}`)
  expect(messages).toEqual([
    'todo start.py was not understood',
    'todo an account is not known',
    'note entry.py was not understood',
  ])
})
