import { expect, test } from '@jest/globals'
import type { Rendering } from '../../src/report/format.ts'
import { gitlab } from '../../src/report/gitlab.ts'
import { finding, question, sampleProject, sampleRendering } from './sample.ts'

interface Entry {
  readonly fingerprint: string
  readonly severity: string
  readonly location: { readonly path: string; readonly lines: { readonly begin: number; readonly end?: number } }
}
const entries = (...renderings: Rendering[]) => JSON.parse(gitlab.render(renderings, { colour: false })) as Entry[]
const source = 'FROM debian\nRUN one \\\n  two\nCMD x\n'

test('a finding is an entry at its place in the repository', () => {
  const rendering = sampleRendering('Dockerfile', source, 'x', { findings: [{ ...finding, line: 2 }] })
  expect(entries({ ...rendering, fromRoot: 'a/Dockerfile' })).toEqual([
    {
      description: 'runs as app (10001:10001)',
      check_name: 'set-user',
      content: {
        body: 'runs as app (10001:10001)\ndo: name another with --user\nassumed 10001: the image has no account of its own',
      },
      categories: ['Security'],
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}:1$/),
      severity: 'major',
      location: { path: 'a/Dockerfile', lines: { begin: 2, end: 3 } },
    },
  ])
})

test('each outcome has its severity, what could not be read the highest, and a question no entry', () => {
  const findings = (['fixed', 'offered', 'todo', 'note'] as const).map((outcome) => ({ ...finding, outcome, line: 4 }))
  const error = { code: 'unreadable', message: 'b cannot be read', hint: 'is it a folder?' }
  const all = entries(
    sampleRendering('a', source, 'x', { findings: [...findings, question] }),
    sampleRendering('b/Dockerfile', '', '', { verdict: 'failed', error }),
  )
  expect(all.map(({ severity }) => severity)).toEqual(['blocker', 'major', 'major', 'critical', 'info'])
  expect(all[0]).toMatchObject({ description: 'b cannot be read: is it a folder?', location: { path: 'b/Dockerfile' } })
})

test('GitLab takes no two entries of one fingerprint: each has its own', () => {
  const same = Array.from({ length: 5 }, () => finding)
  const all = entries(
    sampleRendering('a', source, 'x', { findings: same }),
    { result: sampleProject({ findings: same }), source, path: 'compose.yaml' },
    sampleRendering('b', '', '', { verdict: 'failed', error: { code: 'x', message: 'x' } }),
  )
  expect(all.length).toBeGreaterThan(10)
  expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(all.length)
  for (const { location } of all) expect(location.path).not.toMatch(/^\.?\//)
})

test('of nothing there is an empty report', () => {
  expect(entries()).toEqual([])
})
