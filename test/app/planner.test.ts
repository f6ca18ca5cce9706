// Planned again and again with more that was seen: what a stage says by itself is worked out once.
import { expect, test } from '@jest/globals'
import { withDefaults } from '../../src/app/api.ts'
import { plannerFor, UNSEEN } from '../../src/app/planner.ts'
import type { Session } from '../../src/app/session.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { unknownFacts } from '../../src/image/config.ts'

test('evidence of a stage is computed once for a target, and anew for what was built of it', async () => {
  const session = {
    options: withDefaults({}),
    known: new Map(),
    readContext: async () => null,
    hooks: { signal: new AbortController().signal },
  } as unknown as Session
  const item = { target: 'x', kind: 'dockerfile', path: null, reference: null, from: null, text: '' } as const
  const planner = await plannerFor(item, parseDockerfile('FROM debian:12\nVOLUME /data\nCMD ["/x"]\n'), session)
  const [first] = (await planner.harden(UNSEEN)).inputs
  const [again] = await planner.inputs(UNSEEN)
  const facts = unknownFacts('x', 'not read')
  const seen = { ...UNSEEN, built: new Map([[0, facts]]) }
  const [built] = (await planner.harden(seen)).inputs
  const [builtAgain] = await planner.inputs(seen)
  expect(first?.stated).toBeDefined()
  expect(again?.stated).toBe(first?.stated)
  expect(built?.stated).not.toBe(first?.stated)
  expect(builtAgain?.stated).toBe(built?.stated)
})
