import { expect, test } from '@jest/globals'
import { notRun } from '../../src/app/prove-target.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import type { Plan } from '../../src/plan/plan.ts'

test('a proof of the last stage shows nothing of the others that are changed', () => {
  const { stages } = parseDockerfile('FROM a AS web\nCMD w\nFROM b\nCMD x\nFROM c\nUSER 1\nCMD y\nFROM d\nCMD z\n')
  const outcomes = ['harden', 'harden', 'already', 'harden']
  const plan = { stages: outcomes.map((outcome, stage) => ({ stage, outcome })) } as unknown as Plan
  expect(notRun(stages.slice(0, -1), { plan })).toEqual([
    'what stage web does, which is changed too: it is an image of its own, and --target web proves it',
    'what stage 1 does, which is changed too: it is an image of its own, and --target 1 proves it',
  ])
  expect(notRun([], { plan })).toEqual([])
})
