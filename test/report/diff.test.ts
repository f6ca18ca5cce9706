// The diff is taken by the two tools that people have, on real files, and must give the result byte for byte.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyEdits } from '../../src/edit.ts'
import { diff, lineEdits } from '../../src/report/diff.ts'
import { sampleRendering, sampleResult } from './sample.ts'

const scratch = mkdtempSync(join(tmpdir(), 'harden-image-diff-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Tool {
  readonly name: string
  apply(folder: string, patch: string): void
}
const git: Tool = {
  name: 'git apply',
  apply: (cwd, input) => execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd, input, stdio: 'pipe' }),
}
const patch: Tool = {
  name: 'patch -p1',
  apply: (cwd, input) => {
    const result = spawnSync('patch', ['-p1', '--silent'], { cwd, input, encoding: 'utf8' })
    if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`)
  },
}
const hasPatch = spawnSync('patch', ['--version']).status === 0
const tools = hasPatch ? [git, patch] : [git]

const plain = { colour: false }
let folders = 0
function tree(files: Readonly<Record<string, string>>): string {
  const folder = join(scratch, String(folders++))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const cases: readonly {
  readonly name: string
  readonly path: string
  readonly before: string
  readonly after: string
}[] = [
  { name: 'an insertion', path: 'Dockerfile', before: 'FROM a\nCMD b\n', after: 'FROM a\nUSER 1:1\nCMD b\n' },
  { name: 'no newline at the end', path: 'Dockerfile', before: 'FROM a\nCMD b', after: 'FROM a\nUSER 1:1\nCMD b' },
  { name: 'a newline that comes', path: 'Dockerfile', before: 'FROM a', after: 'FROM a\nUSER 1:1\n' },
  { name: 'a newline that goes', path: 'Dockerfile', before: 'FROM a\n', after: 'FROM b' },
  {
    name: 'more changes than are looked for',
    path: 'Dockerfile',
    before: `FROM a\nRUN x\n${'RUN a\n'.repeat(1500)}CMD b`,
    after: `FROM a\nRUN x\n${'RUN b\n'.repeat(1600)}CMD b`,
  },
  {
    name: 'more changes than are looked for, up to both ends',
    path: 'Dockerfile',
    before: 'RUN a\r\n'.repeat(1500),
    after: `${'RUN b\n'.repeat(1600)}CMD b`,
  },
  { name: 'CRLF', path: 'Dockerfile', before: 'FROM a\r\nCMD b\r\n', after: 'FROM a\r\nUSER 1:1\r\nCMD b\r\n' },
  {
    name: 'mixed line ends',
    path: 'Dockerfile',
    before: 'FROM a\r\nRUN x\nCMD b\r\n',
    after: 'FROM a\r\nRUN y\nCMD b\r\n',
  },
  {
    name: 'a byte order mark',
    path: 'Dockerfile',
    before: '\ufeffFROM a\nCMD b\n',
    after: '\ufeffFROM a\nUSER 1:1\nCMD b\n',
  },
  { name: 'a line that looks like a header', path: 'Dockerfile', before: 'FROM a\n-- x\n', after: 'FROM a\n++ x\n' },
  { name: 'a space in the path', path: 'my services/the api/Dockerfile', before: 'FROM a\n', after: 'FROM b\n' },
  { name: 'quotes and a backslash in the path', path: 'a"b/c\\d/Dockerfile', before: 'FROM a\n', after: 'FROM b\n' },
  { name: 'letters beyond ASCII in the path', path: 'dienste/größe/Dockerfile', before: 'FROM ä\n', after: 'FROM ö\n' },
  {
    name: 'a far away second place',
    path: 'x/Dockerfile',
    before: `FROM a\n${'RUN x\n'.repeat(40)}CMD y\n`,
    after: `FROM b\n${'RUN x\n'.repeat(40)}USER 1:1\nCMD y\n`,
  },
]

describe.each(tools)('$name takes', (tool) => {
  test.each(cases)('$name', ({ path, before, after }) => {
    const folder = tree({ [path]: before })
    tool.apply(folder, diff.render([sampleRendering(path, before, after)], plain))
    expect(readFileSync(join(folder, path), 'utf8')).toBe(after)
  })

  test('all of it at once', () => {
    const files = cases.map((one, index) => ({ ...one, path: `${index}/${one.path}` }))
    const folder = tree(Object.fromEntries(files.map(({ path, before }) => [path, before])))
    tool.apply(
      folder,
      diff.render(
        files.map(({ path, before, after }) => sampleRendering(path, before, after)),
        plain,
      ),
    )
    for (const { path, after } of files) expect(readFileSync(join(folder, path), 'utf8')).toBe(after)
  })

  test('the new file of an image', () => {
    const folder = tree({ 'other.txt': '' })
    const result = sampleResult({ kind: 'image', target: 'nginx', output: 'FROM nginx\nUSER 101:101\n' })
    tool.apply(folder, diff.render([{ path: 'Dockerfile', source: 'FROM nginx\n', result }], plain))
    expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toBe('FROM nginx\nUSER 101:101\n')
  })

  test('a file outside of the folder, from where its path starts', () => {
    const before = 'FROM a\n'
    const folder = tree({ 'srv/api/Dockerfile': before, 'up/Dockerfile': before })
    tool.apply(
      folder,
      diff.render(
        [
          sampleRendering('/srv/api/Dockerfile', before, 'FROM b\n'),
          sampleRendering('../../up/Dockerfile', before, 'FROM b\n'),
        ],
        plain,
      ),
    )
    expect(readFileSync(join(folder, 'srv/api/Dockerfile'), 'utf8')).toBe('FROM b\n')
    expect(readFileSync(join(folder, 'up/Dockerfile'), 'utf8')).toBe('FROM b\n')
  })
})

test('git apply takes any change of any lines', () => {
  const line = fc.constantFrom(
    'FROM a',
    'RUN b',
    '',
    ' ',
    '-- a',
    '++ b',
    '@@ -1 +1 @@',
    'x\r',
    '\\ No newline at end of file',
    'ü',
  )
  const text = fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 12 }), fc.boolean())
    .map(([lines, ends]) => lines.join('\n') + (ends ? '\n' : ''))
  const folder = tree({})
  mkdirSync(folder, { recursive: true })
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== '' && after !== '' && before !== after)
      writeFileSync(join(folder, 'Dockerfile'), before)
      git.apply(folder, diff.render([sampleRendering('Dockerfile', before, after)], plain))
      expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toBe(after)
    }),
    { numRuns: 60 },
  )
})

test('says nothing of what did not change or could not be read', () => {
  const failed = sampleRendering('b', '', '', { verdict: 'failed', error: { code: 'unreadable', message: 'no' } })
  expect(diff.render([sampleRendering('a', 'FROM a\n', 'FROM a\n'), failed], plain)).toBe('')
})

test('colour changes nothing but colour', () => {
  const rendering = sampleRendering('a b/Dockerfile', 'FROM a\nCMD x', 'FROM a\nUSER 1:1\nCMD x')
  const coloured = diff.render([rendering], { colour: true })
  expect(coloured).toContain('\u001b[32m+USER 1:1\u001b[39m')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(diff.render([rendering], plain))
})

test('edits of lines make the text, each of lines that differ', () => {
  const line = fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'd')
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const edits = lineEdits(before, after)
      expect(applyEdits(before, edits)).toBe(after)
      for (const { start, end, text: now } of edits) expect(before.slice(start, end)).not.toBe(now)
    }),
  )
  expect(lineEdits('a\nb\nc\n', 'a\nB\nc\nd\n')).toEqual([
    { start: 2, end: 4, text: 'B\n' },
    { start: 6, end: 6, text: 'd\n' },
  ])
  const [before, after] = ['x', 'y'].map((word) => `${word}\n`.repeat(5000))
  expect(lineEdits(before ?? '', after ?? '')).toEqual([{ start: 0, end: 10_000, text: after }])
})
