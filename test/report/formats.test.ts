// What holds of every format, a new one too: it is one file, a line of the index, and its tests.
import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { formatNames, formatOf } from '../../src/report/format.ts'
import { finding, proof, sampleProject, sampleRendering, sampleResult } from './sample.ts'

const error = { code: 'unreadable', message: 'c cannot be read' }
const hostile = '</details></script>\u001b[31m\n::error::x\n@all `#1` <img src=x onerror=alert(1)> \ud800'
const renderings = [
  sampleRendering('a/Dockerfile', 'FROM a\n', 'FROM a\nUSER 1:1\n', { findings: [finding], proof }),
  sampleRendering(hostile, 'x\n', `${hostile}\n`, { findings: [{ ...finding, message: hostile }] }),
  sampleRendering('c', '', '', { verdict: 'failed', changed: false, error }),
  { result: sampleResult({ kind: 'image', target: 'nginx:latest' }), source: 'FROM nginx\n', path: 'Dockerfile' },
  { result: sampleProject(), source: 'services: {}\n', path: 'compose.yaml' },
]

test.each(formatNames)('%s: nothing throws, two runs give the same bytes, and lines are whole', async (name) => {
  const format = await formatOf(name)
  expect(format?.name).toBe(name)
  for (const shown of [[], ...renderings.map((one) => [one]), renderings]) {
    const before = JSON.stringify(shown)
    const text = format?.render(shown, { colour: false }) ?? ''
    expect(text === '' || text.endsWith('\n') || shown.length === 1).toBe(true)
    expect(format?.render(shown, { colour: false })).toBe(text)
    expect(JSON.stringify(shown)).toBe(before)
  }
})

test('every format has a test of its own', () => {
  const tested = new Set(readdirSync('test/report'))
  const own = { dockerfile: 'diff', json: 'schema' } as Readonly<Record<string, string>>
  expect(formatNames.filter((name) => !tested.has(`${own[name] ?? name}.test.ts`))).toEqual([])
})
