import { expect, test } from '@jest/globals'
import type { Log } from 'sarif'
import type { Rendering } from '../../src/report/format.ts'
import { sarif } from '../../src/report/sarif.ts'
import { finding, sampleRendering, sampleResult } from './sample.ts'

const RULES = new Map([['set-user', 'Set USER uid:gid as the last step before the start.']])
const runOf = (...renderings: Rendering[]) => {
  const log = JSON.parse(sarif.render(renderings, { colour: false, rules: RULES })) as Log
  expect([log.version, log.runs.length]).toEqual(['2.1.0', 1])
  return log.runs[0]
}

test('a finding is a result at its place, by the rule that says it', () => {
  const todo = { ...finding, transform: 'prove', outcome: 'todo' as const, line: 3, evidence: [] }
  const run = runOf(
    sampleRendering('a b/Dockerfile', 'FROM debian\n', 'FROM debian\nUSER 1:1\n', { findings: [finding, todo] }),
  )
  expect(run?.tool.driver.rules?.map(({ id, shortDescription }) => [id, shortDescription?.text])).toEqual([
    ['prove', 'What needs a decision.'],
    ['set-user', RULES.get('set-user')],
  ])
  expect(
    run?.results?.map(({ ruleId, ruleIndex, level, locations }) => ({ ruleId, ruleIndex, level, locations })),
  ).toEqual([
    {
      ruleId: 'set-user',
      ruleIndex: 1,
      level: 'warning',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'a%20b/Dockerfile', uriBaseId: '%SRCROOT%' },
            region: { startLine: 12, startColumn: 1 },
          },
        },
      ],
    },
    {
      ruleId: 'prove',
      ruleIndex: 0,
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'a%20b/Dockerfile', uriBaseId: '%SRCROOT%' },
            region: { startLine: 3, startColumn: 1 },
          },
        },
      ],
    },
  ])
  expect(run?.results?.[0]?.message.text).toBe(
    'runs as app (10001:10001)\ndo: name another with --user\nassumed 10001: the image has no account of its own',
  )
})

test('a path is that from the root of the repository, and its base is said without a path of this machine', () => {
  const rendering = sampleRendering('Dockerfile', 'x', 'y', { findings: [finding] })
  const run = runOf({ ...rendering, fromRoot: 'services/api/Dockerfile' })
  expect(run?.results?.[0]?.locations?.[0]?.physicalLocation?.artifactLocation).toEqual({
    uri: 'services/api/Dockerfile',
    uriBaseId: '%SRCROOT%',
  })
  expect(run?.originalUriBaseIds).toEqual({ '%SRCROOT%': { description: { text: expect.any(String) } } })
})

test('a rule that is not a transform says what it is for', () => {
  const note = { ...finding, transform: 'read-build', outcome: 'note' as const }
  const run = runOf(sampleRendering('Dockerfile', 'x', 'y', { findings: [note] }))
  expect(run?.tool.driver.rules?.[0]?.shortDescription?.text).toContain('Compose')
})

test('an image is named, and its name stands for the file that it has not', () => {
  const result = sampleResult({ kind: 'image', target: 'nginx:latest', findings: [finding] })
  const run = runOf({ result, source: 'FROM nginx:latest\n', path: 'Dockerfile' })
  expect(run?.results?.[0]?.locations).toEqual([
    {
      physicalLocation: {
        artifactLocation: { uri: 'nginx%3Alatest' },
        region: { startLine: 12, startColumn: 1 },
      },
      logicalLocations: [{ fullyQualifiedName: 'nginx:latest', kind: 'resource' }],
    },
  ])
})

test('what could not be read is no result, and the run no success', () => {
  const error = { code: 'not-a-dockerfile', message: 'there is no FROM', hint: 'is it a Dockerfile?', line: 3 }
  const run = runOf(
    sampleRendering('b/Dockerfile', '', '', { verdict: 'failed', error }),
    sampleRendering('c', 'x', 'x'),
  )
  expect(run?.results).toEqual([])
  expect(run?.invocations).toEqual([
    {
      executionSuccessful: false,
      toolExecutionNotifications: [
        {
          level: 'error',
          message: { text: 'there is no FROM\nis it a Dockerfile?' },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: 'b/Dockerfile', uriBaseId: '%SRCROOT%' },
                region: { startLine: 3, startColumn: 1 },
              },
            },
          ],
        },
      ],
    },
  ])
})

test('a path is a URI whatever its name, and what could not be found has none', () => {
  const failed = { verdict: 'failed' as const, error: { code: 'unreadable', message: 'no file' } }
  const uris = runOf(
    sampleRendering('a#b/c?/Dockerfile', 'x', 'y', { findings: [finding] }),
    { result: sampleResult({ target: 'nosuch/', ...failed }), source: '', path: 'Dockerfile' },
    { result: sampleResult({ target: './Dockerfile', ...failed }), source: '', path: 'Dockerfile' },
  )
  expect(uris?.results?.[0]?.locations?.[0]?.physicalLocation?.artifactLocation).toEqual({
    uri: 'a%23b/c%3F/Dockerfile',
    uriBaseId: '%SRCROOT%',
  })
  expect(uris?.invocations?.[0]?.toolExecutionNotifications?.map(({ locations }) => locations?.[0])).toEqual([
    { logicalLocations: [{ fullyQualifiedName: 'nosuch/', kind: 'resource' }] },
    { physicalLocation: { artifactLocation: { uri: 'Dockerfile', uriBaseId: '%SRCROOT%' } } },
  ])
})

test('of nothing there is a run all the same: a scanner that finds nothing must close what is open', () => {
  expect(runOf()).toMatchObject({ results: [], invocations: [{ executionSuccessful: true }] })
})
