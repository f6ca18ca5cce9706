import { describe, expect, test } from '@jest/globals'
import { hardenInTurn } from '../../src/app/harden.ts'
import { withPauses } from '../../src/app/planner.ts'
import { type Knowledge, stageInputsInTurn } from '../../src/app/stage-inputs.ts'
import { nothingGiven, parseDockerfile, parseInTurn } from '../../src/dockerfile/index.ts'
import type { InTurn } from '../../src/in-turn.ts'
import { defaultPolicy } from '../../src/plan/policy.ts'
import { transforms } from '../../transforms/index.ts'

function* endless(): InTurn<never> {
  for (;;) yield
}

test('work without end is left with the reason of a signal that comes meanwhile', async () => {
  const aborting = new AbortController()
  setTimeout(() => aborting.abort(new Error('SIGINT came')), 1)
  await expect(withPauses(endless(), aborting.signal)).rejects.toThrow('SIGINT came')
})

test('work that is done gives what it comes to', async () => {
  const { signal } = new AbortController()
  expect(await withPauses(parseInTurn('FROM debian\n', nothingGiven), signal)).toMatchObject({
    source: 'FROM debian\n',
  })
})

const knowledge: Knowledge = {
  bases: new Map(),
  built: new Map(),
  observations: new Map(),
  programs: [],
  daemonPorts: [],
  entries: () => null,
}

/** What it comes to, and how often it stopped. */
function counted<T>(work: InTurn<T>): { readonly value: T; readonly stops: number } {
  for (let stops = 0; ; stops += 1) {
    const { done, value } = work.next()
    if (done === true) return { value, stops }
  }
}

// A signal is answered where work stops: a long Dockerfile has no longer pieces of it than a short one.
describe('of twice as many instructions', () => {
  const text = (count: number): string =>
    `FROM debian\n${Array.from({ length: count }, (_, i) => `RUN ["mkdir", "/srv/d${i}"]\nRUN useradd u${i} && chown u${i} /srv/d${i}\nVOLUME /srv/d${i}`).join('\n')}\nCMD ["x"]\n`

  test('the text is read with about twice as many stops', () => {
    const [once = 0, twice = 0] = [1500, 3000].map((count) => counted(parseInTurn(text(count), nothingGiven)).stops)
    expect(twice).toBeGreaterThan(once * 1.6)
  })

  test('the stages are read, and the plan is made, with more stops for each', () => {
    const [once, twice] = [100, 200].map((count) => {
      const dockerfile = parseDockerfile(text(count))
      const inputs = counted(stageInputsInTurn(dockerfile, defaultPolicy, knowledge))
      const request = { target: 'x', kind: 'dockerfile', dockerfile, policy: defaultPolicy, transforms } as const
      return [inputs.stops, counted(hardenInTurn({ ...request, stages: inputs.value })).stops]
    })
    // All of them for what it ships, each RUN for its accounts; each volume for its grants.
    expect((twice?.[0] ?? 0) - (once?.[0] ?? 0)).toBeGreaterThanOrEqual(300 + 200)
    expect((twice?.[1] ?? 0) - (once?.[1] ?? 0)).toBeGreaterThanOrEqual(100)
  })
})
