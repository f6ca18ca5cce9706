import { describe, expect, test } from '@jest/globals'
import { answerBook } from '../../../src/proof/ask/answers.ts'
import { keptData } from '../../../src/proof/checks/files.ts'
import { compare, compareTraces } from '../../../src/proof/checks/index.ts'
import type { RunRecord } from '../../../src/proof/container/run-record.ts'
import { image } from '../../plan/image.ts'
import { closed, ended, http, operation, process, record, running, traced } from '../support/records.ts'

const moved = new Map([[80, 8080]])
const baseline = record({ answers: [http(80)], processes: [process(0, ['CHOWN'])] })
const good = record({ answers: [http(8080)] })

function failed(result: RunRecord, original = baseline): readonly string[] {
  return compare(original, result, moved)
    .checks.filter((check) => !check.passed)
    .map((check) => check.name)
}

const smoke = (passed: boolean, value: string, changes = {}) => [
  { name: 'smoke test', passed, value, output: '', same: false, counts: 'up', ...changes } as const,
]

describe('compare', () => {
  test('the same answer on the moved port, without root and without capabilities', () => {
    expect(compare(baseline, good, moved)).toMatchObject({ parity: true, locked: true })
  })

  test.each<[string, Partial<RunRecord>, readonly string[]]>([
    ['another status', { answers: [http(8080, '500 text/html')] }, ['http :8080/']],
    ['another type', { answers: [http(8080, '200 text/plain')] }, ['http :8080/']],
    ['the old port only', { answers: [http(80)] }, ['http :8080/']],
    ['a closed port', { answers: [closed(8080)] }, ['http :8080/']],
    ['an answer that changes', { answers: [{ ...http(8080), kind: 'unsteady' }] }, ['http :8080/']],
    ['it has ended', { state: ended(0) }, ['still running']],
    ['a process of root', { processes: [process(33), process(0)] }, ['no root process']],
    ['a saved uid of root', { processes: [{ ...process(33), uids: [33, 33, 0, 33] }] }, ['no root process']],
    ['a capability', { processes: [process(33, ['NET_RAW'])] }, ['no capability']],
    ['capabilities that could not be read', { processes: [process(33, null)] }, ['no capability']],
    ['nobody was seen while it ran', { processes: [] }, ['no root process']],
    [
      'a server that ended before anybody looked',
      { state: ended(1), processes: [] },
      ['still running', 'no root process'],
    ],
  ])('%s', (_, changes, names) => {
    expect(failed(record({ ...good, ...changes }))).toEqual(names)
  })

  test.each([
    ['a page', http(8080), []],
    ['an error', http(8080, '500 text/html'), ['tcp :8080']],
    ['another protocol', { ...http(8080), kind: 'greeting' as const, detail: '-ERR' }, ['tcp :8080']],
  ])('where the original only accepted, as one that is not up yet: %s', (_, answer, names) => {
    const silent = record({ ...baseline, answers: [{ ...http(80), kind: 'open', detail: '' }] })
    expect(failed(record({ ...good, answers: [answer] }), silent)).toEqual(names)
  })

  test('a port that the original was not asked about has to be open, and one that it was has to be asked', () => {
    const unasked = { port: 80, protocol: 'tcp', kind: 'bound', detail: '', unasked: true } as const
    const beyond = record({ ...baseline, answers: [unasked] })
    expect(failed(good, beyond)).toEqual([])
    expect(failed(record({ ...good, answers: [] }), beyond)).toEqual(['tcp :8080'])
    expect(failed(record({ ...good, answers: [{ ...unasked, port: 8080 }] }))).toEqual(['http :8080/'])
  })

  test('a port that the image does not declare may once say nothing in time, and never something else', () => {
    const port = { port: 464, protocol: 'tcp', kind: 'answer', detail: 'binary' } as const
    const flaps = { ...port, kind: 'unsteady', variants: ['open', 'answer binary'] } as const
    const original = (more: object) => record({ ...baseline, answers: [http(80), { ...port, ...more }] })
    const result = (answer: RunRecord['answers'][number]) => record({ ...good, answers: [http(8080), answer] })
    expect(failed(result(flaps), original({ undeclared: true }))).toEqual([])
    expect(failed(result(flaps), original({}))).toEqual(['tcp :464'])
    expect(failed(result({ ...port, kind: 'open', detail: '' }), original({ undeclared: true }))).toEqual(['tcp :464'])
    expect(failed(result({ ...flaps, variants: ['open', 'answer x'] }), original({ undeclared: true }))).toEqual([
      'tcp :464',
    ])
  })

  test('a datagram that the original was too slow to answer is no fault of the result', () => {
    const port = { port: 53, protocol: 'udp', detail: '' } as const
    const silent = record({ ...baseline, answers: [{ ...port, kind: 'bound' }] })
    expect(failed(record({ ...good, answers: [{ ...port, kind: 'answer', detail: 'NTP' }] }), silent)).toEqual([])
  })

  test('a job: the same exit code', () => {
    const job = record({ state: ended(0) })
    expect(failed(record({ state: ended(0), processes: [] }), job)).toEqual([])
    expect(failed(record({ state: ended(1), processes: [] }), job)).toEqual(['exit code'])
  })

  test('a health check that was healthy must be', () => {
    const healthy = record({ ...baseline, state: { ...running, health: 'healthy' } })
    expect(failed(record({ ...good, state: { ...running, health: 'unhealthy' } }), healthy)).toEqual(['health check'])
    expect(failed(record({ ...good, state: { ...running, health: 'healthy' } }), healthy)).toEqual([])
  })

  test("the user's own check counts on both sides", () => {
    const smoked = record({ ...baseline, smoke: smoke(true, 'exit 0') })
    expect(failed(record({ ...good, smoke: smoke(false, 'exit 1') }), smoked)).toEqual(['smoke test'])
    expect(failed(record({ ...good, smoke: [] }), smoked)).toEqual(['smoke test'])
    expect(failed(record({ ...good, smoke: smoke(true, 'exit 0') }), smoked)).toEqual([])
    // Without a status to expect, both must give the same.
    const page = record({ ...baseline, smoke: smoke(true, '200', { same: true }) })
    expect(failed(record({ ...good, smoke: smoke(true, '302', { same: true }) }), page)).toEqual(['smoke test'])
    expect(failed(record({ ...good, smoke: smoke(true, '200', { same: true }) }), page)).toEqual([])
  })

  test('a second start must be no worse than that of the original', () => {
    const again = { state: running, answers: [http(80)], smoke: [] }
    const before = record({ ...baseline, restart: again })
    const after = { ...again, answers: [http(8080)] }
    expect(failed(record({ ...good, restart: after }), before)).toEqual([])
    expect(failed(record({ ...good, restart: { ...after, answers: [closed(8080)] } }), before)).toEqual([
      'second start',
    ])
    expect(failed(record({ ...good, restart: { ...after, state: ended(1) } }), before)).toEqual(['second start'])
  })

  test('what is worse about a second start is said', () => {
    const once = { state: running, answers: [http(80)], smoke: smoke(true, 'exit 0') }
    const again = { state: ended(1), answers: [closed(8080)], smoke: smoke(false, 'exit 7') }
    const before = record({ ...baseline, restart: once })
    const said = compare(before, record({ ...good, restart: again }), new Map([[80, 8080]])).checks
    expect(said.find(({ name }) => name === 'second start')?.result).toBe(
      'does not come up as before: exit 1, http :8080/: closed for 200 text/html, smoke test: exit 7',
    )
  })

  test('a second start that the original does not survive either is no failure', () => {
    const before = record({ ...baseline, restart: { state: ended(1), answers: [closed(80)], smoke: [] } })
    expect(
      failed(record({ ...good, restart: { state: ended(1), answers: [closed(8080)], smoke: [] } }), before),
    ).toEqual([])
  })

  test('what ends when it is asked to must still', () => {
    const stop = (byItself: boolean) => ({ byItself, milliseconds: 10_000 })
    const before = record({ ...baseline, stop: stop(true) })
    expect(failed(record({ ...good, stop: stop(false) }), before)).toEqual(['when asked to stop'])
    expect(failed(record({ ...good, stop: stop(true) }), before)).toEqual([])
    expect(failed(record({ ...good, stop: stop(false) }), record({ ...baseline, stop: stop(false) }))).toEqual([])
    expect(failed(record({ ...good, stop: null }), before)).toEqual([])
  })
})

describe('answerBook', () => {
  const all = (...looks: Parameters<ReturnType<typeof answerBook>['add']>[0][]) => {
    const book = answerBook()
    for (const look of looks) book.add(look)
    return book.all()
  }

  test('the same answer each time is that answer', () => {
    expect(all([http(80)], [http(80)])).toEqual([http(80)])
  })

  test('a port that opens late counts from then on', () => {
    expect(all([closed(80)], [http(80)], [http(80)])).toEqual([http(80)])
  })

  test.each([
    ['one that closes again', [[http(80)], [closed(80)]]],
    ['one that fails sometimes', [[http(80)], [http(80, '500')], [http(80)]]],
  ])('%s is unsteady', (_, looks) => {
    expect(all(...looks)).toMatchObject([{ port: 80, kind: 'unsteady' }])
  })

  test('a port that never opens is closed', () => {
    expect(all([closed(80)], [closed(80)])).toEqual([closed(80)])
  })
})

describe('keptData', () => {
  const original = traced([operation('create-file', '/data/x'), operation('read', '/data/x', { made: true })])

  test('what it made and cannot read again is lost', () => {
    const result = traced([operation('read', '/data/x', { made: true, outcome: 'refused' })])
    expect(keptData.compare(original, result)).toMatchObject([{ passed: false }])
  })

  test('what it did not make itself is no lost data', () => {
    expect(keptData.compare(original, traced([operation('read', '/data/x', { outcome: 'refused' })]))).toMatchObject([
      { passed: true },
    ])
  })

  test('what the original could not do either is none', () => {
    const result = traced([operation('read', '/data/y', { made: true, outcome: 'refused' })])
    expect(keptData.compare(original, result)).toMatchObject([{ passed: true }])
  })

  test('without a trace nothing is claimed', () => {
    expect(compareTraces(record(), null, image({}))).toEqual([])
    expect(compareTraces(record(), traced([]), image({}))).toEqual([])
  })
})
