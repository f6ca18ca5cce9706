import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const page = readFileSync('docs/explanation/threat-model.md', 'utf8')
/** Lines of tables, without their heads and rules. */
const lines = page.split('\n').filter((line) => /^\| (?!actor |---)/.test(line))
/** Those of who there is say no more than that, and hold nothing. */
const rows = lines.filter((line) => line.includes('.test.ts`'))

/** `FILE`: “NAME”, as often as a row has it. */
function testsOf(row: string): readonly (readonly [string, string])[] {
  return [...row.matchAll(/`(test\/[\w./-]+\.test\.ts)`: “([^”]+)”/g)].map(
    ([, file = '', name = '']) => [file, name] as const,
  )
}

test('every test that the threat model names is there', () => {
  const gone = rows
    .flatMap(testsOf)
    .filter(([file, name]) => !existsSync(file) || !hasTest(readFileSync(file, 'utf8'), name))
  expect(gone).toEqual([])
})

test('every row of the threat model names a test, and no file of tests without the name of one', () => {
  expect(rows.length).toBeGreaterThan(60)
  expect(lines.length - rows.length).toBe(6)
  for (const row of rows) {
    const files = row.match(/test\/[\w./-]+\.test\.ts/g) ?? []
    expect([row, testsOf(row).length]).toEqual([row, files.length])
    // Who, controls what, may, may not, held by.
    expect([row, row.split(/(?<!\\)\|/).filter((cell) => cell.trim() !== '').length]).toEqual([row, 5])
  }
})

/**
 * The title of a test, of a group of tests, or of a row of `test.each`, as the source says it: what begins a call or a
 * row, or is the key of one.
 */
function hasTest(source: string, name: string): boolean {
  return [`'${name.replaceAll("'", "\\'")}'`, `"${name}"`, `\`${name}\``].some((quoted) => {
    const parts = source.split(quoted)
    return parts.slice(1).some((after, at) => {
      const before = parts[at] ?? ''
      return /(?:[([]|\bname:)\s*$/.test(before) ? /^\s*,/.test(after) : /\n\s*$/.test(before) && after.startsWith(':')
    })
  })
}
