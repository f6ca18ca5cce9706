import manifest from '../../package.json' with { type: 'json' }
import type { Edit } from '../edit.ts'
import type { HardenError } from '../errors.ts'
import type { Evidence } from '../evidence/claim.ts'
import type { ContextText } from '../evidence/file-edit.ts'
import type { Plan } from '../plan/plan.ts'
import type { QuestionKind } from '../questions.ts'
import type { Outcome } from '../transform.ts'
import type { ChangeSet } from './changes.ts'

/** The JSON report: a contract, described by schema/report.schema.json. */
export interface Report {
  readonly version: 1
  /** `harden-image 0.1.0` */
  readonly tool: string
  /** In the order of the arguments. */
  readonly results: readonly ReportEntry[]
}

interface ReportEntry extends TargetResult {
  readonly questions: readonly ReportQuestion[]
  readonly services?: readonly ReportEntry[]
}

/** A question that a run of the result would answer, one of each kind. */
export interface ReportQuestion {
  readonly kind: QuestionKind
  readonly count: number
  /** The likeliest place: a file and line, a path or a program. */
  readonly where: string
}

/** Only a proof says `hardened`; by the text alone it is `rewritten`. */
export type Verdict =
  | 'hardened'
  | 'rewritten'
  | 'unchanged'
  | 'exempt'
  | 'needs-root'
  | 'incomplete'
  | 'not-applicable'
  | 'failed'

export type TargetKind = 'dockerfile' | 'image' | 'compose' | 'kubernetes'

export interface TargetResult {
  /** As given; for a folder the path below it, joined. */
  readonly target: string
  readonly kind: TargetKind
  readonly verdict: Verdict
  readonly user: ReportUser | null
  /** Those that moved, and those that stay below 1024; of the stages that are meant to run, each once. */
  readonly ports: readonly ReportPort[]
  readonly stages: readonly ReportStage[]
  readonly findings: readonly ReportFinding[]
  /** The whole resulting text, also when nothing changed; '' where the target could not be read. */
  readonly output: string
  readonly changed: boolean
  readonly proof: ReportProof | null
  /** Why the verdict is `failed`; absent otherwise. */
  readonly error?: ReportError
  /** Of a service: the file that its lines are of, from where it was run; absent where it runs an image. */
  readonly file?: string
  /** Of a project: one for each service (or workload), whose target is its name; absent otherwise. */
  readonly services?: readonly TargetResult[]
  /** Of a project all files that were looked at to be changed, of a Dockerfile those beside it that change; absent for none. */
  readonly files?: readonly ReportFile[]
  /** Of a project: what brings its volumes to their new owners; null where none needs it, absent otherwise. */
  readonly migration?: ReportMigration | null
}

/** A file of a project. */
interface ReportFile {
  /** From where it was run. */
  readonly path: string
  /** The whole resulting text, also when nothing changed. */
  readonly output: string
  readonly changed: boolean
}

/** Shell lines that are run in the folder of the project. */
interface ReportMigration {
  readonly command: string
  readonly undo: string
}

/** A result with the plan that it is the text of. */
export interface Hardened {
  readonly result: TargetResult
  readonly plan: Plan
  /** What its text is made of. */
  readonly changes: ChangeSet
  /** What changes beside it, in the build context. */
  readonly files: readonly ContextText[]
  /** The text that builds the same from the context as it is. */
  readonly selfContained: string
}

export interface ReportError {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly line?: number
}

export interface ReportUser {
  /** '' for a bare uid. */
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly from: 'created' | 'image' | 'option'
}

export interface ReportPort {
  readonly from: number
  /** Null where it stays. */
  readonly to: number | null
  readonly protocol: 'tcp' | 'udp'
}

export interface ReportStage {
  /** The stage's name, or its index as text. */
  readonly name: string
  readonly index: number
  /** Effective users; `unknown` where it can't be known. */
  readonly userBefore: string
  readonly userAfter: string
}

export interface ReportFinding {
  readonly transform: string
  readonly outcome: Outcome
  /** What kind of question it is; absent for what is none. */
  readonly question?: QuestionKind
  readonly line: number
  readonly column: number
  readonly message: string
  /** What is wrong, where the message tells the change; absent for what is no change, or says it itself. */
  readonly problem?: string
  readonly hint?: string
  readonly evidence: readonly Evidence[]
  /** The file that the line is of, from where it was run; absent where that is the target. */
  readonly file?: string
  /** What it changes, or would change, in the text as it was; absent for nothing. */
  readonly edits?: readonly Edit[]
}

export interface ReportProof {
  /** `docker 26.1.5` */
  readonly engine: string
  readonly rounds: number
  readonly passed: boolean
  /** Why it could not be shown whether the result does its work; absent for what passed and for what failed. */
  readonly reason?: string
  /** The result does what the baseline did. */
  readonly parity: boolean
  readonly baseline: ReportRun
  readonly result: ReportResultRun | null
  readonly checks: readonly ReportCheck[]
  /** The conditions that the result was run under; a verdict rests on none that was not asked. */
  readonly cells: readonly ReportCell[]
  /** What could not be shown and why, one sentence each. */
  readonly remarks: readonly string[]
  /** Where the time went, in the order of first use. */
  readonly phases: readonly ReportPhase[]
  /** What its containers were run in. */
  readonly sandbox?: ReportSandbox
}

/** The limits are those of each container; null where the engine cannot hold one to it. */
export interface ReportSandbox {
  /** `closed`: a network of the proof's own, from which nothing leads out; `open`: that of the engine (`--network`). */
  readonly network: 'closed' | 'open'
  /** Whether the machine of the engine could be reached at an address of that network. */
  readonly hostReachable: boolean
  readonly cpus: number | null
  /** Swap included. */
  readonly memoryBytes: number | null
  readonly pids: number | null
  readonly logBytes: number
  readonly diskBytes: number
  /** Which of these limits containers ran into, one sentence each. */
  readonly reached: readonly string[]
}

export interface ReportPhase {
  readonly name: string
  readonly seconds: number
}

interface ReportRun {
  readonly image: string
  /** Every uid of every process that was seen, ascending. */
  readonly uids: readonly number[]
  /** Names without `CAP_`; null where they could not be read. */
  readonly capabilities: readonly string[] | null
}

interface ReportResultRun extends ReportRun {
  readonly noNewPrivileges: boolean
  readonly readOnlyRootfs: boolean
  readonly tmpfs: readonly string[]
  /** Bytes that the result has more than the baseline. */
  readonly addedBytes: number
}

export interface ReportCell {
  readonly name: string
  /** Nothing is called hardened that fails it; the others are said, and are the operator's to choose. */
  readonly required: boolean
  readonly outcome: 'pass' | 'fail' | 'not asked'
  /** Why it failed or was not asked; what it took to pass. '' where there is nothing to say. */
  readonly reason: string
  /** What to run once so that it passes. */
  readonly command?: string
}

export interface ReportCheck {
  readonly name: string
  readonly baseline: string
  readonly result: string
  readonly passed: boolean
}

/** Whether it is as it is meant to be, by a run or by the text alone. */
export function isComplete({ verdict }: Pick<TargetResult, 'verdict'>): boolean {
  return verdict === 'hardened' || verdict === 'rewritten'
}

/** Whether it was shown not to work. What could not be compared was shown neither way. */
export function hasFailed({ proof }: { readonly proof: Pick<ReportProof, 'passed' | 'reason'> | null }): boolean {
  return proof !== null && !proof.passed && proof.reason === undefined
}

/** A question about the target as a whole, which a run answers. */
export function targetQuestion(
  transform: string,
  question: QuestionKind,
  message: string,
  hint: string | null = null,
): ReportFinding {
  return { ...targetFinding(transform, 'question', message, hint), question }
}

/** A finding about the target as a whole, which no line of it stands for. */
export function targetFinding(
  transform: string,
  outcome: ReportFinding['outcome'],
  message: string,
  hint: string | null = null,
): ReportFinding {
  return {
    transform,
    outcome,
    line: 1,
    column: 1,
    message,
    ...(hint === null ? {} : { hint }),
    evidence: [],
  }
}

/** The result of a target without a plan. */
export function bareResult(target: string, kind: TargetResult['kind'], verdict: Verdict): TargetResult {
  return {
    target,
    kind,
    verdict,
    user: null,
    ports: [],
    stages: [],
    findings: [],
    output: '',
    changed: false,
    proof: null,
  }
}

/** The result of a target that could not be worked on. */
export function failedResult(
  target: string,
  kind: TargetResult['kind'],
  { code, message, hint, line }: HardenError,
): TargetResult {
  const error = { code, message, ...(hint === undefined ? {} : { hint }), ...(line === undefined ? {} : { line }) }
  return { ...bareResult(target, kind, 'failed'), error }
}

export const version: string = manifest.version

/** Where the repository of this tool can be read; null as long as its package does not say. */
export const homepage: string | null = (manifest as { readonly homepage?: string }).homepage?.replace(/\/$/, '') ?? null

/** As the report names the tool: `harden-image 0.1.0`. */
export const tool = `harden-image ${version}`
