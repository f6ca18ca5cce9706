import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { decide, type PortDecision, type StagePlan } from '../../../src/plan/plan.ts'
import type { PortAnswer } from '../../../src/proof/ask/answers.ts'
import { misplacedPorts } from '../../../src/proof/lessons.ts'
import type { Tried } from '../../../src/proof/tried.ts'
import { http, operation, record, traced } from '../support/records.ts'

const place = 'set by "port = 80" in /etc/x.conf'

function plan(changes: Partial<PortDecision> = {}): Pick<StagePlan, 'decisions'> {
  const evidence = [
    { source: 'declared', subject: '80', detail: 'named by EXPOSE' },
    { source: 'config', subject: '80', detail: place },
  ] as const
  const port: PortDecision = { from: 80, protocol: 'tcp', to: 8080, reason: '', exposed: true, evidence, ...changes }
  return { decisions: decide('port', [port]) }
}

function round(answers: readonly PortAnswer[], operations: readonly Operation[]): Tried {
  return { run: { record: record({ answers }), traced: traced(operations) } } as unknown as Tried
}

const bind80 = operation('bind', null, { port: 80, outcome: 'refused' })
const write = operation('write', '/x', { outcome: 'refused' })

test.each<[string, Tried, Partial<PortDecision>, readonly Operation[], readonly string[]]>([
  ['it binds the old port all the same', round([], [bind80]), {}, [bind80, write], [place]],
  ['the old port is open', round([http(80)], []), {}, [], [place]],
  ['a guess, and nothing else says why the new one is not open', round([], []), { guessed: true }, [bind80], [place]],
  ['a guess, and something else was refused', round([], []), { guessed: true }, [write], []],
  ['a known form, and it never came to bind anything', round([], []), {}, [], []],
  ['the new port is open', round([http(8080)], [bind80]), { guessed: true }, [], []],
  ['the port was not moved', round([], [bind80]), { to: null }, [], []],
])('%s', (_, current, changes, news, names) => {
  expect(misplacedPorts(current, plan(changes), news)).toEqual(names)
})
