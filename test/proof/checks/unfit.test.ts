import { describe, expect, test } from '@jest/globals'
import { leftBehind, startsNothing } from '../../../src/proof/caveats.ts'
import { tail } from '../../../src/proof/container/files.ts'
import { unfitBaseline } from '../../../src/proof/invalid-baseline.ts'
import { image } from '../../plan/image.ts'
import { closed, ended, http, record } from '../support/records.ts'

const server = image({ config: { ports: ['8000/tcp'] } })
const smoke = [{ name: 'smoke test', passed: true, value: '', output: '', same: false, counts: 'once' }] as const

test.each<[string, Parameters<typeof record>[0]]>([
  ['never answers', { answers: [closed(8000)] }],
  ['ends by itself and never answers', { state: ended(0), answers: [closed(8000)] }],
  // It listened, and gave up with exit code 0.
  ['ends by itself and never answers', { state: ended(0), answers: [{ ...closed(8000), kind: 'bound' }] }],
  ['ends with exit code 3', { state: ended(3) }],
])('an original that %s', (said, run) => {
  expect(unfitBaseline(record(run), server)).toContain(said)
})

test.each<[string, Parameters<typeof record>[0], ReturnType<typeof image>]>([
  ['it answers', { answers: [http(8000)] }, server],
  ['it is a job', { state: ended(0) }, image({})],
  ['a check says that the job of a server was done', { state: ended(0), answers: [closed(8000)], smoke }, server],
])('nothing where %s', (_, run, facts) => {
  expect(unfitBaseline(record(run), facts)).toBeNull()
})

test('the folder is named that is missing where it would have made something', () => {
  const trace = { operations: [], exercised: [], forked: 0, timers: false, unmade: '/run/x/x.pid' }
  const run = record({ state: ended(2), trace })
  expect(unfitBaseline(run, image({ files: ['drwxr-xr-x 0:0 /run'] }))).toContain('the image has no folder /run/x')
  expect(unfitBaseline(run, image({ files: ['drwxr-xr-x 0:0 /run/x'] }))).not.toContain('folder')
})

describe('what ends while a program of its own still runs', () => {
  const listen = {
    access: 'listen',
    path: null,
    port: 80,
    by: '/sbin/srv',
    outcome: 'done',
    source: 'traced',
    detail: '',
  } as const
  const trace = { operations: [], exercised: [], forked: 0, timers: false, outlived: ['/sbin/srv'] }
  const left = record({ state: ended(0), trace, answers: [closed(8000)], logs: 'starting\n' })

  test('is a server that went to the background where it has a port', () => {
    const said = 'goes to the background: its first process ends with exit code 0 while /sbin/srv still runs'
    expect(unfitBaseline(left, server)).toContain(said)
    expect(unfitBaseline(left, server)).toContain('its last words: starting')
    expect(unfitBaseline({ ...left, trace: { ...trace, operations: [listen] } }, image({}))).toContain(said)
    expect(unfitBaseline(record({ trace, answers: [http(8000)] }), server)).toBeNull()
  })

  test('else a job, of which that is said', () => {
    expect(unfitBaseline(left, image({}))).toBeNull()
    expect(leftBehind(left)).toEqual([expect.stringContaining('what /sbin/srv does')])
    expect(leftBehind(record({ trace }))).toEqual([])
    expect(leftBehind(record({ state: ended(0) }))).toEqual([])
  })
})

test('a shell that nobody types into shows nothing of what the image is run with', () => {
  const over = record({ state: ended(0) })
  const of = (cmd: readonly string[], entrypoint: readonly string[] = []) => image({ config: { cmd, entrypoint } })
  expect(startsNothing(over, of(['bash']))).toEqual([expect.stringContaining('its own command is bash')])
  expect(startsNothing(over, of(['python3'], ['docker-entrypoint.sh']))).toHaveLength(1)
  expect(startsNothing(over, of(['bash', '-c', 'make']))).toEqual([])
  expect(startsNothing(over, of([]))).toEqual([])
  expect(startsNothing(record(), of(['bash']))).toEqual([])
})

test('what it says in a log file of its own alone', () => {
  const run = record({
    state: ended(1),
    logs: 'reading x.ini\n',
    logFiles: new Map([['/var/log/x.log', 'error: no plugin\n']]),
  })
  expect(unfitBaseline(run, server)).toContain('its last words: reading x.ini | error: no plugin')
})

test.each([
  ['the last lines', 'a\nb\n\nc\nd\n', 'b | c | d'],
  [
    'from the line that says what is wrong',
    'error: no key\nstarting\nyou must set SHOP_KEY\n\nas in\n\n  run -e\nor do\nwithout',
    'you must set SHOP_KEY | as in |   run -e | or do | without',
  ],
  ['what is wrong is among the last', 'a\nb\nerror: c', 'a | b | error: c'],
  ['without its colours', 'a\n\u001b[1m\u001b[32mb\u001b[0m\n', 'a | b'],
])('of a log: %s', (_, log, words) => {
  expect(tail(log)).toBe(words)
})
