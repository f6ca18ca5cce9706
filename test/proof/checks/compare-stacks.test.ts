import { expect, test } from '@jest/globals'
import {
  brokenServices,
  compareStacks,
  evidentCulprits,
  failsToo,
  type KeptRights,
  type StackSights,
} from '../../../src/proof/checks/compare-stacks.ts'
import { type Connection, connectionsIn } from '../../../src/proof/checks/connections.ts'
import type { StackSight } from '../../../src/proof/container/stack-run.ts'
import { sampleService } from '../../manifests/compose/sample-service.ts'
import { closed, ended, http, passedSmoke, process, record, running } from '../support/records.ts'

const data = { kind: 'volume', source: 'data', target: '/data', readOnly: false, isEmpty: false } as const
const services = [sampleService('web', {}), sampleService('db', { mounts: [data] })]
const reached: Connection = { from: 'web', to: 'db', port: 5432 }

function sight(
  web: Parameters<typeof record>[0],
  db: Parameters<typeof record>[0] = {},
  more: Partial<StackSight> = {},
): StackSight {
  const records = new Map([
    ['web', record(web)],
    ['db', record(db)],
  ])
  return { records, connections: [reached], smoke: [], wrong: null, ...more }
}

const upOnce = (first: StackSight): StackSights => ({ first, restarted: null, recreated: null })

function compared(
  original: StackSight,
  result: StackSight,
  {
    second = original,
    moved = new Map<string, ReadonlyMap<number, number>>(),
    kept = new Map<string, KeptRights>(),
  } = {},
) {
  return compareStacks({ ...upOnce(original), second }, upOnce(result), { moved, kept, services })
}

function failed({ services: of, whole }: ReturnType<typeof compareStacks>): readonly string[] {
  const all = [...of].flatMap(([name, { checks }]) => checks.map((one) => ({ ...one, name: `${name}: ${one.name}` })))
  return [...all, ...whole].filter(({ passed }) => !passed).map(({ name }) => name)
}

test('a stack is compared service by service, where its ports are now', () => {
  const moved = new Map([
    ['web', new Map([[80, 8080]])],
    ['db', new Map([[5432, 15432]])],
  ])
  const now = sight({ answers: [http(8080)] }, {}, { connections: [{ ...reached, port: 15432 }] })
  expect(failed(compared(sight({ answers: [http(80)] }), now, { moved }))).toEqual([])
  expect(failed(compared(sight({ answers: [http(80)] }), sight({ answers: [closed(8080)] }), { moved }))).toEqual([
    'web: http :8080/',
    'web to db :15432',
  ])
})

test('what two runs of the original answer differently the result may answer either way, and no third', () => {
  const original = sight({ answers: [http(80, '200 text/html')] })
  const second = sight({ answers: [http(80, '302 to /login')] })
  const one = compared(original, sight({ answers: [http(80, '302 to /login')] }), { second })
  expect(failed(one)).toEqual([])
  expect(one.noise).toEqual(['web: tcp 80 answers http 200 text/html or http 302 to /login'])
  expect(failed(compared(original, sight({ answers: [http(80, '500')] }), { second }))).toEqual(['web: http :80/'])
  expect(failed(compared(original, sight({ answers: [] }), { second: sight({ answers: [] }) }))).toEqual([])
})

test('a connection that only one run of the original showed is not asked for', () => {
  const never = sight({}, {}, { connections: [] })
  expect(failed(compared(sight({}), never))).toEqual(['web to db :5432'])
  expect(failed(compared(sight({}), never, { second: never }))).toEqual([])
  expect(compared(sight({}), sight({}, {}, { connections: null })).whole).toEqual([])
})

test('a root process fails unless the plan says that the service keeps root, or the capability', () => {
  const asRoot = sight({ processes: [process(0, ['CHOWN'])] })
  expect(failed(compared(sight({}), asRoot))).toEqual(['web: no root process', 'web: no capability'])
  const kept = new Map([['web', { isRoot: true, capabilities: [] }]])
  const allowed = compared(sight({}), asRoot, { kept })
  expect(failed(allowed)).toEqual([])
  expect(allowed.services.get('web')).toMatchObject({ locked: true, parity: true })
  expect(allowed.services.get('web')?.checks.map(({ result }) => result)).toContain('0 (it keeps root)')
  const granted = new Map([['web', { isRoot: false, capabilities: ['NET_RAW'] }]])
  const withOne = sight({ processes: [process(101, ['NET_RAW'])] })
  expect(failed(compared(sight({}), withOne, { kept: granted }))).toEqual([])
  expect(failed(compared(sight({}), sight({ processes: [process(101, ['SETUID'])] }), { kept: granted }))).toEqual([
    'web: no capability',
  ])
})

test('files of a volume must be there again, but for numbers in their names', () => {
  const file = (path: string) => ({
    diff: [{ kind: 'added', path } as const],
    kinds: new Map([[path, 'file' as const]]),
  })
  const [one, two] = [sight({}, file('/data/base/16384')), sight({}, file('/data/base/16390'))]
  expect(failed(compared(one, sight({}, file('/data/base/17000')), { second: two }))).toEqual([])
  expect(failed(compared(one, sight({}), { second: two }))).toEqual(['db: makes the files that it made'])
  expect(failed(compared(one, sight({}), { second: sight({}) }))).toEqual([])
})

test('a service that is started again and again is seen in its restarts', () => {
  const again = { state: { ...running, restartCount: 3 } }
  expect(failed(compared(sight({}), sight(again)))).toEqual(['web: restarts'])
  expect(failed(compared(sight(again), sight(again)))).toEqual([])
})

test('what does not come up again, or loses what it kept, fails though it came up once', () => {
  const up = sight({ answers: [http(80)] }, {}, { smoke: passedSmoke })
  const worse = sight({ answers: [closed(80)] }, {}, { smoke: passedSmoke.map((one) => ({ ...one, passed: false })) })
  const before = { first: up, second: up, restarted: up, recreated: up }
  const about = { moved: new Map(), kept: new Map(), services }
  expect(failed(compareStacks(before, { first: up, restarted: up, recreated: up }, about))).toEqual([])
  expect(failed(compareStacks(before, { first: up, restarted: worse, recreated: up }, about))).toEqual([
    'web: second start',
    'ping, after a restart',
  ])
  expect(failed(compareStacks(before, { first: up, restarted: up, recreated: worse }, about))).toEqual([
    'web: start on the same volumes',
    'ping, on the same volumes',
  ])
})

test('a job must end at each start as it does in the original', () => {
  const done = sight({}, { state: ended(0) })
  const before = { first: done, second: done, restarted: done, recreated: done }
  const about = { moved: new Map(), kept: new Map(), services }
  const failing = sight({}, { state: ended(1) })
  expect(failed(compareStacks(before, { first: done, restarted: failing, recreated: done }, about))).toEqual([
    'db: second start',
  ])
  expect(failed(compareStacks(before, { first: done, restarted: done, recreated: failing }, about))).toEqual([
    'db: start on the same volumes',
  ])
})

test('a service that ends itself broke it; where only answers are missing another run has to tell', () => {
  const up = sight({ answers: [http(80)] }, { answers: [http(81)] })
  expect(evidentCulprits(compared(up, up))).toEqual([])
  const dead = compared(up, sight({ answers: [] }, { answers: [], state: ended(1) }))
  expect(evidentCulprits(dead)).toEqual(['db'])
  const silent = compared(up, sight({ answers: [] }, { answers: [] }))
  expect(evidentCulprits(silent)).toBeNull()
  expect(failsToo(silent, compared(up, sight({ answers: [] }, { answers: [http(81)] })))).toBe(true)
  expect(failsToo(silent, compared(up, sight({ answers: [http(80)] }, { answers: [http(81)], state: ended(1) })))).toBe(
    false,
  )
})

test('an original that is not up is told by who ends, not by who waits for it', () => {
  const waiting = { ...running, status: 'created', running: false, exitCode: null } as const
  const wrong = 'dependency failed to start: container db is unhealthy'
  const broken = sight(
    { state: waiting },
    { state: { ...running, health: 'unhealthy' }, logs: 'no space left\n' },
    { wrong },
  )
  expect(brokenServices(broken, services)).toEqual([{ service: 'db', message: 'it is unhealthy: no space left' }])
  expect(brokenServices(sight({ state: ended(0) }), services)).toEqual([])
  expect(brokenServices(sight({ state: ended(2) }), services)).toEqual([
    { service: 'web', message: 'it ends with exit code 2' },
  ])
})

test('who called whom is told by who listens, and a connection from outside is of no service', () => {
  const client = {
    addresses: ['172.18.0.2'],
    listens: [80],
    connections: [{ localPort: 40000, remote: '172.18.0.3', remotePort: 5432 }],
  }
  const server = {
    addresses: ['172.18.0.3'],
    listens: [5432],
    connections: [
      { localPort: 5432, remote: '172.18.0.2', remotePort: 40000 },
      { localPort: 5432, remote: '172.18.0.9', remotePort: 40001 },
    ],
  }
  const both = [
    { service: 'web', sight: client },
    { service: 'db', sight: server },
  ]
  expect(connectionsIn(both)).toEqual([reached])
  expect(
    connectionsIn([both[0] as (typeof both)[number], { service: 'db', sight: { ...server, connections: [] } }]),
  ).toEqual([reached])
})

test('a service that shows nothing, and whose log says a refusal, fails, unless another was seen to be connected with it', () => {
  const refused = { logs: 'open /key: permission denied' }
  const alone = { connections: [] }
  expect(failed(compared(sight({}, {}, alone), sight({}, refused, alone)))).toEqual(['db: its log'])
  expect(failed(compared(sight({}), sight({}, refused)))).toEqual([])
})
