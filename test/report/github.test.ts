import { expect, test } from '@jest/globals'
import { github } from '../../src/report/github.ts'
import { finding, proof, question, sampleRendering, sampleResult } from './sample.ts'

type Renderings = Parameters<typeof github.render>[0]
const render = (renderings: Renderings, isWritten = false) => github.render(renderings, { colour: false, isWritten })
const source = 'FROM debian\nRUN one \\\n  two\nCMD x\n'
const at = (line: number, outcome: 'fixed' | 'offered' | 'todo' | 'note' = 'fixed') => ({ ...finding, line, outcome })

test('a finding is an annotation at its place, errors first, and a question is none', () => {
  const findings = [at(4), at(2, 'todo'), at(1, 'note'), question]
  const rendering = { ...sampleRendering('a/Dockerfile', source, 'x', { findings }), fromRoot: 'services/a/Dockerfile' }
  const text = 'runs as app (10001:10001)%0Ado: name another with --user'
  expect(render([rendering])).toBe(
    `::error file=services/a/Dockerfile,line=2,endLine=3,title=set-user::${text}\n` +
      `::warning file=services/a/Dockerfile,line=4,endLine=4,col=1,endColumn=6,title=set-user::${text}\n` +
      `::notice file=services/a/Dockerfile,line=1,endLine=1,col=1,endColumn=12,title=set-user::${text}\n`,
  )
})

test('what is written already is a notice, unless its proof held it back', () => {
  const commands = (change: Parameters<typeof sampleRendering>[3]) =>
    render([sampleRendering('a', source, 'x', { findings: [at(4), at(2, 'todo')], ...change })], true).match(/^::\w+/gm)
  expect(commands({})).toEqual(['::error', '::notice'])
  expect(commands({ proof: { ...proof, passed: false } })).toEqual(['::error', '::warning'])
})

test('what could not be read and an image have a line of their own', () => {
  const error = { code: 'not-a-dockerfile', message: 'there is no FROM', hint: 'write one', line: 3 }
  const image = sampleResult({ kind: 'image', target: 'nginx:latest', findings: [finding] })
  expect(
    render([
      sampleRendering('b/Dockerfile', '', '', { verdict: 'failed', error }),
      { result: image, source: 'FROM nginx:latest\n', path: 'Dockerfile' },
    ]),
  ).toBe(
    '::error file=b/Dockerfile,line=3,title=failed::b/Dockerfile: there is no FROM%0Awrite one\n' +
      '::warning title=set-user::nginx:latest: runs as app (10001:10001)%0Ado: name another with --user\n',
  )
})

test('no text of a stranger is a command, or a property of one', () => {
  const message = '100%\r\n::error::x\n::add-mask::a,b\u0007'
  const shown = render([
    sampleRendering('a,line=9:b%\n::c', source, 'x', { findings: [{ ...finding, message, line: 4 }] }),
  ])
  expect(shown.split('\n')).toHaveLength(2)
  expect(shown).toMatch(/^::warning file=a%2Cline=9%3Ab%25%0A%3A%3Ac,line=4,/)
  expect(shown).toContain('::100%25\\u000d%0A::error::x%0A::add-mask::a,b\\u0007%0A')
})

test('of more than GitHub shows the last one says how many', () => {
  const findings = Array.from({ length: 25 }, (_, index) => at(index + 1)).concat(at(1, 'todo'), at(2, 'note'))
  const lines = render([sampleRendering('a', source, 'x', { findings })])
    .trimEnd()
    .split('\n')
  expect(lines.map((line) => /^::\w+/.exec(line)?.[0]).filter((command) => command === '::warning')).toHaveLength(10)
  expect(lines).toHaveLength(12)
  expect(lines[10]).toBe(
    '::warning title=harden-image::16 more findings of this kind: the log of the step has them, as does --format sarif',
  )
})

test('of nothing there is nothing', () => {
  expect(render([sampleRendering('a', 'x', 'x', { verdict: 'unchanged' })])).toBe('')
})

test('beside a baseline notes are left out, since it keeps none', () => {
  const note = { ...finding, outcome: 'note' as const, line: 3, message: 'to know' }
  const shown = [sampleRendering('a/Dockerfile', 'x\n', 'y\n', { findings: [finding, note] })]
  expect(github.render(shown, { colour: false })).toContain('::notice')
  expect(github.render(shown, { colour: false, isKnown: () => false })).not.toContain('::notice')
})
