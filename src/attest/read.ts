import { jsonIn } from '../borders/json.ts'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { isObject } from '../manifests/yaml/file.ts'
import { PROOF, type ProofPredicate, TEST_RESULT, type TestResult } from './statement.ts'

/** A statement from outside. Only its shape has been checked so far. */
export interface GivenStatement {
  /** What the messages call it. */
  readonly from: string
  /** SHA-256 digests of its subjects, hexadecimal. */
  readonly digests: readonly string[]
  readonly said:
    | { readonly kind: 'test-result'; readonly predicate: TestResult }
    | { readonly kind: 'proof'; readonly predicate: ProofPredicate }
    | { readonly kind: 'other'; readonly predicateType: string }
}

/**
 * The statements of a text: one as JSON, in an envelope (DSSE) or a bundle of Sigstore, or one a line, as
 * `cosign verify-attestation` prints them. A signature is not looked at: who checks it hands over what it is of. Throws HardenError
 * `unreadable`.
 */
export function readStatements(text: string, from: string): readonly GivenStatement[] {
  const whole = jsonIn(text)
  const values = whole === undefined ? text.split('\n').filter((line) => line.trim() !== '') : null
  if (values === null) return [statementOf(whole, from)]
  if (values.length > bounds.statements)
    throw unreadable(from, `there are ${values.length} lines, and at most ${bounds.statements} statements are read`)
  if (values.length === 0) throw unreadable(from, 'it is empty')
  return values.map((line, at) => {
    const value = jsonIn(line)
    if (value === undefined)
      throw unreadable(from, values.length === 1 ? 'it is not JSON' : `line ${at + 1} is not JSON`)
    return statementOf(value, values.length === 1 ? from : `${from}:${at + 1}`)
  })
}

function statementOf(value: unknown, from: string): GivenStatement {
  if (!isObject(value)) throw unreadable(from, 'it is no object')
  const envelope = isObject(value.dsseEnvelope) ? value.dsseEnvelope : value
  if (typeof envelope.payload === 'string') return statementOf(payloadOf(envelope.payload, from), from)
  const { _type, subject, predicateType, predicate = {} } = value
  // cosign writes v0.1 around predicates of v1; subjects and predicate are where they were.
  if (typeof _type !== 'string' || !/^https:\/\/in-toto\.io\/Statement\/v(0\.1|1)$/.test(_type))
    throw unreadable(from, 'it is no in-toto statement: its _type is another one')
  if (typeof predicateType !== 'string') throw unreadable(from, 'its predicateType is missing')
  if (!Array.isArray(subject) || subject.length === 0 || subject.length > bounds.statements)
    throw unreadable(from, 'it has no list of subjects')
  const digests = subject.map((one) => {
    const digest = isObject(one) && isObject(one.digest) ? one.digest.sha256 : undefined
    return typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest) ? digest : ''
  })
  return { from, digests: digests.filter((digest) => digest !== ''), said: saidOf(predicateType, predicate, from) }
}

function payloadOf(payload: string, from: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
    const value = jsonIn(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    // An envelope inside an envelope is refused.
    if (isObject(value) && value.payload === undefined && value.dsseEnvelope === undefined) return value
  } catch {
    // Not base64, or no text.
  }
  throw unreadable(from, 'the payload of its envelope is no statement')
}

function saidOf(predicateType: string, predicate: unknown, from: string): GivenStatement['said'] {
  if (predicateType === TEST_RESULT) {
    if (!isTestResult(predicate)) throw unreadable(from, 'its predicate is no test-result')
    return { kind: 'test-result', predicate }
  }
  if (predicateType === PROOF) {
    if (!isProof(predicate)) throw unreadable(from, 'its predicate is no proof of harden-image')
    return { kind: 'proof', predicate }
  }
  return { kind: 'other', predicateType }
}

function isTestResult(value: unknown): value is TestResult {
  if (!isObject(value)) return false
  const { result, configuration, passedTests, warnedTests, failedTests } = value
  return (
    (result === 'PASSED' || result === 'WARNED' || result === 'FAILED') &&
    Array.isArray(configuration) &&
    configuration.every(isObject) &&
    [passedTests, warnedTests, failedTests].every((list) => isListOf(list, (one) => typeof one === 'string'))
  )
}

function isProof(value: unknown): value is ProofPredicate {
  if (!isObject(value)) return false
  const { tool, target, verdict, engine, passed, uids, conditions, checks, granted, trace, report, user } = value
  return (
    [tool, target, verdict, engine].every((text) => typeof text === 'string') &&
    typeof passed === 'boolean' &&
    (user === undefined || typeof user === 'string') &&
    (uids === null || isListOf(uids, Number.isInteger)) &&
    isListOf(
      conditions,
      (one) =>
        isObject(one) &&
        typeof one.name === 'string' &&
        typeof one.required === 'boolean' &&
        ['pass', 'fail', 'not asked'].includes(String(one.outcome)),
    ) &&
    isListOf(checks, (one) => isObject(one) && typeof one.name === 'string' && typeof one.passed === 'boolean') &&
    isListOf(granted, (one) => isObject(one) && typeof one.path === 'string') &&
    (trace === null || isNamedDigest(trace)) &&
    isNamedDigest(report)
  )
}

function isNamedDigest(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.name === 'string' &&
    isObject(value.digest) &&
    typeof value.digest.sha256 === 'string'
  )
}

function isListOf(value: unknown, is: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= bounds.statementRows && value.every(is)
}

function unreadable(from: string, why: string): HardenError {
  return new HardenError('unreadable', `${from} cannot be read: ${why}`, {
    hint: 'name the statements that --attest has written, or what cosign verify-attestation prints of them',
  })
}
