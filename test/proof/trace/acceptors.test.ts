import { expect, test } from '@jest/globals'
import { acceptorsOf } from '../../../src/proof/container/container.ts'
import type { Acceptor } from '../../../src/proof/container/run-record.ts'
import { traceReader } from '../../../src/proof/trace/parse-trace.ts'

const OPTIONS = { cwd: '/', uid: 0, gid: 0, ignore: '/.harden-trace' }
const CLIENT = '{sa_family=AF_INET, sin_port=htons(5), sin_addr=inet_addr("192.0.2.1")}, [16]'

/** Lines are numbered by the seconds in which they come. */
function acceptors(...lines: readonly string[]): readonly Acceptor[] {
  const reader = traceReader(OPTIONS)
  for (const [at, line] of lines.entries()) reader.read(line.replace(' ', ` ${at + 1}.0 `))
  return acceptorsOf(reader.processes(), reader.accepted())
}

const exec = (pid: number, path: string) => `${pid} execve("${path}", ["x"], 0x1 /* 1 var */) = 0`
const fork = (pid: number, child: number, flags = 'SIGCHLD') =>
  `${pid} clone(child_stack=NULL, flags=${flags}) = ${child}`
const accept = (pid: number, from = CLIENT) => `${pid} accept4(3<socket:[9]>, ${from}, SOCK_CLOEXEC) = 4<socket:[10]>`

const SERVER = { program: '/usr/bin/server' }
const start = [exec(1, '/usr/bin/server')]
const opened = '1 socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3<socket:[9]>'
const worker = [...start, opened, fork(1, 7), '7 setuid(33) = 0']

test.each<[string, readonly string[], readonly Acceptor[]]>([
  ['a program that takes them itself', [...start, accept(1)], [{ ...SERVER, as: 0, above: [] }]],
  ['a worker below who watches', [...worker, accept(7)], [{ ...SERVER, as: 33, above: ['/usr/bin/server'] }]],
  [
    'a thread of the worker',
    [...worker, fork(7, 8, 'CLONE_VM|CLONE_THREAD'), accept(8)],
    [{ ...SERVER, as: 33, above: ['/usr/bin/server'] }],
  ],
  [
    'a worker and who watches',
    [...worker, accept(7), accept(1)],
    [
      { ...SERVER, as: 33, above: [] },
      { ...SERVER, as: 0, above: [] },
    ],
  ],
  ['one that was root once', [...start, accept(1), '1 setuid(33) = 0', accept(1)], [{ ...SERVER, as: 0, above: [] }]],
  [
    'another program below a shell',
    [exec(1, '/bin/sh'), fork(1, 7), exec(7, '/srv/app'), accept(7)],
    [{ as: 0, program: '/srv/app', above: ['/bin/sh'] }],
  ],
  [
    'one that asks for no address of its client',
    [...start, opened, accept(1, 'NULL, NULL')],
    [{ ...SERVER, as: 0, above: [] }],
  ],
  ['a socket in the file system, which is no client’s', [...start, accept(1, '{sa_family=AF_UNIX}, [2]')], []],
  ['a call in vain', [...start, accept(1).replace(/= .*/, '= -1 EAGAIN (Resource temporarily unavailable)')], []],
])('%s', (_, lines, expected) => expect(acceptors(...lines)).toEqual(expected))

test('how many processes were made by root is told from those that others made', () => {
  const reader = traceReader(OPTIONS)
  const lines = [...worker, fork(7, 8), fork(1, 9)]
  for (const [at, line] of lines.entries()) reader.read(line.replace(' ', ` ${at + 1}.0 `))
  expect(reader.processes().map(({ pid, madeBy }) => [pid, madeBy])).toEqual([
    [1, 0],
    [7, 0],
    [8, 33],
    [9, 0],
  ])
})
