import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const facts = readFileSync('docs/contributing/facts.md', 'utf8')
const numbers = [...facts.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number))

test('the facts are numbered one after the other', () => {
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  expect(numbers.length).toBeGreaterThan(40)
})

test('every fact that a comment cites is on the page', () => {
  const cited = ['src', 'transforms', 'catalogue', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((entry) => entry.endsWith('.ts'))
      .flatMap((entry) => [...readFileSync(join(folder, entry), 'utf8').matchAll(/FACTS (\d+)/g)])
      .map(([, number]) => Number(number)),
  )
  expect(cited.length).toBeGreaterThan(20)
  expect(cited.filter((number) => !numbers.includes(number))).toEqual([])
})
