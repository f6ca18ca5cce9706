import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import { PROOF, TEST_RESULT, testResult } from '../../src/attest/statement.ts'
import { knownConditions } from '../../src/proof/conditions/index.ts'
import { cells, files, ID, proved, proven, sha256, statements } from './sample.ts'

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true })
formats.default(ajv)
ajv.addSchema(read('schema/report.schema.json'), 'report.schema.json')
const statement = ajv.compile(read('test/attest/in-toto.schema.json'))
const predicate = ajv.compile(read('schema/proof-predicate.schema.json'))

describe('the statements of a proof', () => {
  const [first] = cells()
  test.each([
    ['that passed', files()],
    [
      'of an image that was never pushed',
      files(proved(), { image: { ...proven.image, baseline: null, repoDigests: [] } }),
    ],
    ['without a trace', files(proved(), { operations: null })],
    ['that failed', files(proved({ passed: false, cells: cells({ [first?.name ?? '']: { outcome: 'fail' } }) }))],
    ['of what could not be run', files(proved({ passed: false, result: null }))],
  ])('%s fit what in-toto publishes, and the schema of their own predicate', (_, made) => {
    for (const name of ['test-result', 'proof'] as const) {
      const one = statements(made)[name]
      expect(statement(one) ? [] : statement.errors).toEqual([])
      expect(JSON.parse(made.get(`${name}.predicate.json`) ?? '')).toEqual(one.predicate)
    }
    const own = statements(made).proof.predicate
    expect(predicate(own) ? [] : predicate.errors).toEqual([])
  })

  test.each([
    ['a subject without a digest', { subject: [{ name: 'app:1' }] }],
    ['another _type', { _type: 'https://in-toto.io/Statement/v2' }],
    ['a test-result without configuration', { predicate: { result: 'PASSED' } }],
    ['a result of its own', { predicate: { result: 'OK', configuration: [] } }],
  ])('%s does not fit', (_, change) => {
    expect(statement({ ...statements()['test-result'], ...change })).toBe(false)
  })

  test('are about the id of the image, and about the digest by which a registry has it', () => {
    expect(statements().proof.subject).toEqual([
      { name: 'app:1', digest: { sha256: ID } },
      { name: 'registry.example/app', digest: { sha256: 'c3'.repeat(32) } },
    ])
    expect(statements()['test-result'].subject).toEqual(statements().proof.subject)
  })

  test('name the report, the Dockerfile, the baseline and the trace by what is in them', () => {
    const made = files()
    const { configuration } = statements(made)['test-result'].predicate
    const digests = Object.fromEntries(configuration.map(({ name, digest }) => [name, digest?.sha256]))
    expect(digests).toEqual({
      'report.json': sha256(made.get('report.json') ?? ''),
      Dockerfile: sha256(proved().output),
      baseline: 'b2'.repeat(32),
      'trace.ndjson': sha256(made.get('trace.ndjson') ?? ''),
      'harden-image': undefined,
    })
  })

  test('say which paths were granted and why, and each access of the trace once, whatever process it was', () => {
    const { granted, trace } = statements().proof.predicate
    expect(granted).toEqual([
      {
        path: '/var/cache/app',
        mode: '0750',
        evidence: [{ source: 'traced', subject: '/var/cache/app', detail: 'openat' }],
      },
    ])
    expect(trace?.operations).toBe(2)
    expect(files().get('trace.ndjson')?.trimEnd().split('\n')).toEqual([
      '{"access":"bind","path":null,"port":8080,"protocol":"tcp","outcome":"done"}',
      '{"access":"write","path":"/var/cache/app/x","outcome":"done"}',
    ])
  })

  test('are none where nothing was proved', () => {
    expect([...files({ ...proved(), proof: null }).keys()]).toEqual([])
  })
})

describe('the result', () => {
  const of = (...args: Parameters<typeof proved>) => {
    const { predicate } = statements(files(proved(...args))).proof
    return testResult(predicate)
  }
  const optional = cells().find(({ required }) => !required)?.name ?? ''
  const required = cells().find((cell) => cell.required)?.name ?? ''

  test('is PASSED where all passed, and names each', () => {
    const { result, passedTests } = of()
    expect(result).toBe('PASSED')
    expect(passedTests).toEqual(
      expect.arrayContaining([
        'proof',
        'verdict: hardened',
        'no process is root',
        `condition: ${required}`,
        'check: http :8080/',
      ]),
    )
  })

  test('is WARNED where an optional condition failed, which the operator may choose', () => {
    const { result, warnedTests } = of({ cells: cells({ [optional]: { outcome: 'fail' } }) })
    expect([result, warnedTests]).toEqual(['WARNED', [`condition: ${optional}`]])
  })

  test('says nothing of an optional condition that was not asked', () => {
    const { result, passedTests } = of({ cells: cells({ [optional]: { outcome: 'not asked' } }) })
    expect(result).toBe('PASSED')
    expect(passedTests).not.toContain(`condition: ${optional}`)
  })

  test.each([
    [
      'a required condition failed',
      `condition: ${required}`,
      { cells: cells({ [required]: { outcome: 'fail' } }) },
      {},
    ],
    [
      'a required condition was not asked',
      `condition: ${required}`,
      { cells: cells({ [required]: { outcome: 'not asked' } }) },
      {},
    ],
    ['a check failed', 'check: x', { checks: [{ name: 'x', baseline: '1', result: '2', passed: false }] }, {}],
    ['the proof did not pass', 'proof', { passed: false }, {}],
    ['a process is root', 'no process is root', { result: { ...proved().proof?.result, uids: [0, 33] } as never }, {}],
    ['no process was seen', 'no process is root', { result: { ...proved().proof?.result, uids: [] } as never }, {}],
    ['something is left for a person', 'verdict: incomplete', {}, { verdict: 'incomplete' as const }],
    ['it has to be root', 'verdict: needs-root', {}, { verdict: 'needs-root' as const }],
  ])('is FAILED where %s', (_, name, change, result) => {
    const told = of(change, result)
    expect([told.result, told.failedTests]).toEqual(['FAILED', [name]])
  })
})

describe('the policy of docs/how-to/attest.md', () => {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/how-to/attest.md', 'utf8')) ?? []
  const rules = parse(text, { maxAliasCount: 10 }).spec.rules
  const attestations: {
    type: string
    attestors: unknown[]
    conditions: { all: { key: string; value: unknown }[] }[]
  }[] = rules[0].verifyImages[0].attestations

  test('asks for both statements, signed, by the types that are written', () => {
    expect(attestations.map(({ type }) => type)).toEqual([TEST_RESULT, PROOF])
    for (const { attestors } of attestations) expect(attestors).toHaveLength(1)
  })

  test('names fields, tests and conditions that are there', () => {
    const made = statements()
    for (const { type, conditions } of attestations) {
      const predicate = type === PROOF ? made.proof.predicate : made['test-result'].predicate
      const asked = conditions.flatMap(({ all }) => all.flatMap(({ key, value }) => [key, String(value)]))
      const fields = asked.flatMap((one) => /\{\{ (?:length\()?(\w+)/.exec(one)?.[1] ?? [])
      expect(fields.length).toBeGreaterThan(2)
      expect(fields.filter((field) => !Object.hasOwn(predicate, field))).toEqual([])
      for (const one of asked) {
        const [, condition] = /name=='([^']+)'/.exec(one) ?? []
        if (condition !== undefined) expect(knownConditions().map(({ name }) => name)).toContain(condition)
      }
    }
    expect(made['test-result'].predicate.passedTests).toContain('no process is root')
  })
})
