import { describe, expect, test } from '@jest/globals'
import { checkStatements, type FileNow, type ImageNow } from '../../src/attest/check.ts'
import { type GivenStatement, readStatements } from '../../src/attest/read.ts'
import type { Statement } from '../../src/attest/statement.ts'
import { knownConditions } from '../../src/proof/conditions/index.ts'
import type { TargetResult } from '../../src/report/report.ts'
import { proof } from '../report/sample.ts'
import { type Both, cells, files, ID, proved, proven, sha256, statements } from './sample.ts'

const image: ImageNow = { name: 'app:1', digests: [ID], user: '33:33', uid: 33 }

function beside(made: ReadonlyMap<string, string>): ReadonlyMap<string, FileNow> {
  const report = made.get('report.json') ?? ''
  const result = JSON.parse(report).results[0] as TargetResult
  return new Map([
    ['report.json', { sha256: sha256(report), result }],
    ['trace.ndjson', { sha256: sha256(made.get('trace.ndjson') ?? ''), result: null }],
  ])
}

const given = (both: Both): readonly GivenStatement[] =>
  (['test-result', 'proof'] as const).flatMap((name) => readStatements(JSON.stringify(both[name]), `${name}.json`))

function problems(both: Both, now = image, there = beside(files())): readonly string[] {
  return checkStatements(given(both), now, { conditions: knownConditions(), files: there }).problems
}

type Open<T> = T extends readonly (infer Item)[]
  ? Open<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Open<T[Key]> }
    : T

/** A copy in which something was changed. */
function changed(change: (both: Open<Both>) => void): Both {
  const copy = structuredClone(statements()) as Open<Both>
  change(copy)
  return copy
}

describe('statements', () => {
  test('as they were written hold', () => {
    const verified = checkStatements(given(statements()), image, {
      conditions: knownConditions(),
      files: beside(files()),
    })
    expect(verified.problems).toEqual([])
    expect(verified.open).toEqual([])
    expect(verified.held).toHaveLength(7)
  })

  test('hold for the image as a registry has it', () => {
    expect(problems(statements(), { ...image, name: 'x', digests: ['c3'.repeat(32)] })).toEqual([])
  })

  test('hold with their keys in another order, in an envelope, and as cosign writes them', () => {
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .sort()
                .map(([key, item]) => [key, sorted(item)]),
            )
          : value
    const envelope = (one: Statement) => {
      const payload = { ...(sorted(one) as object), _type: 'https://in-toto.io/Statement/v0.1' }
      return JSON.stringify({
        payloadType: 'application/vnd.in-toto+json',
        payload: btoa(JSON.stringify(payload)),
        signatures: [],
      })
    }
    const both = statements()
    const lines = readStatements(`${envelope(both['test-result'])}\n${envelope(both.proof)}\n`, 'stdin')
    const verified = checkStatements(lines, image, { conditions: knownConditions(), files: beside(files()) })
    expect(verified.problems).toEqual([])
    const [bundle] = readStatements(JSON.stringify({ dsseEnvelope: JSON.parse(envelope(both.proof)) }), 'bundle.json')
    expect(bundle?.said.kind).toBe('proof')
  })

  test('about another image do not hold', () => {
    expect(problems(statements(), { ...image, name: 'app:2', digests: ['d4'.repeat(32)] })).toEqual([
      'test-result.json: it is about another image: sha256:a1a1a1a1a1a1, sha256:c3c3c3c3c3c3, and app:2 is sha256:d4d4d4d4d4d4',
      'proof.json: it is about another image: sha256:a1a1a1a1a1a1, sha256:c3c3c3c3c3c3, and app:2 is sha256:d4d4d4d4d4d4',
    ])
  })

  const ROOT = 'e5'.repeat(32)
  const aboutRoot = () =>
    changed((both) => {
      for (const one of [both.proof, both['test-result']]) one.subject = [{ name: 'app:1', digest: { sha256: ROOT } }]
    })

  test.each([
    ['', 0, 'not set'],
    ['root', 0, 'root'],
    ['0:0', 0, '0:0'],
    ['+0', 0, '+0'],
    ['toor', 0, 'toor'],
  ])('about an image that starts as root (USER %j) do not hold, whatever digest they name', (user, uid, said) => {
    expect(problems(aboutRoot(), { name: 'app:1', digests: [ROOT], user, uid })).toEqual([
      `app:1 starts as root: its USER is ${said}`,
    ])
  })

  test('about an image with another user do not hold', () => {
    const other = { ...image, user: '10001:10001', uid: 10001 }
    expect(problems(statements(), other)).toEqual([
      'proof.json: it is about an image whose USER is 33:33, and that of app:1 is 10001:10001',
    ])
    const older = changed(({ proof }) => delete proof.predicate.user)
    expect(problems(older, other)).toEqual(['proof.json: its processes ran as 33, and app:1 starts as 10001'])
    expect(problems(older)).toEqual([])
  })

  test('about an image whose user is nobody of its accounts do not hold', () => {
    const named = files(proved(), { image: { ...proven.image, user: 'app' } })
    expect(problems(statements(named), { ...image, user: 'app', uid: null }, beside(named))).toEqual([
      'app:1 starts as app, and none of its accounts that could be read says who that is',
    ])
    expect(problems(statements(named), { ...image, user: 'app', uid: 33 }, beside(named))).toEqual([])
  })

  test('of a proof with any uid hold for the user of the image', () => {
    const any = proved({ result: { ...proof.result, uids: [1000680000] } as never })
    expect(problems(statements(files(any)), image, beside(files(any)))).toEqual([])
  })

  test('in which a condition of every proof is not required, and has not passed, do not hold', () => {
    const weak = files(proved({ cells: cells({ plain: { required: false, outcome: 'fail' } }) }))
    expect(problems(statements(weak), image, beside(weak))).toEqual([
      'proof.json: the condition “plain” is required of every proof, and its outcome is fail',
    ])
    const twice = files(proved({ cells: [...cells({ plain: { outcome: 'fail', required: false } }), ...cells()] }))
    expect(problems(statements(twice), image, beside(twice))).toContain('proof.json: it has two conditions of one name')
  })

  test('with a changed digest do not hold', () => {
    const both = changed(({ proof }) => {
      proof.subject = [{ name: 'app:1', digest: { sha256: 'e5'.repeat(32) } }]
    })
    expect(problems(both)).toEqual([
      'proof.json: it is about another image: sha256:e5e5e5e5e5e5, and app:1 is sha256:a1a1a1a1a1a1',
    ])
  })

  test('do not hold with a report that was changed', () => {
    const other = files(proved({ checks: [] }))
    expect(
      problems(statements(), image, beside(new Map([...files(), ['report.json', other.get('report.json') ?? '']]))),
    ).toEqual([
      expect.stringMatching(/^report.json has changed: proof.json says sha256:\w{12}, and it is sha256:\w{12}$/),
      'proof.json: checks: report.json says otherwise',
    ])
  })

  test('do not hold with a changed report whose digest they were given', () => {
    const other = files(proved({ passed: false, cells: cells({ plain: { outcome: 'fail' } }) }))
    const digest = sha256(other.get('report.json') ?? '')
    const both = changed((copy) => {
      copy.proof.predicate.report.digest.sha256 = digest
      copy['test-result'].predicate.configuration.splice(0, 1, { name: 'report.json', digest: { sha256: digest } })
    })
    expect(problems(both, image, beside(other))).toEqual([
      'proof.json: passed: report.json says otherwise',
      'proof.json: conditions: report.json says otherwise',
    ])
  })

  test('do not hold with a trace that was changed', () => {
    const now = new Map([...beside(files()), ['trace.ndjson', { sha256: 'f6'.repeat(32), result: null }]])
    expect(problems(statements(), image, now)).toEqual([expect.stringMatching(/^trace.ndjson has changed/)])
  })

  test.each(['test-result', 'proof'] as const)('from which a condition was removed in %s do not hold', (where) => {
    const both = changed((copy) => {
      if (where === 'proof') copy.proof.predicate.conditions.shift()
      else
        copy['test-result'].predicate.passedTests = copy['test-result'].predicate.passedTests.filter(
          (name: string) => name !== 'condition: plain',
        )
    })
    expect(problems(both).join('\n')).toMatch(
      where === 'proof' ? /the condition “plain” is missing/ : /“condition: plain” is missing in passedTests/,
    )
  })

  test('from which a condition was removed everywhere, the report too, do not hold', () => {
    const without = files(proved({ cells: cells().slice(1) }))
    expect(problems(statements(without), image, beside(without))).toEqual([
      'proof.json: the condition “plain” is missing',
    ])
  })

  test('with a condition or a test of nobody do not hold', () => {
    const both = changed((copy) => copy['test-result'].predicate.passedTests.push('condition: better'))
    expect(problems(both)).toEqual([
      'test-result.json: “condition: better” stands in passedTests, and proof.json does not say so',
    ])
  })

  test('of a proof that did not pass do not hold, however they are called', () => {
    const failed = files(proved({ passed: false }))
    expect(problems(statements(failed), image, beside(failed))).toEqual(['proof.json: proof: it has not passed'])
    const both = changed((copy) => {
      copy.proof.predicate.passed = false
    })
    expect(problems(both)).toContain('test-result.json: it says PASSED, and by proof.json it is FAILED')
  })

  test.each(['test-result', 'proof'] as const)('without the %s do not hold', (name) => {
    const one = given(statements()).filter(({ said }) => said.kind !== name)
    const { problems } = checkStatements(one, image, { conditions: knownConditions(), files: beside(files()) })
    expect(problems).toEqual([`no statement is a ${name}: what the other one leaves out would not show`])
  })

  test('of two proofs are not mixed', () => {
    const all = [...given(statements()), ...given(statements())]
    const { problems } = checkStatements(all, image, { conditions: knownConditions(), files: beside(files()) })
    expect(problems).toEqual([
      'test-result.json and test-result.json are both a test-result: verify one proof at a time',
      'proof.json and proof.json are both a proof: verify one proof at a time',
    ])
  })

  test('whose report is not there are compared without it, which is said', () => {
    const verified = checkStatements(given(statements()), image, { conditions: knownConditions(), files: new Map() })
    expect(verified.problems).toEqual([])
    expect(verified.open).toEqual([
      'report.json is not beside proof.json, and was not compared',
      'trace.ndjson is not beside proof.json, and was not compared',
    ])
  })

  test('of another kind are left out, which is said', () => {
    const sbom = { ...statements().proof, predicateType: 'https://spdx.dev/Document', predicate: {} }
    const all = [...given(statements()), ...readStatements(JSON.stringify(sbom), 'sbom.json')]
    const { problems, open } = checkStatements(all, image, { conditions: knownConditions(), files: beside(files()) })
    expect([problems, open]).toEqual([[], ['sbom.json: its predicate is another one: https://spdx.dev/Document']])
  })
})

describe('a text that is no statement is refused', () => {
  const proof = statements().proof
  const with_ = (change: object) => JSON.stringify({ ...proof, ...change })
  test.each([
    ['', 'it is empty'],
    ['x', 'it is not JSON'],
    ['[]', 'it is no object'],
    ['{}', 'it is no in-toto statement: its _type is another one'],
    [with_({ _type: 'https://in-toto.io/Statement/v9' }), 'it is no in-toto statement: its _type is another one'],
    [with_({ predicateType: undefined }), 'its predicateType is missing'],
    [with_({ subject: [] }), 'it has no list of subjects'],
    [with_({ subject: Array(101).fill({}) }), 'it has no list of subjects'],
    [with_({ predicate: {} }), 'its predicate is no proof of harden-image'],
    [with_({ predicate: { ...proof.predicate, uids: ['0'] } }), 'its predicate is no proof of harden-image'],
    [with_({ predicateType: 'https://in-toto.io/attestation/test-result/v0.1' }), 'its predicate is no test-result'],
    ['{"payload":"%%"}', 'the payload of its envelope is no statement'],
    [
      JSON.stringify({ payload: btoa(JSON.stringify({ payload: btoa('{}') })) }),
      'the payload of its envelope is no statement',
    ],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'it is not JSON'],
    ['{}\n'.repeat(101), 'there are 101 lines, and at most 100 statements are read'],
    ['{}\nx\n', 'it is no in-toto statement: its _type is another one'],
  ])('%.60s', (text, why) => {
    expect(() => readStatements(text, 'x.json')).toThrow(new RegExp(`^x.json(:1)? cannot be read: ${why}$`))
  })
})
