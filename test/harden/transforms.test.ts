// What holds for every transform: its name, its page, its cases. A new one is found by itself.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { transforms } from '../../transforms/index.ts'
import { hardenText, transformCases } from './support/cases.ts'

const files = readdirSync('transforms')
const names = transforms.map((transform) => transform.name)

test('every file is in the pipeline, under its own name, and nothing else is', () => {
  const sources = files.filter((file) => file.endsWith('.ts') && file !== 'index.ts')
  expect(sources.map((file) => file.slice(0, -3))).toEqual([...names].sort())
  expect(new Set(names).size).toBe(names.length)
})

describe.each(transforms.map((transform) => [transform.name, transform] as const))('%s', (name, transform) => {
  test('is exported under its name in camel case', async () => {
    const module = (await import(`../../transforms/${name}.ts`)) as Record<string, unknown>
    const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    expect(module[camel]).toBe(transform)
  })

  test('is named with a verb, in kebab-case', () => {
    expect(name).toMatch(/^[a-z]+(-[a-z0-9]+)+$/)
  })

  test('has one imperative sentence as its summary', () => {
    // The verb of the name or another one, not "Creates", "Creating" or "This transform".
    expect(transform.summary).toMatch(/^[A-Z][a-z]*[^s\W] [^\n]*[^.\n]\.$/)
    expect(transform.summary).not.toMatch(/^(This|It|The|An?)\b|^\w+ing\b/)
    expect(transform.summary.match(/\. /)).toBeNull()
    expect(transform.summary.length).toBeLessThanOrEqual(120)
  })

  test('has a page that shows its basic case', () => {
    const path = `docs/rules/${name}.md`
    expect(existsSync(path)).toBe(true)
    const page = readFileSync(path, 'utf8')
    const basic = transformCases().find((one) => one.transform === name && one.name === 'basic')
    expect(page.startsWith(`# ${name}\n\n`)).toBe(true)
    expect(section(page, 'Before')).toEqual([basic?.before])
    // What changes nothing shows what it says.
    expect(section(page, 'After')).toEqual([basic?.after ?? basic?.findings])
    const shown = headings(page).filter((heading) => heading !== 'What it says, and what to do')
    expect(shown).toEqual(['Before', 'After', 'Why', 'What it does not do', 'How to leave it out'])
  })
})

function headings(page: string): readonly string[] {
  return [...page.matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? '')
}

/** Texts of the code blocks below one heading. */
function section(page: string, heading: string): readonly string[] {
  const body = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return [...body.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
}

test('a moved port is published in each of its protocols', () => {
  const base = {
    like: 'debian',
    config: { cmd: ['unbound', '-p', '53'], ports: ['53/tcp', '53/udp'] },
  } as const
  const { findings } = hardenText('FROM x\n', { bases: { x: base }, catalogue: false })
  const hint = findings.find(({ transform }) => transform === 'raise-ports')?.hint
  expect(hint).toMatch(/ -p 53:8053 -p 53:8053\/udp$/)
})
