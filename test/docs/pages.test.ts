// What holds of all pages, and of what they link to: whoever adds or moves one is told here what is missing.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { messagesIn } from '../../scripts/messages.mjs'

const read = (path: string) => readFileSync(path, 'utf8')
const markdownIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map((path) => join(folder, path))

/** What each folder is for. Source: Diátaxis. */
const PURPOSES = ['tutorial', 'how-to', 'reference', 'explanation']
const pages = PURPOSES.flatMap((purpose) => markdownIn(join('docs', purpose))).sort()

test('every page is in the index, below its purpose, and none lies beside them', () => {
  const sections = read('docs/README.md').split(/^## /m).slice(1)
  const listed = sections.flatMap((section) =>
    [...section.matchAll(/\]\(([\w-]+\/[\w-]+\.md)\)/g)].map(([, path = '']) => join('docs', path)),
  )
  expect(listed.filter((path) => !path.startsWith('docs/contributing/')).sort()).toEqual(pages)
  expect(readdirSync('docs').filter((name) => name.endsWith('.md'))).toEqual(['README.md'])
  expect(sections.slice(0, 4).map((section) => /\]\(([\w-]+)\//.exec(section)?.[1])).toEqual(PURPOSES)
})

test('every page but those that are only looked up shows what it says', () => {
  const LOOKED_UP = ['docs/reference/findings.md', 'docs/reference/flags.md']
  const silent = pages.filter((page) => !read(page).includes('```console'))
  expect(silent.filter((page) => !LOOKED_UP.includes(page))).toEqual([])
})

const linking = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...['docs', 'transforms', 'examples'].flatMap(markdownIn),
]

describe('every link leads somewhere, and to a heading that is there, in', () => {
  test.each(linking)('%s', (page) => {
    const text = read(page).replace(/^```[\s\S]*?^```$/gm, '')
    const links = [...text.matchAll(/(?:\]\(|(?:src|srcset)=")((?![a-z]+:)[^)"\s]+)/g)].map(([, link = '']) => link)
    const broken = links.filter((link) => {
      const [path = '', heading] = link.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      if (!existsSync(file)) return true
      return heading !== undefined && file.endsWith('.md') && !headingsOf(file).includes(heading)
    })
    expect(broken).toEqual([])
  })
})

test('what a failed proof is said to say is one of the messages', () => {
  const known = messagesIn('.').map(({ text }) => text.replace(/\s+/g, ' '))
  const quoted = [...read('docs/how-to/when-a-proof-fails.md').matchAll(/^\| _([^_]+)_/gm)].map(([, text = '']) => text)
  expect(quoted.length).toBeGreaterThan(4)
  const parts = quoted.flatMap((text) => text.split(/ ?… ?/).filter((part) => part.length > 8))
  const sources = read('src/proof/invalid-baseline.ts')
  expect(parts.filter((part) => !sources.includes(part) && !known.some((text) => text.includes(part)))).toEqual([])
})

/** As GitHub makes anchors of headings. */
function headingsOf(file: string): readonly string[] {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
