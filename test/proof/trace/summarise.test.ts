import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { summarise, summary } from '../../../src/proof/trace/growing-trace.ts'

const read: Operation = {
  access: 'read',
  path: '/a',
  outcome: 'done',
  source: 'traced',
  detail: 'open("/a")',
  by: '/d',
  pid: 1,
  at: 5,
}

test('the same access is one row with its first time', () => {
  expect(summarise([read, { ...read, pid: 2, at: 9 }, { ...read, detail: 'openat("/a")' }])).toEqual([
    { ...read, times: 3 },
  ])
})

test.each<Partial<Operation>>([{ path: '/b' }, { outcome: 'refused' }, { by: '/e' }, { access: 'write' }, { as: 33 }])(
  '%j is another row',
  (other) => {
    expect(summarise([read, { ...read, ...other }])).toHaveLength(2)
  },
)

test('a change of user is a row for each process', () => {
  const setuid: Operation = { ...read, access: 'switch-user', path: null, uid: 33 }
  expect(summarise([setuid, { ...setuid, pid: 2 }, setuid]).map(({ pid, times }) => [pid, times])).toEqual([
    [1, 2],
    [2, undefined],
  ])
})

test('a summary can be summarised', () => {
  const once = summarise([read, read])
  expect(summarise([...once, ...once])).toEqual([{ ...read, times: 4 }])
})

test('what was done in some time is counted in that time alone', () => {
  const rows = summary()
  for (const at of [1, 5, 6, 9]) rows.add({ ...read, at })
  rows.add({ ...read, path: '/b', at: 9 })
  expect(rows.within(5, 9)).toEqual([{ ...read, at: 1, times: 2 }])
  expect(rows.within(9, 10).map(({ path, times }) => [path, times])).toEqual([
    ['/a', undefined],
    ['/b', undefined],
  ])
  expect(rows.all()[0]?.times).toBe(4)
})
