import { expect, test } from '@jest/globals'
import { columnsOf, cut, laidOut, line, tableLines } from '../../src/report/layout.ts'

test('what is too wide goes on below its beginning', () => {
  const text = 'grants write access to /var/lib/app, /var/log/app and /run/app (own-writable-paths)'
  expect(laidOut([line('  12:1    fix     ', text)], 60)).toEqual([
    '  12:1    fix     grants write access to /var/lib/app,',
    '                  /var/log/app and /run/app',
    '                  (own-writable-paths)',
  ])
  expect(laidOut([line('  12:1    fix     ', text)], null)).toEqual([`  12:1    fix     ${text}`])
})

test('a letter of East Asia takes two columns', () => {
  const name = '設定/服务器/サーバー/'.repeat(8)
  const lines = laidOut([line('  ', name)], 40)
  expect(lines.length).toBeGreaterThan(3)
  for (const one of lines) expect(columnsOf(one)).toBeLessThanOrEqual(40)
  expect(lines.map((one) => one.trim()).join('')).toBe(name)
  expect([columnsOf('設定'), cut('設定ファイル', 7), cut('plain', 5)]).toEqual([4, '設定フ…', 'plain'])
})

test('a head that takes the whole line stands above its text', () => {
  const lines = laidOut([line(`  ${'a-long-path/'.repeat(8)}  `, 'would run as app (10001:10001)')], 80)
  for (const one of lines) expect(columnsOf(one)).toBeLessThanOrEqual(80)
  expect(lines.at(-1)?.trim()).toBe('would run as app (10001:10001)')
})

test('a table fits the width, and the widest column gives way', () => {
  const rows = [
    ['service', 'verdict', 'user', 'ports'],
    ['web', 'rewritten', 'root -> 10001:10001', Array.from({ length: 9 }, (_, at) => `8${at} -> 808${at}`).join(', ')],
  ]
  const lines = tableLines(rows, 2, 80)
  for (const one of lines) expect(columnsOf(one)).toBeLessThanOrEqual(80)
  expect(lines[1]).toMatch(/^ {2}web {6}rewritten {2}root -> 10001:10001 {2}80 -> /)
  expect(lines.length).toBeGreaterThan(3)
})
