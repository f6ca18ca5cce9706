// The schema says what the JSON report is: samples of every kind fit, and each departure from the contract does not.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Known } from '../../src/image/facts.ts'
import { questionKinds } from '../../src/questions.ts'
import type { Rendering } from '../../src/report/format.ts'
import { inspection } from '../../src/report/inspection.ts'
import { json, reportOf } from '../../src/report/json.ts'
import { finding, proof, question, sampleProject, sampleResult } from './sample.ts'

const schema = JSON.parse(readFileSync('schema/report.schema.json', 'utf8'))
const validate = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(schema)
const problems = (value: unknown) => (validate(value) ? [] : (validate.errors ?? []))

const error = { code: 'unreadable', message: 'Dockerfile cannot be read: it is a folder' }
const plan: Parameters<typeof inspection>[2] = {
  outcome: 'unknown',
  reason: 'the base is not known',
  userBefore: { known: false, reason: 'there is no engine' },
  account: null,
  decisions: [],
  remarks: [],
}
const noFacts: Known<never> = { known: false, reason: 'there is no engine' }

const samples: Readonly<Record<string, Rendering['result']>> = {
  rewritten: sampleResult({ findings: [finding, question] }),
  unchanged: sampleResult({ verdict: 'unchanged', changed: false, user: null }),
  'bare uid': sampleResult({ user: { name: '', uid: 10001, gid: 0, from: 'option' } }),
  'a finding without hint': sampleResult({
    verdict: 'incomplete',
    findings: [{ ...finding, outcome: 'todo', evidence: [] }],
  }),
  'a finding with more': sampleResult({ findings: [Object.assign({ ruleUrl: 'https://example.org' }, finding)] }),
  proved: sampleResult({ kind: 'image', target: 'nginx:latest', proof }),
  'proved with what could not be read': sampleResult({
    proof: {
      ...proof,
      passed: false,
      result: null,
      baseline: { image: 'x', uids: [], capabilities: null },
      remarks: ['no port answers'],
    },
  }),
  'needs root': sampleResult({ verdict: 'needs-root', changed: false, user: null }),
  'a project': sampleProject({ findings: [{ ...finding, file: 'compose.override.yaml' }] }),
  'a project whose volumes need nothing': sampleProject({ kind: 'kubernetes', migration: null }),
  failed: sampleResult({
    verdict: 'failed',
    user: null,
    stages: [],
    output: '',
    changed: false,
    error: { ...error, hint: 'name a file', line: 3 },
  }),
}

const render = (results: readonly Rendering[]) => json.render(results, { colour: true })
const rendering = (result: Rendering['result']): Rendering => ({ result, source: '', path: 'Dockerfile' })

describe('the report fits its schema', () => {
  test.each(Object.entries(samples))('%s', (_name, result) => {
    expect(problems(JSON.parse(render([rendering(result)])))).toEqual([])
  })

  test('fits where there are no results', () => {
    expect(problems(JSON.parse(render([])))).toEqual([])
  })

  test('fits with an inspection', () => {
    const inspected = { ...rendering(sampleResult()), inspection: [inspection('final', noFacts, plan)] }
    expect(problems(JSON.parse(render([inspected])))).toEqual([])
  })
})

const whole = reportOf([{ result: sampleResult({ findings: [finding, question], proof }) }])
const [result] = whole.results
const [project] = reportOf([{ result: sampleProject() }]).results
const departures: readonly (readonly [string, unknown])[] = [
  ['another version', { ...whole, version: 2 }],
  ['another tool', { ...whole, tool: 'dockle 1' }],
  ['more at the top', { ...whole, summary: {} }],
  ['more in a result', { ...whole, results: [{ ...result, extra: 1 }] }],
  ['a new verdict', { ...whole, results: [{ ...result, verdict: 'fine' }] }],
  ['a failed one without error', { ...whole, results: [{ ...result, verdict: 'failed' }] }],
  ['an error without failing', { ...whole, results: [{ ...result, error }] }],
  ...['services', 'files', 'migration'].map(
    (key) => [`a project without ${key}`, { ...whole, results: [without(project, key)] }] as const,
  ),
  ['a Dockerfile with services', { ...whole, results: [{ ...result, services: [] }] }],
  ['a migration without its undo', { ...whole, results: [{ ...project, migration: { command: 'x' } }] }],
  ['a line 0', { ...whole, results: [{ ...result, findings: [{ ...finding, line: 0 }] }] }],
  [
    'a question of no kind',
    { ...whole, results: [{ ...result, questions: [{ kind: 'fate', count: 1, where: 'x' }] }] },
  ],
  ['a uid as text', { ...whole, results: [{ ...result, user: { ...result?.user, uid: '10001' } }] }],
  ...['target', 'kind', 'verdict', 'user', 'stages', 'findings', 'questions', 'output', 'changed', 'proof'].map(
    (key) => [`a result without ${key}`, { ...whole, results: [without(result, key)] }] as const,
  ),
  ...['transform', 'outcome', 'line', 'column', 'message', 'evidence'].map(
    (key) =>
      [`a finding without ${key}`, { ...whole, results: [{ ...result, findings: [without(finding, key)] }] }] as const,
  ),
  ...Object.keys(proof).map(
    (key) => [`a proof without ${key}`, { ...whole, results: [{ ...result, proof: without(proof, key) }] }] as const,
  ),
]

test.each(departures)('the schema refuses %s', (_name, value) => {
  expect(problems(whole)).toEqual([])
  expect(problems(value)).not.toEqual([])
})

test('the kinds of questions are those of the table', () => {
  expect(schema.$defs.questionKind.enum).toEqual(questionKinds)
})

test('is the same text whatever order the fields came in', () => {
  const one = sampleResult({ findings: [finding] })
  const turned = Object.fromEntries(Object.entries(one).reverse()) as unknown as typeof one
  expect(render([rendering(turned)])).toBe(render([rendering(one)]))
  expect(render([rendering(one)]).startsWith('{\n  "version": 1,\n  "tool": "harden-image ')).toBe(true)
})

function without(value: object | undefined, key: string): object {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => name !== key))
}
