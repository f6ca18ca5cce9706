import { expect, test } from '@jest/globals'
import { concise } from '../../src/report/concise.ts'
import { finding, question, sampleRendering, sampleResult } from './sample.ts'

const source = 'FROM debian\nCMD x\n'
const wrong = { ...finding, line: 2, problem: 'runs as root; would run as app (10001:10001)' }
const render = (isWritten = false, isKnown?: (fingerprint: string) => boolean): string =>
  concise.render(
    [sampleRendering('a/Dockerfile', source, 'x', { findings: [wrong, { ...finding, outcome: 'note' }, question] })],
    { colour: false, isWritten, ...(isKnown === undefined ? {} : { isKnown }) },
  )

test('a finding is one line with what is wrong, and a note and a question are none', () => {
  expect(render()).toBe('a/Dockerfile:2:1: set-user runs as root; would run as app (10001:10001)\n')
})

test('what is written is told as it is now', () => {
  expect(render(true)).toBe('a/Dockerfile:2:1: set-user runs as app (10001:10001)\n')
})

test('what a baseline knows is left out', () => {
  expect(render(false, () => true)).toBe('')
})

test('what could not be read is a line too', () => {
  const error = { code: 'not-a-dockerfile', message: 'there is no FROM', line: 3 }
  const failed = sampleRendering('Dockerfile', source, '', { verdict: 'failed', error, findings: [] })
  expect(concise.render([{ ...failed, result: sampleResult({ ...failed.result }) }], { colour: false })).toBe(
    'Dockerfile:3:1: failed there is no FROM\n',
  )
})
