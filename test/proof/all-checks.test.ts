// What holds of all checks: a row in docs/reference/checks.md, and a pair of runs that it fails. A new one is a value in its file and a
// line in src/proof/checks/index.ts; what is forgotten beside that is said here.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { ImageFacts } from '../../src/image/facts.ts'
import type { Check, WatchRecord } from '../../src/proof/checks/check.ts'
import { CHECKS } from '../../src/proof/checks/index.ts'
import type { RunRecord } from '../../src/proof/container/run-record.ts'
import { NOT_BELIEVED } from '../../src/proof/trace/trace.ts'
import type { ReportCheck } from '../../src/report/report.ts'
import { image } from '../plan/image.ts'
import { http, operation, passedSmoke, process, record, route, running, traced } from './support/records.ts'

interface Pair {
  readonly original: RunRecord
  readonly result: RunRecord
  readonly watched?: Partial<WatchRecord>
  readonly image?: ImageFacts
}

const did = (...operations: Parameters<typeof traced>[0]): RunRecord => traced(operations)
const refused = (...[access, path, more]: Parameters<typeof operation>) =>
  operation(access, path, { ...more, outcome: 'refused' })
const settings = '/root/.config/app.cfg'
const facts = image({
  passwd: ['root:x:0:0:root:/root:/bin/sh'],
  files: ['drwx------ 0:0 /root'],
  texts: { [settings]: ['x'] },
})
const helpers = (outcome: 'done' | 'refused'): RunRecord => {
  const exercised = [7, 8].map((pid) => operation('switch-user', null, { pid, uid: 65534, outcome }))
  return record({ trace: { operations: [], exercised, forked: 2, timers: false } })
}
const [first = process(33), second = process(33)] = [1, 2].map((pid) => ({ ...process(33), pid, command: 'worker' }))

/** Two runs for each check, by its name, which it tells apart. */
const FAILING: Readonly<Record<string, Pair>> = {
  trace: { original: did(), result: record({ traceRefused: `${NOT_BELIEVED}: it was written to` }) },
  refusals: { original: record(), result: record({ logs: 'open /srv/key: permission denied\n' }) },
  'own-files': {
    original: did(operation('read', '/data/x', { made: true })),
    result: did(refused('read', '/data/x', { made: true })),
  },
  'files-made': { original: did(operation('create-file', '/var/lib/app/db')), result: did() },
  'files-filled': {
    original: { ...did(operation('create-file', '/srv/x')), sizes: new Map([['/srv/x', 9]]) },
    result: { ...did(refused('change-owner', '/srv/x')), sizes: new Map([['/srv/x', 0]]) },
  },
  sockets: { original: did(operation('create-socket', '/run/app.sock')), result: did() },
  'engine-files': { original: did(operation('write', '/etc/hosts')), result: did(refused('write', '/etc/hosts')) },
  'home-files': { original: did(operation('read', settings)), result: did() },
  'capabilities-used': {
    original: did(operation('use-capability', null, { capability: 'NET_RAW' })),
    result: did(refused('use-capability', null, { capability: 'NET_RAW' })),
  },
  'programs-started': {
    original: did(operation('execute', '/usr/bin/ping')),
    result: did(refused('execute', '/usr/bin/ping')),
  },
  'user-switches': {
    original: did(operation('execute', '/bin/su'), operation('switch-user', null, { by: '/bin/su', uid: 33 })),
    result: did(operation('execute', '/bin/su')),
  },
  'setuid-helpers': {
    original: did(operation('execute', '/usr/bin/sudo')),
    result: did(operation('execute', '/usr/bin/sudo')),
    image: image({ config: { user: '1000:1000' }, files: ['-rwsr-xr-x 0:0 /usr/bin/sudo'] }),
  },
  'work-as-others': { original: helpers('done'), result: helpers('refused') },
  'later-files': { original: record(), result: record(), watched: { missed: ['/srv/late'] } },
  'later-refusals': {
    original: record(),
    result: record(),
    watched: { study: did(), traces: { before: did(), later: did(refused('read', '/srv/key')) } },
  },
  processes: {
    original: record({ looks: [[first], [first]] }),
    result: record({ looks: [[first], [second]] }),
  },
  log: { original: record(), result: record({ logs: 'error: no space\n'.repeat(9) }) },
  state: { original: record(), result: record({ state: { ...running, running: false, exitCode: 1 } }) },
  'health-check': {
    original: record({ state: { ...running, health: 'healthy' } }),
    result: record({ state: { ...running, health: 'unhealthy' } }),
  },
  ports: { original: record({ answers: [http(80)] }), result: record() },
  routes: {
    original: record({ routes: [route('200 text/html')] }),
    result: record({ routes: [route('500 text/html')] }),
  },
  'your-checks': { original: record({ smoke: passedSmoke }), result: record() },
  'second-start': {
    original: record({ restart: { state: running, answers: [], smoke: [] } }),
    result: record({ restart: { state: { ...running, running: false, exitCode: 1 }, answers: [], smoke: [] } }),
  },
  stop: {
    original: record({ stop: { byItself: true, milliseconds: 9 } }),
    result: record({ stop: { byItself: false, milliseconds: 10_000 } }),
  },
  'no-root': { original: record(), result: record({ processes: [process(0)] }) },
  'no-capability': { original: record(), result: record({ processes: [process(33, ['NET_RAW'])] }) },
}

function given(check: Check, { original, result, watched = {}, image: own = facts }: Pair): readonly ReportCheck[] {
  if (check.of === 'runs') return [...check.compare(original, result, new Map())]
  if (check.of === 'traces') return [...check.compare(original, result, own)]
  return [
    ...check.compare(original, result, { study: record(), before: record(), traces: null, missed: [], ...watched }),
  ]
}

const rows = readFileSync('docs/reference/checks.md', 'utf8').split('\n')
/** What to do about each, by what a report calls it. */
const HELP = 'docs/how-to/when-a-proof-fails.md'
const help = readFileSync(HELP, 'utf8')
  .split('\n')
  .flatMap((row) => {
    const [, called = '', names = ''] = row.split('|')
    const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    return quoted(names).map((check) => ({ check, called: quoted(called) }))
  })

test('each check has a name of its own', () => {
  const names = CHECKS.map(({ name }) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at || !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([])
})

test('each pair is of a check', () => {
  const names = CHECKS.map(({ name }) => name)
  expect(Object.keys(FAILING).filter((name) => !names.includes(name))).toEqual([])
})

describe.each(CHECKS)('the check $name', (check) => {
  test('says what holds where it passes, and has a row in docs/reference/checks.md', () => {
    expect(check.summary).toMatch(/^\S.{9,}[^.]$/)
    if (!rows.some((row) => row.startsWith(`| \`${check.name}\``)))
      throw new Error(
        `docs/reference/checks.md does not say what ${check.name} compares: add a row \`${check.name}\` to its table`,
      )
  })

  test('fails two runs that differ in it, and passes the same run twice', () => {
    const pair = FAILING[check.name]
    if (pair === undefined)
      throw new Error(`nothing shows that ${check.name} can fail: add two runs to FAILING in all-checks.test.ts`)
    const failed = given(check, pair).filter(({ passed }) => !passed)
    expect(failed).not.toEqual([])
    const told = help.filter((one) => one.check === check.name).flatMap(({ called }) => called)
    const isTold = ({ name }: { readonly name: string }) =>
      told.some((one) => new RegExp(`^${one.split('…').map(escaped).join('.*')}`).test(name))
    if (check.name !== 'your-checks')
      expect({ page: HELP, told, notTold: failed.filter((one) => !isTold(one)).map(({ name }) => name) }).toEqual({
        page: HELP,
        told,
        notTold: [],
      })
    const again = { ...pair, result: pair.original, watched: {} }
    if (check.of === 'watch' || check.locks !== true)
      expect(given(check, again).filter(({ passed }) => !passed)).toEqual([])
  })
})

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
