// The pages that `harden-image explain` prints: one for each name that stands behind a finding or a question.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { messagesIn } from '../../scripts/messages.mjs'
import { QUESTIONS } from '../../src/questions.ts'
import { rulePages, rulePath, ruleSummary } from '../../src/report/rule-pages.ts'
import { transforms } from '../../transforms/index.ts'

const known = messagesIn('.').map(({ text }) => plain(text))
/** Where messages of pods are put together. */
const pods = ['edit-pod', 'edit-project']
  .map((name) => readFileSync(`src/manifests/kubernetes/${name}.ts`, 'utf8'))
  .join('\n')
const SCREEN = 66

test('every page is in the index under its own name, and every transform and question has one', () => {
  expect([...rulePages.keys()].map((name) => `${name}.md`)).toEqual(readdirSync('docs/rules').sort())
  const named = [...transforms.map(({ name }) => name), ...Object.keys(QUESTIONS)]
  expect(named.filter((name) => !rulePages.has(name))).toEqual([])
  expect(rulePath('set-user')).toBe('docs/rules/set-user.md')
  expect(rulePath('no-such')).toBe('docs/reference/findings.md')
})

describe.each([...rulePages])('%s', (name, page) => {
  test('fits on one screen, and says what, why, by an example, and how to leave it out', () => {
    expect(page.startsWith(`# ${name}\n\n`)).toBe(true)
    expect(page.split('\n').length).toBeLessThanOrEqual(SCREEN)
    expect(ruleSummary(name)).toMatch(/^[A-Z].{20,400}[.:]$/)
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)
    expect(headings).toEqual(expect.arrayContaining(['Why', 'How to leave it out']))
    expect(headings.some((heading) => heading === 'Example' || heading === 'Before')).toBe(true)
  })

  test('quotes messages that there are', () => {
    const quoted = [...page.matchAll(/^- ((?:_[^_]+_(?:, |:))+)/gm)].flatMap(([, quotes = '']) =>
      [...quotes.matchAll(/_([^_]+)_/g)].map(([, quote = '']) => quote),
    )
    const parts = quoted.filter((quote) => quote !== 'fixed').map((quote) => [quote, longestPart(quote)] as const)
    expect(parts.filter(([, part]) => !known.some((text) => text.includes(part))).map(([quote]) => quote)).toEqual([])
  })

  test('shows as an example what may be said', () => {
    const [, example = ''] = /^## Example\n\n```text\n(.+)/m.exec(page) ?? []
    const message = example.replace(/^(fix|todo|note) +/, '').replace(/^a run would answer: /, '')
    const titles = Object.values(QUESTIONS)
    const isSaid =
      example === '' ||
      titles.some((title) => message.startsWith(`${title}: `)) ||
      known.some((text) => fits(text, message)) ||
      pods.includes(message.split(': ', 1)[0] ?? '')
    expect([message, isSaid]).toEqual([message, true])
  })
})

/** Whether a message with dots for what differs can be this one. */
function fits(template: string, message: string): boolean {
  const parts = template.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return parts.join('').length > 8 && new RegExp(`^(?:[^ ]+: )?${parts.join('.*')}$`).test(message)
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ')
}

/** Of a quote with dots for what differs. */
function longestPart(quote: string): string {
  const parts = plain(quote)
    .split(/ ?… ?| \/ /)
    .map((part) => part.trim())
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '')
}
