import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const page = readFileSync('docs/explanation/threat-model.md', 'utf8')
/** Titles of tests by their files, by the number of the row that they hold. */
const threats: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = JSON.parse(
  readFileSync('test/docs/threats.json', 'utf8'),
)
const rows = page.split('\n').filter((line) => /^\| \d/.test(line))

test('every row of the threat model has a number, and tests that hold it', () => {
  expect(rows.length).toBeGreaterThan(60)
  expect(rows.map((row) => /^\| (\d+)/.exec(row)?.[1])).toEqual(Object.keys(threats))
  // Its number, who, controls what, may, may not.
  for (const row of rows)
    expect([row, row.split(/(?<!\\)\|/).filter((cell) => cell.trim() !== '').length]).toEqual([row, 5])
  expect(Object.entries(threats).filter(([, held]) => Object.values(held).flat().length === 0)).toEqual([])
})

test('every test that holds a row is there', () => {
  const named = Object.values(threats).flatMap((held) =>
    Object.entries(held).flatMap(([file, titles]) => titles.map((title) => [file, title] as const)),
  )
  const gone = named.filter(([file, title]) => !existsSync(file) || !hasTest(readFileSync(file, 'utf8'), title))
  expect(gone).toEqual([])
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
