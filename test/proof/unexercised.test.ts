import { Readable } from 'node:stream'
import { expect, test } from '@jest/globals'
import type { Engine } from '../../src/engine/engine.ts'
import type { Operation } from '../../src/plan/operation.ts'
import { namesIn, unexercised } from '../../src/proof/unexercised.ts'
import { image } from '../plan/image.ts'
import { operation, process, record, traced } from './support/records.ts'

const both = '\0socket\0chroot\0setgroups\0'
const started = operation('execute', '/usr/bin/server')

async function said(symbols: string, operations: readonly Operation[], changes = {}): Promise<string | null> {
  const engine = {
    copyOut: (_: string, __: string, read: (tar: Readable) => unknown) => read(Readable.from([Buffer.from(symbols)])),
  }
  const facts = image({ files: ['-rwxr-xr-x 0:0 /usr/bin/server', '-rwxr-xr-x 0:0 /usr/bin/python3'] })
  const processes = [{ ...process(0), command: '/usr/bin/server --daemon' }]
  const run = record({ processes, trace: traced(operations).trace, ...changes })
  return unexercised({ engine: engine as unknown as Engine, facts }, run)
}

test('a program that can lock itself in, and did not in anything that was asked', async () => {
  expect(await said(both, [started])).toContain('/usr/bin/server can lock itself into a folder')
})

const python = { ...process(0), command: 'python3 x.py' }
const smoke = [{ name: 'smoke test', passed: true, value: 'exit 0', output: '', same: false, counts: 'up' }]
test.each<[string, string, readonly Operation[], object]>([
  ['it switches its user at start', both, [started, operation('switch-user', null, { uid: 33 })], {}],
  ['it locks itself in at start', both, [started, operation('chroot', '/srv')], {}],
  ['it only switches users', '\0setgroups\0setuid\0', [started], {}],
  ['it only changes its root folder', '\0chroot\0setuid\0', [started], {}],
  ['a name is part of another one', '\0pre_chroot\0setgroups_\0', [started], {}],
  ['an interpreter has every call', both, [operation('execute', '/usr/bin/python3')], { processes: [python] }],
  ["a check of the user's own made it work", both, [started], { smoke }],
  ['nobody watched it', both, [started], { trace: null }],
])('not where %s', async (_, symbols, operations, changes) => {
  expect(await said(symbols, operations, changes)).toBeNull()
})

test('a name that lies across two chunks is found', async () => {
  const found = await namesIn(Readable.from([Buffer.from('x\0chr'), Buffer.from('oot\0setgroups\0')]), [
    'chroot',
    'setgroups',
    'no',
  ])
  expect([...found].sort()).toEqual(['chroot', 'setgroups'])
})
