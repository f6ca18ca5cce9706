import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const page = readFileSync('docs/threat-model.md', 'utf8')
/** Rows of tables that have a column of tests, without their heads. */
const rows = page.split('\n').filter((line) => /^\|.*\.test\.ts`/.test(line))

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

test('every row of the threat model names a test, and every file of tests with the name of one', () => {
  expect(rows.length).toBeGreaterThan(15)
  for (const row of rows) {
    const files = row.match(/test\/[\w./-]+\.test\.ts/g) ?? []
    expect([row, testsOf(row).length]).toEqual([row, files.length])
  }
  // A table without a column of tests says who there is, and holds nothing.
  const bare = page.split('\n').filter((line) => /^\| (the|other) /.test(line) && !rows.includes(line))
  expect(bare).toHaveLength(6)
})

/** As its source says it: with the quotes of a string around it. */
function hasTest(source: string, name: string): boolean {
  return [`'${name.replaceAll("'", "\\'")}'`, `"${name}"`, `\`${name}\``].some((quoted) => source.includes(quoted))
}
