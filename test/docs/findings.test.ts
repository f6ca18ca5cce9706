import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { messagesIn } from '../../scripts/messages.mjs'
import { QUESTIONS } from '../../src/questions.ts'
import { rulePages } from '../../src/report/rule-pages.ts'
import { transforms } from '../../transforms/index.ts'

const page = readFileSync('docs/reference/findings.md', 'utf8')
const sections = page.split(/^### /m).slice(1)
const names = sections.map((section) => section.split('\n', 1)[0] ?? '')

const linked = [...page.matchAll(/\]\(\.\.\/rules\/([a-z-]+)\.md\)/g)].map(([, name = '']) => name)

test('every page of a name is linked here once, those of transforms in the order in which they run', () => {
  const all = transforms.map(({ name }) => name)
  expect(linked.filter((name) => all.includes(name))).toEqual(all)
  expect(linked.toSorted()).toEqual([...rulePages.keys()])
})

test('every verdict of the schema has its section', () => {
  const schema = readFileSync('schema/report.schema.json', 'utf8')
  const verdicts = /"verdict": \{[^}]*"enum": \[([^\]]*)\]/.exec(schema)?.[1]?.match(/[\w-]+/g) ?? []
  expect(verdicts.length).toBeGreaterThan(5)
  expect(verdicts.filter((verdict) => !names.includes(verdict))).toEqual([])
})

test('the table of questions is the table of the source', () => {
  const [, section = ''] = /^## Questions\n([\s\S]*?)^## /m.exec(page) ?? []
  const rows = [...section.matchAll(/^\| \[([a-z-]+)\]\([^)]+\) +\| ([^|]+?) +\| (.+?) +\|$/gm)]
  expect(rows.map(([, kind, said]) => [kind, said])).toEqual(Object.entries(QUESTIONS))
})

test('every name that a finding has beside the transforms has its page', () => {
  const given = ['src/app', 'src/cli', 'src/fleet', 'src/proof'].flatMap((folder) => namesIn(folder))
  expect(given).toContain('read-build')
  expect(given.filter((name) => !rulePages.has(name))).toEqual([])
})

test('no section says nothing', () => {
  const short = sections.filter((section) => section.split(/\s+/).length < 12)
  expect(short.map((section) => section.split('\n', 1)[0])).toEqual([])
})

/** The names that `targetFinding` is called with. */
function namesIn(folder: string): readonly string[] {
  return messagesIn('.')
    .filter(({ file, kind }) => kind === 'targetFinding' && file.startsWith(folder))
    .flatMap(({ file }) => [
      ...[...readFileSync(file, 'utf8').matchAll(/targetFinding\(\s*'([a-z-]+)'/g)].map(([, name = '']) => name),
    ])
}
