import { DECIDE, isProvable, withoutProved } from '../decisions.ts'
import { parseDockerfile } from '../dockerfile/index.ts'
import type { Remark } from '../evidence/claim.ts'
import { isInside } from '../places.ts'
import type { Plan, StageOutcome, StagePlan } from '../plan/plan.ts'
import type { Policy } from '../plan/stage-input.ts'
import type { Shown } from '../proof/request.ts'
import { hasFailed, isComplete, type ReportFinding, type TargetResult, type Verdict } from '../report/report.ts'

interface Judged extends Pick<ReportFinding, 'outcome'> {
  readonly transform?: string
}

/** All that a verdict is made of. */
export interface VerdictInput {
  /** Of each stage that is meant to run. */
  readonly outcomes: readonly StageOutcome[]
  /** Of the plan, of the files that build it, and of a proof. */
  readonly findings: readonly Judged[]
  readonly policy: Pick<Policy, 'ignore'>
  /** Who it runs as afterwards; null where nothing was chosen, or its number is not known. */
  readonly user: TargetResult['user']
  /** Null where none was asked for. */
  readonly proof: Pick<NonNullable<TargetResult['proof']>, 'passed' | 'reason'> | null
}

/** The one-word result of a target. Worst first: what needs a person is never hidden by what went well. */
export function verdict({ outcomes, findings, policy, user, proof }: VerdictInput): Verdict {
  if (outcomes.length > 0 && outcomes.every((outcome) => outcome === 'not-applicable')) return 'not-applicable'
  if (outcomes.includes('needs-root')) return 'needs-root'
  const open = findings.some(isOpen)
  if (open || outcomes.includes('unknown')) return 'incomplete'
  const isExempt = outcomes.includes('exempt')
  const isLeft = policy.ignore.includes('set-user')
  if (outcomes.some((outcome) => outcome === 'harden' || outcome === 'vendor')) {
    if (isLeft) return 'exempt'
    // A stage that stays root by somebody's decision is no hardened one.
    return isExempt ? 'incomplete' : shown(proof)
  }
  if (isExempt) return 'exempt'
  // Such as a USER that gets its number; of one whose number nobody knows it could still be root's.
  const isChanged = findings.some(({ outcome }) => outcome === 'fixed')
  return isChanged && user === null ? 'incomplete' : ofProof('unchanged', isChanged, proof)
}

/** For a person: but a name in USER that no root has is as good as its number. */
export function isOpen({ outcome, transform }: Judged): boolean {
  return outcome === 'todo' || (outcome === 'offered' && transform !== 'number-user')
}

/** Of what changes: `incomplete` where a run has failed, `hardened` where one has passed, else `rewritten`. */
function shown(proof: VerdictInput['proof']): Verdict {
  if (hasFailed({ proof })) return 'incomplete'
  return proof?.passed === true ? 'hardened' : 'rewritten'
}

/** Of what was planned before its proof. What was not root before, and changes all the same, is not unchanged. */
export function ofProof(verdict: Verdict, changed: boolean, proof: VerdictInput['proof']): Verdict {
  return isComplete({ verdict }) || (verdict === 'unchanged' && changed) ? shown(proof) : verdict
}

/** Nothing is to be done with it: it is not root, or somebody wants it so. */
export function isLeftAsItIs({ verdict }: Pick<TargetResult, 'verdict'>): boolean {
  return verdict === 'unchanged' || verdict === 'exempt'
}

export function outcomesOf({ stages }: Plan): readonly StageOutcome[] {
  return stages.map(({ outcome }) => outcome)
}

/** Messages of the remarks that a proof which passed has answered. */
export function answeredBy(
  remarks: readonly Remark[],
  { read = new Set(), wrote = true, workedAsRoot = false }: Shown = {},
): ReadonlySet<string> {
  const isRead = ({ subject }: Remark['evidence'][number]): boolean => [...read].some((path) => isInside(path, subject))
  const isAnswered = ({ answeredByRun, question, unasked, evidence }: Remark): boolean => {
    if (answeredByRun === 'read') return evidence.length > 0 && evidence.every(isRead)
    if (answeredByRun === 'wrote') return wrote
    return (
      answeredByRun === true ||
      (question !== undefined && question !== 'host-folder' && (unasked !== true || workedAsRoot))
    )
  }
  return new Set(remarks.filter(isAnswered).map(({ message }) => message))
}

/** Messages of todos of a stage that a run which passes answers. */
export function answeredIn(stage: StagePlan | null | undefined): ReadonlySet<string> {
  return answeredBy(stage?.remarks ?? [])
}

/** Once a proof has passed: without the findings that it has answered, and without the comments that leave something to a proof. */
export function withoutTodos(result: TargetResult, answered: ReadonlySet<string>): TargetResult {
  const findings = result.findings.filter(
    ({ outcome, message }) =>
      (outcome !== 'todo' && outcome !== 'question') || !(answered.has(message) || isProvable(message)),
  )
  const open = findings.flatMap(({ outcome, message }) => (outcome === 'todo' ? [message] : []))
  const output = result.output.includes(DECIDE) ? withoutProved(parseDockerfile(result.output), open) : result.output
  return { ...result, findings, output }
}

/** A proof that passed, as not shown where sources do work on request that no check requested. `left`: findings that it has not answered. */
export function withUnasked<Proof extends NonNullable<VerdictInput['proof']>>(
  proof: Proof | null,
  { findings: left }: Pick<TargetResult, 'findings'>,
): Proof | null {
  const open = left.flatMap(({ question, message }) =>
    question === 'root-work' || question === 'writes' ? [message] : [],
  )
  if (proof?.passed !== true || open.length === 0) return proof
  return { ...proof, passed: false, reason: `not asked: ${open.join('; ')}` }
}

/** A result with more that was found of it, or with its proof: the verdict is that of all of it. */
export function judgedAgain(
  result: TargetResult,
  about: Pick<VerdictInput, 'outcomes' | 'policy'>,
  more: readonly ReportFinding[],
  proof = result.proof,
): TargetResult {
  const findings = [...result.findings, ...more]
  return { ...result, verdict: verdict({ ...about, findings, user: result.user, proof }), findings, proof }
}
