import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import type { Engine } from '../../../src/engine/engine.ts'
import type { Operation } from '../../../src/evidence/operation.ts'
import type { PortAnswer } from '../../../src/proof/ask/answers.ts'
import type { TraceRecord } from '../../../src/proof/container/run-record.ts'
import { type Doubt, seenIn, unexercised } from '../../../src/proof/invalid-baseline.ts'
import { endOfQuestions } from '../../../src/proof/original.ts'
import { image } from '../../plan/image.ts'
import { ended, http, operation, passedSmoke, process, record } from '../support/records.ts'

const started = operation('execute', '/usr/bin/server')
const imports = '\0socket\0initgroups\0'
const asked = http(80)
const becomes = operation('switch-user', null, { uid: 33 })

interface Seen {
  readonly symbols?: string
  readonly program?: string
  readonly uids?: readonly [number, number, number, number]
  readonly exercised?: readonly Operation[]
  readonly forked?: number
  readonly trace?: Partial<TraceRecord>
  readonly answers?: readonly PortAnswer[]
  readonly changes?: object
  /** Of /etc/server.conf. */
  readonly settings?: readonly string[]
}

async function doubt(seen: Seen): Promise<Doubt | null> {
  const { symbols = imports, program = '/usr/bin/server', uids = [0, 0, 0, 0], exercised = [], settings = [] } = seen
  const engine = {
    copyOut: (_: string, __: string, read: (tar: Readable) => unknown) => read(Readable.from([Buffer.from(symbols)])),
  }
  const facts = image({
    files: [
      '-rwxr-xr-x 0:0 /usr/bin/server',
      '-rwxr-xr-x 0:0 /usr/bin/python3',
      '-rwxr-xr-x 0:0 /usr/bin/socat1',
      'lrwxrwxrwx 0:0 /usr/bin/socat -> socat1',
      '-rwsr-xr-x 0:0 /usr/bin/su',
      '-rw-r--r-- 0:0 /etc/server.conf',
    ],
    passwd: ['root:x:0:0::/root:/x', 'web:x:33:33::/x:/x', 'mail:x:8:8::/x:/x'],
    texts: { '/etc/server.conf': settings },
  })
  const run = record({
    processes: [{ ...process(0), uids, command: `${program} --daemon` }],
    answers: seen.answers ?? [asked],
    trace: {
      operations: [{ ...started, path: program }, becomes],
      exercised,
      forked: seen.forked ?? 1,
      timers: false,
      ...seen.trace,
    },
    ...seen.changes,
  })
  return unexercised({ engine: engine as unknown as Engine, facts }, run)
}

async function said(seen: Seen): Promise<string | null> {
  return (await doubt(seen))?.message ?? null
}

const unseen = 'what /usr/bin/server does as another user, which it stays root to become'

test.each<[string, Seen]>([
  ['makes a process for a connection, and that process stays root', {}],
  ['can come back to root, whoever it is meanwhile', { uids: [0, 65534, 0, 65534] }],
  ['was asked nothing, as one that waits for the time of a job', { forked: 0, answers: [] }],
  ['answers on no port of TCP', { forked: 0, answers: [{ ...asked, protocol: 'udp', kind: 'bound' }] }],
])('a program that %s', async (_, seen) => {
  expect(await said(seen)).toContain(unseen)
})

test('nobody becomes another user where the start was root’s, and none of those that are asked is', async () => {
  const serves = [operation('execute', '/usr/bin/server')]
  const seen: Seen = { uids: [1000, 1000, 1000, 1000], exercised: serves, trace: { forkedAsRoot: 0 } }
  expect(await said(seen)).toBeNull()
  expect(await said({ ...seen, trace: { forkedAsRoot: 1 } })).toContain(unseen)
})

test('what is started for a connection becomes another user, and the server that starts it does not', async () => {
  const server = {
    program: '/usr/bin/socat1',
    changes: { processes: [{ ...process(0), command: 'socat SYSTEM:login' }] },
  }
  expect(await said({ ...server, exercised: [operation('execute', '/usr/bin/server')] })).toContain(unseen)
  expect(await said({ ...server, exercised: [operation('execute', '/usr/bin/python3')] })).toBeNull()
  // inetd becomes root before it starts what is root's.
  const toRoot = [operation('switch-user', null, { groups: [0] }), operation('switch-user', null, { uid: 0, gid: 0 })]
  expect(await said({ ...server, exercised: [...toRoot, operation('execute', '/usr/bin/server')] })).toContain(unseen)
  expect(await said({ exercised: toRoot })).toBeNull()
})

const socat = (command: string): Seen => ({
  program: '/usr/bin/socat1',
  changes: { processes: [{ ...process(0), command }] },
  trace: { operations: [operation('execute', '/usr/bin/socat')] },
})

test('socat becomes only whom its own words name', async () => {
  expect(await said(socat('socat TCP-LISTEN:80,fork SYSTEM:/srv/answer'))).toBeNull()
  expect(await said(socat('socat TCP-LISTEN:80,fork,su=nobody SYSTEM:/srv/answer'))).toContain('stays root')
})

const free = process(65534)
const aside = { ...free, uids: [65534, 65534, 0, 65534] as const }
const login = (...processes: readonly (typeof free)[]): Seen => ({
  forked: 0,
  changes: { processes: processes.map((one) => ({ ...one, command: '/usr/bin/server -d' })) },
})

test('a program that answers without root, and keeps it in a process of its own', async () => {
  expect(await said(login(free, aside))).toContain(unseen)
  // squid: whoever answers can come back to root.
  expect(await said(login({ ...free, uids: [0, 0, 0, 0] }, aside))).toBeNull()
})

const worker = { as: 65534, program: '/usr/bin/worker', above: ['/usr/bin/server', '/bin/sh'] }
const itself = { as: 0, program: '/usr/bin/server', above: [] }
const other = { as: 0, program: '/usr/bin/other', above: ['/usr/bin/server'] }
test.each<[string, boolean, Seen]>([
  ['only watches over who takes the connections', true, { trace: { acceptors: [worker], forkedAsRoot: 0 } }],
  ['watches over several', true, { trace: { acceptors: [worker, { ...worker, as: 33 }], forkedAsRoot: 0 } }],
  [
    'watches over its own kind, beside a server that is root',
    true,
    { trace: { acceptors: [{ ...worker, program: '/usr/bin/server' }, other], forkedAsRoot: 0 } },
  ],
  ['has a server of another name that is root', false, { trace: { acceptors: [worker, other], forkedAsRoot: 0 } }],
  ['was seen to take one itself', false, { trace: { acceptors: [worker, itself], forkedAsRoot: 0 } }],
  ['may have taken one as root', false, { trace: { acceptors: [{ ...worker, as: null }], forkedAsRoot: 0 } }],
  ['makes a process for what comes in', false, { trace: { acceptors: [worker], forkedAsRoot: 1 } }],
  ['makes one, as whom nobody knows', false, { trace: { acceptors: [worker] } }],
  ['was made by who takes them', false, { trace: { acceptors: [{ ...worker, above: ['/bin/sh'] }], forkedAsRoot: 0 } }],
  ['was not seen to have its work done by others', false, { trace: { acceptors: [], forkedAsRoot: 0 } }],
])('of one that %s it is a remark: %j', async (_, isRemark, seen) => {
  const message = expect.stringContaining(isRemark ? '/usr/bin/server could do as root' : unseen)
  expect(await doubt(seen)).toEqual({ message, isRemark })
})

const smoke = [{ name: 'smoke test', passed: true, value: 'exit 0', output: '', same: false, counts: 'up' }]
test.each<[string, Seen]>([
  ['it answers without making a process', { forked: 0 }],
  ['it is there to start something as another user', { program: '/usr/bin/su' }],
  ['it has left root for good', { uids: [33, 33, 33, 33] }],
  ['it became another user for a connection', { exercised: [becomes] }],
  ['it changed its root folder for a connection', { exercised: [operation('chroot', '/srv')] }],
  ['it imports nothing of the kind', { symbols: '\0socket\0setuid\0' }],
  ['a name is part of another one', { symbols: '\0pre_initgroups\0setgroups_\0' }],
  ['an interpreter has every call', { program: '/usr/bin/python3' }],
  ["a check of the user's own made it work", { changes: { smoke } }],
  ['it is a job that has ended', { forked: 0, answers: [], changes: { state: ended(0) } }],
  ['nobody watched it', { changes: { trace: null } }],
])('not where %s', async (_, seen) => {
  expect(await said(seen)).toBeNull()
})

test('a name that lies across two chunks is found, and a line of its help', async () => {
  const chunks = ['x\0setgr', 'oups\0pre_initgroups\0\n  -u UID   change to ', 'this uid\n']
  const seen = await seenIn(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))
  expect(seen).toEqual({ names: new Set(['setgroups']), hasOption: true })
})

const help = `${imports}\0usage: server\n  -u, --user=<user>   assume identity of <user> (only when run as root)\n`
test.each<[string, boolean, Seen]>([
  ['is told by an option whom it is to become', true, { symbols: help }],
  ['lets people in by their passwords too', false, { symbols: `${help}\0pam_start\0` }],
  ['keeps root aside for whoever comes', false, { symbols: help, ...login(free, aside) }],
  [
    'has an option that is about users, and is none of them',
    false,
    { symbols: `${imports}\n  -U user  list jobs of user\n` },
  ],
])('of one that %s it is a remark: %j', async (_, isRemark, seen) => {
  const message = expect.stringContaining(isRemark ? 'its own help names an option' : unseen)
  expect(await doubt(seen)).toEqual({ message, isRemark })
})

test.each<[string, boolean, string, Seen['uids']]>([
  ['names whom it has become', true, 'server_user=web', [0, 33, 0, 33]],
  ['names another one', false, 'server_user=mail', [0, 33, 0, 33]],
  ['names one that it has not become yet', false, 'server_user=web', [0, 0, 0, 0]],
  ['only speaks of it', false, '# server_user=web', [0, 33, 0, 33]],
])('of one of which a setting %s it is a remark: %j', async (_, isRemark, line, uids) => {
  const operations = [started, operation('read', '/etc/server.conf'), becomes]
  const settings = ['port=80', line]
  const found = await doubt({ settings, trace: { operations }, ...(uids === undefined ? {} : { uids }) })
  expect(found).toEqual({ message: expect.stringContaining(isRemark ? 'its settings have a line' : unseen), isRemark })
  expect((await doubt({ settings, ...(uids === undefined ? {} : { uids }) }))?.isRemark).toBe(false)
})

test('what ends when it is asked was asked nothing, and a check of the user’s own stands above that', async () => {
  const answers: PortAnswer[] = [{ ...asked, kind: 'bound', unasked: true }]
  expect(await doubt({ answers, exercised: [becomes] })).toEqual({
    message: expect.stringMatching(/^what it does when it is asked: the original ends when tcp 80 is asked/),
    isRemark: false,
  })
  expect(await said({ answers, changes: { smoke: passedSmoke } })).toBeNull()
  expect(await said({ answers: [...answers, asked], exercised: [becomes] })).toBeNull()
})

test.each<[string, number | null, readonly PortAnswer['kind'][], 'fault' | 'silent' | null]>([
  ['a fault of its own', 134, ['bound', 'closed'], 'fault'],
  ['a fault, after it answered', 139, ['http'], 'fault'],
  ['as if all was done, without a word', 0, ['open', 'closed'], 'silent'],
  ['as if all was done, after it answered', 0, ['http'], null],
  ['an error', 1, ['open'], null],
  ['a job that listened nowhere', 0, ['closed'], null],
  ['no end at all', null, ['open'], null],
])('of an original that listened and was asked: %s', (_, exitCode, kinds, expected) => {
  const state = { running: exitCode === null, exitCode }
  expect(endOfQuestions({ state, answers: kinds.map((kind) => ({ kind })) })).toBe(expected)
})
