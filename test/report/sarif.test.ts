import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { Log, Replacement } from 'sarif'
import { harden } from '../../src/app/harden-text.ts'
import type { Rendering } from '../../src/report/format.ts'
import { helpOf, sarif } from '../../src/report/sarif.ts'
import { finding, proof, question, sampleProject, sampleRendering, sampleResult } from './sample.ts'

const require = createRequire(import.meta.url)
/** As OASIS has published it, of an old draft whose `id` is of no use here. */
const { $schema: _, ...schema } = JSON.parse(
  readFileSync(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
  (key, value) => (key === 'id' && typeof value === 'string' ? undefined : value),
)
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
formats.default(ajv)
const validate = ajv.compile(schema)
const problems = (log: unknown) => (validate(log) ? [] : validate.errors)

const RULES = new Map([['set-user', 'Set USER uid:gid as the last step before the start.']])
const runOf = (...renderings: Rendering[]) => {
  const log = JSON.parse(sarif.render(renderings, { colour: false, rules: RULES })) as Log
  expect(problems(log)).toEqual([])
  expect([log.version, log.runs.length]).toEqual(['2.1.0', 1])
  return log.runs[0]
}

test('a finding is a result at its place, by the rule that says it', () => {
  const todo = { ...finding, transform: 'prove', outcome: 'todo' as const, line: 3, evidence: [] }
  const run = runOf(
    sampleRendering('a b/Dockerfile', 'FROM debian\n', 'FROM debian\nUSER 1:1\n', { findings: [finding, todo] }),
  )
  expect(run?.tool.driver.rules?.map(({ id, shortDescription }) => [id, shortDescription?.text])).toEqual([
    ['prove', expect.stringMatching(/^What a proof has found: /)],
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
            region: { startLine: 12, startColumn: 1, endLine: 12 },
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
            region: { startLine: 3, startColumn: 1, endLine: 3 },
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
        region: { startLine: 12, startColumn: 1, endLine: 12 },
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
                region: { startLine: 3, startColumn: 1, endLine: 3 },
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

test('the schema is one that refuses what is none', () => {
  const log = JSON.parse(sarif.render([sampleRendering('a', 'x', 'y', { findings: [finding] })], { colour: false }))
  expect(problems(log)).toEqual([])
  expect(problems({ ...log, version: '2.0.0' })).not.toEqual([])
  log.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0
  expect(problems(log)).not.toEqual([])
})

const hardened = (dockerfile: string, path = 'Dockerfile'): Rendering => {
  const result = harden({ dockerfile })
  return { path, source: dockerfile, result: { ...result, target: path } }
}

/** What a viewer makes of the text when it applies them: places are of the text before, insertions keep their order. */
function applied(source: string, replacements: readonly Replacement[]): string {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)]
  const offset = (line = 1, column = 1) => (starts[line - 1] ?? source.length) + column - 1
  const edits = replacements.map(
    ({ deletedRegion: { startLine, startColumn, endLine, endColumn }, insertedContent }) => ({
      start: offset(startLine, startColumn),
      end: offset(endLine, endColumn),
      text: insertedContent?.text ?? '',
    }),
  )
  return edits
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => b.start - a.start || b.index - a.index)
    .reduce((text, { start, end, text: inserted }) => text.slice(0, start) + inserted + text.slice(end), source)
}

const SOURCES = {
  plain: 'FROM debian:trixie-slim\nEXPOSE 80\nCMD ["/x"]\n',
  'carriage returns': 'FROM node:22-slim\r\nWORKDIR /app\r\nCOPY . .\r\nCMD ["node", "a.js"]\r\n',
  'characters of two units':
    '# \u{1f9f1}\nFROM debian:trixie-slim\nRUN echo "\u{1f9f1}" \\\n  && true\nVOLUME /data\nENTRYPOINT ["/x"]',
  'a loose end': 'FROM nginx:latest \\\n',
}

test.each(Object.entries(SOURCES))('all fixes of a file together are its change: %s', (_name, source) => {
  const rendering = hardened(source)
  expect(rendering.result.changed).toBe(true)
  const changes =
    runOf(rendering)?.results?.flatMap(({ fixes = [] }) => fixes.flatMap((fix) => fix.artifactChanges)) ?? []
  expect(changes.map(({ artifactLocation: { uri } }) => uri)).toEqual(changes.map(() => 'Dockerfile'))
  expect(
    applied(
      source,
      changes.flatMap(({ replacements }) => replacements),
    ),
  ).toBe(rendering.result.output)
})

test('what is written already, and what is not known to make the result, has no fix', () => {
  const rendering = hardened(SOURCES.plain)
  const fixes = (one: Rendering, isWritten: boolean) =>
    (JSON.parse(sarif.render([one], { colour: false, isWritten })) as Log).runs[0]?.results?.flatMap(
      ({ fixes = [] }) => fixes,
    )
  expect(fixes(rendering, false)).not.toEqual([])
  expect(fixes(rendering, true)).toEqual([])
  const heldBack = { ...rendering, result: { ...rendering.result, proof: { ...proof, passed: false } } }
  expect(fixes(heldBack, true)).not.toEqual([])
  expect(fixes({ ...rendering, source: `# another\n${rendering.source}` }, false)).toEqual([])
})

test('a region ends where its instruction does, or its line', () => {
  const source = 'FROM debian\nRUN one \\\n    two\n# \u{1f9f1}\nCMD x\n'
  const at = (line: number, column = 1) => ({ ...finding, line, column })
  const run = runOf(sampleRendering('Dockerfile', source, source, { findings: [at(2), at(4), at(5), at(9)] }))
  expect(run?.results?.map(({ locations }) => locations?.[0]?.physicalLocation?.region)).toEqual([
    { startLine: 2, startColumn: 1, endLine: 3, endColumn: 8 },
    { startLine: 4, startColumn: 1, endLine: 4, endColumn: 5 },
    { startLine: 5, startColumn: 1, endLine: 5, endColumn: 6 },
    { startLine: 9, startColumn: 1, endLine: 9 },
  ])
})

test('a fingerprint stays when lines move, and differs by rule, file, text and place among those alike', () => {
  const prints = (path: string, source: string, ...findings: (typeof finding)[]) =>
    runOf(sampleRendering(path, source, source, { findings }))?.results?.map(
      ({ partialFingerprints }) => partialFingerprints?.primaryLocationLineHash,
    ) ?? []
  const at = (line: number, transform = 'set-user') => ({ ...finding, line, transform, message: `of line ${line}` })
  const [first, second, other] = prints('a', 'FROM a\nCMD x\nCMD y\n', at(2), at(2), at(3))
  expect(prints('a', '# more\n\nFROM a\n  CMD x\r\nCMD y\n', at(4), at(4), at(5))).toEqual([first, second, other])
  const all = [
    first,
    second,
    other,
    ...prints('b', 'FROM a\nCMD x\n', at(2)),
    ...prints('a', 'FROM a\nCMD x\n', at(2, 'set-home')),
  ]
  expect(new Set(all).size).toBe(5)
  for (const one of all) expect(one).toMatch(/^[0-9a-f]{16}:[12]$/)
})

test('a rule says how bad it is and where it is explained', () => {
  const run = runOf(sampleRendering('a', 'x', 'x', { findings: [finding, { ...finding, transform: 'read-build' }] }))
  const rules = run?.tool.driver.rules ?? []
  expect(rules.map(({ id, properties }) => [id, properties?.['security-severity'], properties?.tags])).toEqual([
    ['read-build', '1.0', ['security']],
    ['set-user', '7.8', ['security']],
  ])
  for (const { id, help } of rules) expect(help?.text).toContain(`docs/rules/${id}.md`)
  expect(rules.find(({ id }) => id === 'read-build')?.shortDescription?.text).toMatch(
    /^Other files of the repository say/,
  )
  const why = 'Kubernetes can check `runAsNonRoot` only on a number'
  expect(rules.find(({ id }) => id === 'set-user')?.help?.markdown).toContain(why)
})

const explained = {
  name: 'set-user',
  summary: 'Set it.',
  page: '`USER` is set. See [forms](../reference/user-forms.md#numbers), [prove](prove.md) and [why](../explanation/proof.md).',
}

test('without an address of the project a rule has its page, no link that leads nowhere, and no address', () => {
  expect(helpOf(explained, null)).toEqual({
    help: {
      text: 'Set it. What it means and what to do: docs/rules/set-user.md of harden-image',
      markdown:
        'Set it.\n\n`USER` is set. See forms, prove and why.\n\nIts page: `docs/rules/set-user.md` of harden-image',
    },
  })
})

test('with one the links of its page and its own address lead there', () => {
  const at = 'https://example.org/harden-image/blob/HEAD/docs'
  expect(helpOf(explained, 'https://example.org/harden-image')).toEqual({
    help: {
      text: `Set it. What it means and what to do: ${at}/rules/set-user.md`,
      markdown: `Set it.\n\n\`USER\` is set. See [forms](${at}/reference/user-forms.md#numbers), [prove](${at}/rules/prove.md) and [why](${at}/explanation/proof.md).\n\nIts page: [docs/rules/set-user.md](${at}/rules/set-user.md)`,
    },
    helpUri: `${at}/rules/set-user.md`,
  })
})

test('a project fits the schema, and its findings stand in the files that they are of', () => {
  const files = [
    { name: 'web/Dockerfile', before: 'FROM debian\n'.repeat(12), after: 'FROM debian\nUSER 10001:10001\n' },
  ]
  const result = sampleProject({ findings: [{ ...finding, line: 1, file: 'compose.override.yaml' }] })
  const run = runOf({ result, source: 'services: {}\n', path: 'compose.yaml', files })
  expect(run?.results?.map(({ locations }) => locations?.[0]?.physicalLocation)).toEqual([
    {
      artifactLocation: { uri: 'compose.override.yaml', uriBaseId: '%SRCROOT%' },
      region: { startLine: 1, startColumn: 1, endLine: 1 },
    },
    {
      artifactLocation: { uri: 'web/Dockerfile', uriBaseId: '%SRCROOT%' },
      region: { startLine: 12, startColumn: 1, endLine: 12, endColumn: 12 },
    },
  ])
})

test('of services that run one image what is said of both is one result, with its fix', () => {
  const { source, result } = hardened(SOURCES.plain, 'api/Dockerfile')
  const services = ['api', 'worker'].map((target) => ({ ...result, target, file: 'api/Dockerfile' }))
  const files = [{ name: 'api/Dockerfile', before: source, after: result.output }]
  const run = runOf({ result: sampleProject({ services }), source: 'services: {}\n', path: 'compose.yaml', files })
  expect(run?.results).toHaveLength(result.findings.length)
  expect(run?.results?.filter(({ fixes }) => fixes !== undefined)).toHaveLength(
    result.findings.filter(({ edits = [] }) => edits.length > 0).length,
  )
})

test('a question is open, and no finding that counts', () => {
  const [result] = runOf(sampleRendering('Dockerfile', 'FROM debian\n', 'x\n', { findings: [question] }))?.results ?? []
  expect([result?.kind, result?.level]).toEqual(['open', 'none'])
})
