// Traces a program with a known list of calls in an image that has nothing else in it, and what must stay as it was.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Engine, RunSpec } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import type { Operation } from '../../src/evidence/operation.ts'
import type { ImageConfig } from '../../src/image/facts.ts'
import type { Trace } from '../../src/proof/trace/growing-trace.ts'
import {
  startKeeper,
  type TracedRun,
  type TraceMode,
  tracedSpec,
  traceRun,
  tracerAmong,
} from '../../src/proof/trace/trace.ts'
import { buildFromHost, ensureTracer, TRACER_IMAGE } from '../../src/proof/trace/tracer.ts'
import { buildImage, withLists } from './support/images.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const IMAGE = 'harden-image-test/calls:latest'
const LOCKED = { user: '10001:10001', capDrop: ['ALL'], noNewPrivileges: true } as const

let engine: Engine
let config: ImageConfig

beforeAll(async () => {
  engine = await openEngine()
  const folder = join(import.meta.dirname, 'trace', 'calls')
  await buildImage(IMAGE, [...(await withLists()), folder])
  const image = await engine.inspectImage(IMAGE)
  if (image === null) throw new Error(`${IMAGE} was not built`)
  config = image.config
})

afterAll(() => engine.cleanUp())

async function traced(spec: Partial<RunSpec>, mode: TraceMode = {}): Promise<TracedRun> {
  const run = await traceRun(engine, config, { image: IMAGE, ...spec }, mode)
  if (!run.known) throw new Error(run.reason)
  return run.value
}

async function readTrace(run: TracedRun): Promise<Trace> {
  const trace = await run.read()
  if (!trace.known) throw new Error(trace.reason)
  return trace.value
}

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  for (let left = 300; left > 0; left -= 1) {
    if (await done()) return
    await delay(50)
  }
  throw new Error(`gave up waiting: ${what}`)
}

async function toTheEnd(
  spec: Partial<RunSpec>,
  mode: TraceMode = {},
): Promise<{ exitCode: number | null; trace: Trace; logs: string }> {
  const run = await traced(spec, mode)
  await until('it ends', async () => !(await engine.state(run.container)).running)
  const { exitCode } = await engine.state(run.container)
  return { exitCode, trace: await readTrace(run), logs: await engine.logs(run.container) }
}

function tell(o: Operation): string {
  const what = o.path ?? o.port ?? o.uid ?? o.gid ?? `[${o.groups?.join() ?? ''}]`
  return `${o.outcome === 'refused' ? '!' : ''}${o.access} ${what}${o.to === undefined ? '' : ` ${o.to}`}`
}

const AS_ROOT = [
  ...['execute /calls', 'read /etc/passwd', 'read /etc/locked', 'write /etc/written'],
  ...['create-directory /work/made', 'traverse /work/made', 'create-file /work/made/relative'],
  ...['rename /work/made/relative /work/made/renamed', 'change-mode /work/made/renamed', 'create-file /work/made/link'],
  ...['create-file /work/made/hard', 'create-file /work/made/fifo', 'remove /work/made/hard', 'list /work'],
  ...['create-directory /work/by-descriptor', 'change-owner /work/by-descriptor', 'rename /work/before /work/after'],
  ...['create-file /work/after/in-renamed', 'traverse /work', 'create-file /work/odd "name" <é>, (1) = 2'],
  ...[
    'remove /work/by-descriptor',
    'look /etc/locked',
    'create-directory /work/from-thread',
    'create-file /work/made/by-child',
  ],
  ...['switch-user []', 'switch-user 33', 'create-file /work/shared/by-other-user', '!read /etc/locked'],
  ...[
    'chroot /work',
    'create-directory /work/in-jail',
    'bind 80',
    'listen 80',
    'bind 5353',
    'create-socket /work/socket',
    'write /work/socket',
  ],
]

test.each([false, true])('as root, every call comes back (faithful: %p)', async (faithful) => {
  const { exitCode, trace, logs } = await toTheEnd({}, { faithful })
  expect([exitCode, logs.trim(), trace.lost]).toEqual([0, '1 done', 0])
  expect(trace.operations.map(tell)).toEqual(expect.arrayContaining(AS_ROOT))
  const other = trace.operations.find((operation) => operation.path?.endsWith('by-other-user'))
  expect(other).toMatchObject({ as: 33, by: '/calls' })
  expect(trace.operations.find((o) => o.access === 'listen')).toMatchObject({ port: 80, protocol: 'tcp' })
  expect(trace.operations.find((o) => o.port === 5353)).toMatchObject({ protocol: 'udp' })
  expect(trace.processes.filter(({ thread }) => !thread).map(({ parent }) => parent)).toEqual([null, 1, 1, 1])
  expect(trace.operations.filter(({ path }) => path?.startsWith('/.harden-trace'))).toEqual([])
})

test('locked down and read-only, the refusals come back', async () => {
  const { exitCode, trace } = await toTheEnd({
    ...LOCKED,
    readOnly: true,
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': '1024' },
  })
  expect([exitCode, trace.lost]).toEqual([0, 0])
  const expected = [
    ...[
      'execute /calls',
      'read /etc/passwd',
      '!read /etc/locked',
      '!write /etc/written',
      '!create-directory /work/made',
    ],
    ...[
      '!create-directory /work/by-descriptor',
      '!create-file /work/odd "name" <é>, (1) = 2',
      '!look /etc/locked',
      'list /work',
    ],
    ...[
      '!switch-user []',
      '!switch-user 33',
      '!write /work/shared/by-other-user',
      '!bind 80',
      'bind 5353',
      '!create-socket /work/socket',
    ],
  ]
  // A new name in a read-only file system is EROFS, whatever its folder allows.
  const known = expected.map((line) => line.replace('!write /work/shared', '!create-file /work/shared'))
  expect(trace.operations.map(tell)).toEqual(expect.arrayContaining(known))
  expect(new Set(trace.operations.map((operation) => operation.as))).toEqual(new Set([10001]))
})

describe('the program does not notice', () => {
  test.each([0, 3, 255])('exit code %i passes through', async (code) => {
    const { exitCode } = await toTheEnd({ command: ['exit', String(code)] })
    expect(exitCode).toBe(code)
  })

  test('it is process 1, gets SIGTERM, and its trace can be read meanwhile', async () => {
    const run = await traced({ command: ['wait'] })
    await until('it is up', async () => (await engine.logs(run.container)).includes('done'))
    const first = await readTrace(run)
    expect(first.operations.map(tell)).toEqual(expect.arrayContaining(AS_ROOT))
    const processes = await engine.processes(run.container)
    expect(processes.filter(({ pid }) => pid !== tracerAmong(processes)).map(({ command }) => command)).toEqual([
      'calls wait',
    ])
    expect(processes).toHaveLength(2)

    expect(await engine.stop(run.container, 20)).toBeLessThan(5000)
    expect((await engine.state(run.container)).exitCode).toBe(7)
    const at = Math.max(...first.operations.map((operation) => operation.at ?? 0))
    const rest = await run.read({ since: at + 0.000001 })
    expect(rest.known && rest.value.within.map(tell)).toEqual(['create-directory /work/at-the-end'])

    await engine.start(run.container)
    await until('it is up again', async () => (await engine.logs(run.container)).split('done').length === 3)
    const again = await readTrace(run)
    expect(again.operations.find((operation) => operation.path === '/etc/passwd')).toMatchObject({ times: 2, as: 0 })
    await engine.stop(run.container, 20)
  })
})

test.each([
  [false, '33'],
  [true, '0'],
])('a setuid program of another user: only a faithful trace lets it be root (faithful: %p)', async (faithful, uid) => {
  const { logs, trace } = await toTheEnd({ command: ['setuid'] }, { faithful })
  expect([logs.trim(), trace.lost]).toEqual([uid, 0])
})

test('a library that the image preloads is not loaded into strace', async () => {
  const { logs } = await toTheEnd({ command: ['env', 'LD_PRELOAD'], env: { LD_PRELOAD: '/no-such.so' } })
  expect(logs.trim()).toBe('/no-such.so')
})

test('a program that is not there is said', async () => {
  const run = await traced({ entrypoint: 'no-such-program' })
  await until('it ends', async () => !(await engine.state(run.container)).running)
  const trace = await run.read()
  expect(trace).toEqual({ known: false, reason: "strace wrote nothing: Cannot find executable 'no-such-program'" })
})

test('the tracer image is found again and outlives the session', async () => {
  const other = await openEngine()
  expect(await ensureTracer(other)).toEqual({ known: true, value: TRACER_IMAGE })
  await other.cleanUp()
  expect(await engine.inspectImage(TRACER_IMAGE)).not.toBeNull()
})

test("the tracer image can be made of this machine's own strace, without a network", async () => {
  const tag = 'harden-image-test/tracer:host'
  const installed = await buildFromHost(engine, tag).catch((error: Error) => error.message)
  if (installed !== true) return expect(installed).toMatch(/^no strace is installed$|is older than/)
  const keeper = await startKeeper(engine, tag)
  if (!keeper.known) throw new Error(keeper.reason)
  const tracer = keeper.value
  const run = await engine.create({
    ...tracedSpec({ image: IMAGE, ...LOCKED, command: ['exit', '4'] }, config, tracer),
  })
  await engine.start(run)
  await until('it ends', async () => !(await engine.state(run)).running)
  expect((await engine.state(run)).exitCode).toBe(4)
  await engine.remove(run)
  await engine.remove(tracer)
  await engine.removeImage(tag)
})
