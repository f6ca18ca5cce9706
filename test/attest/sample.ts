import { createHash } from 'node:crypto'
import {
  evidenceFiles,
  type ProofPredicate,
  type Proven,
  type Statement,
  type TestResult,
} from '../../src/attest/statement.ts'
import { knownConditions } from '../../src/proof/conditions/index.ts'
import type { ReportProof, TargetResult } from '../../src/report/report.ts'
import { proof, sampleResult } from '../report/sample.ts'

export const ID = 'a1'.repeat(32)
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export const proven: Proven = {
  image: {
    name: 'app:1',
    id: `sha256:${ID}`,
    baseline: `sha256:${'b2'.repeat(32)}`,
    user: '33:33',
    repoDigests: [`registry.example/app@sha256:${'c3'.repeat(32)}`],
  },
  grants: [
    {
      path: '/var/cache/app',
      kind: 'own-directory',
      mode: 0o750,
      evidence: [{ source: 'traced', subject: '/var/cache/app', detail: 'openat' }],
    },
  ],
  operations: [
    { access: 'write', path: '/var/cache/app/x', outcome: 'done', source: 'traced', detail: 'openat', pid: 7, at: 2 },
    { access: 'bind', path: null, port: 8080, protocol: 'tcp', outcome: 'done', source: 'traced', detail: 'bind' },
    { access: 'write', path: '/var/cache/app/x', outcome: 'done', source: 'traced', detail: 'openat', pid: 9, at: 3 },
  ],
}

/** All conditions of a proof, those that a test speaks of as it says. */
export function cells(
  change: Readonly<Record<string, Partial<ReportProof['cells'][number]>>> = {},
): ReportProof['cells'] {
  return knownConditions().map(({ name }, at) => ({
    name,
    required: at < 2,
    outcome: 'pass',
    reason: '',
    ...change[name],
  }))
}

export function proved(change: Partial<ReportProof> = {}, result: Partial<TargetResult> = {}): TargetResult {
  return sampleResult({ verdict: 'hardened', ...result, proof: { ...proof, cells: cells(), ...change } })
}

/** The text of each file, by name. */
export function files(result: TargetResult = proved(), more: Partial<Proven> = {}): Map<string, string> {
  return new Map(evidenceFiles(result, { ...proven, ...more }, sha256).map(({ name, text }) => [name, text]))
}

export type Both = { readonly 'test-result': Statement<TestResult>; readonly proof: Statement<ProofPredicate> }

export function statements(from: ReadonlyMap<string, string> = files()): Both {
  const parsed = (name: string) => JSON.parse(from.get(`${name}.statement.json`) ?? 'null')
  return { 'test-result': parsed('test-result'), proof: parsed('proof') }
}
