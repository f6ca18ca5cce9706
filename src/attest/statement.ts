import type { Operation } from '../evidence/operation.ts'
import type { Grant } from '../plan/plan.ts'
import { reportOf } from '../report/json.ts'
import { type ReportCell, type ReportCheck, type TargetResult, tool, version } from '../report/report.ts'

/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
/** https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md */
export const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1'
/** Described by schema/proof-predicate.schema.json. */
export const PROOF = 'https://www.npmjs.com/package/harden-image/proof/v1'

export interface Statement<Predicate = unknown> {
  readonly _type: string
  readonly subject: readonly ResourceDescriptor[]
  readonly predicateType: string
  readonly predicate: Predicate
}

/** https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md, as far as it is written here. */
interface ResourceDescriptor {
  readonly name?: string
  readonly uri?: string
  /** Lower-case hexadecimal digits by algorithm. */
  readonly digest?: Readonly<Record<string, string>>
  readonly mediaType?: string
}

export interface TestResult {
  readonly result: 'PASSED' | 'WARNED' | 'FAILED'
  readonly configuration: readonly ResourceDescriptor[]
  readonly passedTests: readonly string[]
  readonly warnedTests: readonly string[]
  readonly failedTests: readonly string[]
}

/** What a test result has no room for: each condition, what was granted, and by which trace. */
export interface ProofPredicate {
  /** `harden-image 0.1.0` */
  readonly tool: string
  readonly target: string
  readonly verdict: TargetResult['verdict']
  readonly engine: string
  readonly passed: boolean
  /** `USER` of the image's config. Absent in statements of older versions. */
  readonly user?: string
  /** Of every process of the result that was seen, ascending; null where it was not run. */
  readonly uids: readonly number[] | null
  readonly conditions: readonly ReportCell[]
  readonly checks: readonly ReportCheck[]
  readonly granted: readonly GrantedPath[]
  readonly trace: TraceDigest | null
  /** The report that it was made from. */
  readonly report: NamedDigest
}

interface GrantedPath {
  readonly path: string
  /** Octal permission bits that are set; absent: as they are. */
  readonly mode?: string
  readonly evidence: Grant['evidence']
}

interface NamedDigest {
  /** The name of the file beside the statement. */
  readonly name: string
  readonly digest: { readonly sha256: string }
}

interface TraceDigest extends NamedDigest {
  /** Different accesses, a line each. */
  readonly operations: number
}

/** The image that was proved and stays. */
export interface ProvenImage {
  /** As people call it. */
  readonly name: string
  /** `sha256:…`, as the engine calls it: the digest of its config, or, with the image store of containerd, of its manifest. */
  readonly id: string
  /** What it was compared with, `sha256:…` too; null where that is not known. */
  readonly baseline: string | null
  /** `USER` of its config; '' where it has none. */
  readonly user: string
  /** The digests that registries have it under, `NAME@sha256:…`; empty where it was never pushed. */
  readonly repoDigests: readonly string[]
}

/** What is kept of a proof beside its result. */
export interface Proven {
  readonly image: ProvenImage
  readonly grants: readonly Grant[]
  /** The operations of the traced run of the result; null where it was not traced. */
  readonly operations: readonly Operation[] | null
}

export interface EvidenceFile {
  /** Without a folder. */
  readonly name: string
  readonly text: string
}

const REPORT_FILE = 'report.json'
const TRACE_FILE = 'trace.ndjson'

/**
 * All files of one proof: the report, the trace, and for each predicate the statement and, for what makes a statement of it itself
 * (`cosign attest --predicate`), the predicate alone. `sha256`: lower-case hexadecimal digits of a text in UTF-8.
 */
export function evidenceFiles(
  result: TargetResult,
  { image, grants, operations }: Proven,
  sha256: (text: string) => string,
): readonly EvidenceFile[] {
  const report: EvidenceFile = { name: REPORT_FILE, text: jsonText(reportOf([{ result }])) }
  const trace = operations === null ? null : traceText(operations)
  const digestOf = ({ name, text }: EvidenceFile): NamedDigest => ({ name, digest: { sha256: sha256(text) } })
  const proof = proofPredicate(result, {
    user: image.user,
    granted: grants.map(grantedPath),
    trace:
      trace === null
        ? null
        : { ...digestOf({ name: TRACE_FILE, text: trace }), operations: trace.split('\n').length - 1 },
    report: digestOf(report),
  })
  if (proof === null) return []
  const configuration: readonly ResourceDescriptor[] = [
    { ...proof.report, mediaType: 'application/json' },
    { name: 'Dockerfile', digest: { sha256: sha256(result.output) } },
    ...(image.baseline === null ? [] : [{ name: 'baseline', digest: { sha256: hexOf(image.baseline) } }]),
    ...(proof.trace === null ? [] : [{ name: TRACE_FILE, digest: proof.trace.digest }]),
    { name: 'harden-image', uri: `pkg:npm/harden-image@${version}` },
  ]
  const about = subject(image)
  const both = { 'test-result': { configuration, ...testResult(proof) }, proof } as const
  const types = { 'test-result': TEST_RESULT, proof: PROOF } as const
  return [
    report,
    ...(trace === null ? [] : [{ name: TRACE_FILE, text: trace }]),
    ...(['test-result', 'proof'] as const).flatMap((name) => {
      const predicate = both[name]
      const statement: Statement = {
        _type: STATEMENT_TYPE,
        subject: about,
        predicateType: types[name],
        predicate,
      }
      return [
        { name: `${name}.statement.json`, text: jsonText(statement) },
        { name: `${name}.predicate.json`, text: jsonText(predicate) },
      ]
    }),
  ]
}

/** An image that was never pushed has its id and no digest. */
function subject({ name, id, repoDigests }: ProvenImage): readonly ResourceDescriptor[] {
  const pushed = repoDigests.filter((text) => text.includes('@sha256:'))
  return [
    { name, digest: { sha256: hexOf(id) } },
    // containerd's image store gives both one digest, and subjects need different names.
    ...pushed
      .map((text) => ({ name: text.slice(0, text.indexOf('@')), digest: { sha256: hexOf(text) } }))
      .filter((other) => other.name !== name),
  ]
}

/** `sha256:HEX` or `NAME@sha256:HEX`. */
export function hexOf(digest: string): string {
  return digest.slice(digest.lastIndexOf(':') + 1)
}

/** Null where nothing was proved. */
export function proofPredicate(
  { target, verdict, proof }: TargetResult,
  more: Pick<ProofPredicate, 'user' | 'granted' | 'trace' | 'report'>,
): ProofPredicate | null {
  if (proof === null) return null
  return {
    tool,
    target,
    verdict,
    engine: proof.engine,
    passed: proof.passed,
    uids: proof.result?.uids ?? null,
    conditions: proof.cells,
    checks: proof.checks,
    ...more,
  }
}

/** The tests of a proof by name: what it passed as a whole, its verdict, each condition that was asked and each check. */
export function testResult(
  proof: Pick<ProofPredicate, 'passed' | 'verdict' | 'uids' | 'conditions' | 'checks'>,
): Omit<TestResult, 'configuration'> {
  const passedTests: string[] = []
  const warnedTests: string[] = []
  const failedTests: string[] = []
  const add = (name: string, passed: boolean, required = true): void => {
    ;(passed ? passedTests : required ? failedTests : warnedTests).push(name)
  }
  add('proof', proof.passed)
  add(`verdict: ${proof.verdict}`, proof.verdict === 'hardened' || proof.verdict === 'unchanged')
  add('no process is root', proof.uids !== null && proof.uids.length > 0 && !proof.uids.includes(0))
  // An optional condition that was not asked neither passed nor failed; a required one did not pass.
  for (const { name, required, outcome } of proof.conditions)
    if (outcome !== 'not asked' || required) add(`condition: ${name}`, outcome === 'pass', required)
  for (const { name, passed } of proof.checks) add(`check: ${name}`, passed)
  const result = failedTests.length > 0 ? 'FAILED' : warnedTests.length > 0 ? 'WARNED' : 'PASSED'
  return { result, passedTests, warnedTests, failedTests }
}

function grantedPath({ path, mode, evidence }: Grant): GrantedPath {
  return { path, ...(mode === undefined ? {} : { mode: mode.toString(8).padStart(4, '0') }), evidence }
}

/** Each different access a line, sorted: without times and numbers of processes, which differ from run to run. */
function traceText(operations: readonly Operation[]): string {
  const lines = operations.map(({ access, path, to, port, protocol, uid, gid, mode, outcome, by, as }) =>
    JSON.stringify({ access, path, to, port, protocol, uid, gid, mode, outcome, by, as }),
  )
  return [...new Set(lines)]
    .sort()
    .map((line) => `${line}\n`)
    .join('')
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
