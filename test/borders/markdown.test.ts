/** What a stranger wrote, read back by a parser of GitHub's Markdown: text and nothing else. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { markdownBlock, markdownCode, markdownText } from '../../src/borders/markdown.ts'

interface Node {
  readonly type: string
  readonly value?: string
  readonly children?: readonly Node[]
}

function nodes(markdown: string): readonly Node[] {
  const all = (node: Node): readonly Node[] => [node, ...(node.children ?? []).flatMap(all)]
  return all(fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }))
}

/** Its kinds of nodes, and what is read. The empty comments and the element of a code are ours. */
function read(markdown: string): { readonly kinds: readonly string[]; readonly text: string } {
  const found = nodes(markdown).filter(
    ({ type, value }) => !(type === 'html' && /^(<!-- -->|<\/?code>)$/.test(value ?? '')),
  )
  return {
    kinds: [...new Set(found.map(({ type }) => type))],
    text: found.map(({ type, value }) => (type === 'text' || type === 'inlineCode' ? (value ?? '') : '')).join(''),
  }
}

const part = fc.oneof(
  fc.constantFrom(
    ...'\\`*_[]()|~#@<>&!:;$-+=.1 "\'',
    '<script>alert(1)</script>',
    '<!-- ',
    '-->',
    '</details>',
    '[x](http://evil.example)',
    '![x](http://evil.example/x.png)',
    'https://evil.example/',
    'www.evil.example',
    'mail@evil.example',
    '@octocat',
    '#1',
    'GH-1',
    '&#64;',
    '~~~',
    '```',
    '- ',
    '1. ',
    '# ',
    '    x',
    '\n',
    '\n\n---\n',
    '|---|',
  ),
  fc.string(),
)
const hostile = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))

/** Blanks are not looked at: Markdown takes several for one. */
function blankless(text: string): string {
  return text.replaceAll(/\s+/g, '')
}

const runs = { numRuns: 150 }

test('text is one paragraph of text, without markup, link or address', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const { kinds, text: shown } = read(markdownText(text))
      expect(kinds.filter((kind) => !['root', 'paragraph', 'text'].includes(kind))).toEqual([])
      expect(blankless(shown)).toBe(blankless(text))
    }),
    runs,
  )
})

test('no mention and no reference is left in one piece of text, which is where GitHub looks for them', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const pieces = nodes(markdownText(text)).flatMap(({ type, value }) => (type === 'text' ? [value ?? ''] : []))
      for (const piece of pieces) expect(piece).not.toMatch(/@\w|#\d|GH-\d|https?:\/\/|www\./i)
    }),
    runs,
  )
})

test('a code span is one, in a table too, and a cell is one', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const { kinds, text: shown } = read(`### ${markdownCode(text)}`)
      expect(kinds.filter((kind) => !['root', 'heading', 'inlineCode', 'text'].includes(kind))).toEqual([])
      expect(blankless(shown)).toBe(blankless(text))
      const table = `| a | b |\n| --- | --- |\n| ${markdownCode(text, 'cell')} | ${markdownText(text)} |\n`
      const rows = nodes(table).filter(({ type }) => type === 'tableRow')
      expect(rows.map(({ children }) => children?.length)).toEqual([2, 2])
      expect(blankless(read(table).text)).toBe(blankless(`ab${text}${text}`))
    }),
    runs,
  )
})

test('a block of code ends where it ends', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const [root, code, ...more] = nodes(markdownBlock('diff', text))
      expect([root?.type, code?.type, more.length]).toEqual(['root', 'code', 0])
      expect(blankless(code?.value ?? '')).toBe(blankless(text))
    }),
    runs,
  )
})
