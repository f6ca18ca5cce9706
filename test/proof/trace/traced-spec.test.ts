import { describe, expect, test } from '@jest/globals'
import type { RunSpec } from '../../../src/engine/engine.ts'
import type { ImageConfig } from '../../../src/image/facts.ts'
import { commandOf, tracedSpec, tracerAmong } from '../../../src/proof/trace/trace.ts'

const config: ImageConfig = {
  user: '',
  entrypoint: null,
  cmd: ['/bin/sh', '-c', 'exec app --log "a b"'],
  env: new Map(),
  exposedPorts: [],
  volumes: [],
  workdir: '/',
  healthcheck: null,
  onbuild: [],
  shell: null,
  stopSignal: null,
  labels: new Map(),
}
const entry = { ...config, entrypoint: ['docker-entrypoint.sh'], cmd: ['postgres'] }

describe('the command', () => {
  test.each<[string, Partial<RunSpec>, ImageConfig, readonly string[]]>([
    ['CMD alone', {}, config, ['/bin/sh', '-c', 'exec app --log "a b"']],
    ['both', {}, entry, ['docker-entrypoint.sh', 'postgres']],
    ['a command in place of CMD', { command: ['psql'] }, entry, ['docker-entrypoint.sh', 'psql']],
    ['no command is no command', { command: [] }, entry, ['docker-entrypoint.sh', 'postgres']],
    ['another entrypoint, which takes CMD away', { entrypoint: '/bin/sh' }, entry, ['/bin/sh']],
    ['another entrypoint with its command', { entrypoint: 'sh', command: ['-c', 'id'] }, entry, ['sh', '-c', 'id']],
    ['an entrypoint that is taken away', { entrypoint: '', command: ['id'] }, entry, ['id']],
  ])('%s', (_, spec, image, expected) => {
    expect(commandOf({ image: 'i', ...spec }, image)).toEqual(expected)
  })
})

test('the program comes last, after strace and its options', () => {
  const spec = tracedSpec({ image: 'i', user: '5:5', mounts: [{ type: 'tmpfs', target: '/tmp' }] }, entry, 'tracer')
  const command = spec.command ?? []
  expect(spec).toMatchObject({
    image: 'i',
    user: '5:5',
    mounts: [{ type: 'tmpfs', target: '/tmp' }],
    volumesFrom: ['tracer'],
  })
  expect([spec.entrypoint, ...command.slice(0, 4)].join(' ')).toBe(
    '/.harden-trace/ld.so --library-path /.harden-trace/lib /.harden-trace/strace -DDD',
  )
  expect(command.slice(command.indexOf('--'))).toEqual(['--', 'docker-entrypoint.sh', 'postgres'])
  expect(command).toContain('--seccomp-bpf')
})

test('as somebody whom permissions refuse nothing: who becomes that user first, and root for that alone', () => {
  const spec = tracedSpec({ image: 'i', user: '0:0' }, entry, 't', { as: { uid: 101, gid: 102 } })
  const [, , , , , uid, gid, capabilities, ...strace] = [spec.entrypoint, ...(spec.command ?? [])].slice(1)
  expect([spec.entrypoint, spec.command?.[2], spec.command?.[3]]).toEqual([
    '/.harden-trace/ld.so',
    '/.harden-trace/perl',
    '-e',
  ])
  // No switch of user, no raw socket: the result has none either.
  expect({ uid, gid, capabilities }).toEqual({ uid: '101', gid: '102', capabilities: '0,1,3,4,10' })
  expect(strace.slice(0, 4).join(' ')).toBe(
    '/.harden-trace/ld.so --library-path /.harden-trace/lib /.harden-trace/strace',
  )
})

test('faithfully: without the filter that sets no_new_privs', () => {
  expect(tracedSpec({ image: 'i' }, entry, 't', { faithful: true }).command).not.toContain('--seccomp-bpf')
})

test.each<[Partial<RunSpec>, readonly string[] | undefined]>([
  [{}, ['SYS_PTRACE']],
  [{ capDrop: ['ALL'] }, undefined],
  [{ capDrop: ['all'], capAdd: ['SETUID'] }, ['SETUID', 'SYS_PTRACE']],
  [{ capDrop: ['NET_RAW'] }, ['SYS_PTRACE']],
])('%j adds %j', (spec, expected) => {
  expect(tracedSpec({ image: 'i', ...spec }, entry, 't').capAdd).toEqual(expected)
})

test('a library that the image preloads goes to the program, not to strace', () => {
  const spec = tracedSpec(
    { image: 'i', env: { A: '1' } },
    { ...entry, env: new Map([['LD_PRELOAD', '/usr/lib/libjemalloc.so.2']]) },
    't',
  )
  expect(spec.env).toEqual({ A: '1', LD_PRELOAD: '' })
  expect(spec.command?.join(' ')).toContain('-E LD_PRELOAD=/usr/lib/libjemalloc.so.2 ')
})

test('a spec without a command is left to the engine', () => {
  const spec = { image: 'i' }
  expect(tracedSpec(spec, { ...config, cmd: null }, 't')).toBe(spec)
})

describe('the tracer', () => {
  const of = (pid: number, tracer: number | null, first = false) => ({ pid, tracer, first })

  test.each([
    ['is who traces the first process', [of(40, 41, true), of(41, 0), of(42, 41)], 41],
    ['is nobody who traces another one', [of(40, 0, true), of(41, 0), of(42, 41)], null],
    ['is who traces the one that was there first, in a namespace of others', [of(44, 41), of(41, 0), of(42, 40)], 40],
    ['is nobody where an engine does not tell', [of(40, null), of(41, null)], null],
  ])('%s', (_, processes, expected) => {
    expect(tracerAmong(processes)).toBe(expected)
  })
})
