import { expect, test } from '@jest/globals'
import type { Transform } from '../../src/transform.ts'
import { hardenText } from './support/cases.ts'

const about = { source: 'declared', subject: '/data', detail: 'declared by VOLUME' } as const

test('what is the same reason for several things is said once, and what only looks like it is kept', () => {
  const twice: Transform = {
    name: 'say-twice',
    summary: 'Say the same twice.',
    *run() {
      yield {
        line: 1,
        column: 1,
        message: 'two folders of one volume',
        outcome: 'todo',
        edits: [],
        evidence: [about, { ...about, subject: '/data/db' }, { ...about }],
      }
    },
  }
  const { findings } = hardenText('FROM debian:12\n', {}, [twice])
  expect(findings.find(({ transform }) => transform === 'say-twice')?.evidence).toEqual([
    about,
    { ...about, subject: '/data/db' },
  ])
})
