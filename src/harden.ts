import { danglingContinuation } from './dockerfile/index.ts'
import type { Dockerfile } from './dockerfile/model.ts'
import { applyEdits, type Edit } from './edit.ts'
import { makePlan } from './plan/make-plan.ts'
import type { Plan, StagePlan } from './plan/plan.ts'
import type { Policy } from './plan/policy.ts'
import type { StageInput } from './plan/stage-input.ts'
import type { ReportFinding, ReportStage, ReportUser, TargetResult, Verdict } from './report/report.ts'
import type { Finding, Transform } from './transform.ts'

export interface HardenRequest {
  readonly target: string
  readonly kind: 'dockerfile' | 'image'
  readonly dockerfile: Dockerfile
  /** One for each stage that is meant to run. */
  readonly stages: readonly StageInput[]
  readonly policy: Policy
  readonly transforms: readonly Transform[]
}

export interface Hardened {
  readonly result: TargetResult
  readonly plan: Plan
}

/** The pure pipeline: document, facts and policy in; plan, edits and report out. */
export function hardenDockerfile(request: HardenRequest): Hardened {
  const { dockerfile, policy } = request
  const plan = makePlan(request.stages, policy)
  const findings = run(request, plan)
  const applied = findings.filter(
    ({ finding }) => finding.outcome === 'fixed' || (finding.outcome === 'offered' && policy.unsafe),
  )
  // The end of one stage is the start of the next: what goes in there comes stage by stage.
  const edits = applied.toSorted((a, b) => a.stage - b.stage).flatMap(({ finding }) => finding.edits)
  const output = applyEdits(dockerfile.source, [...edits, ...looseEnd(dockerfile, edits)])
  return {
    plan,
    result: {
      target: request.target,
      kind: request.kind,
      verdict: verdictOf(
        plan,
        findings.map(({ finding }) => finding),
        policy,
      ),
      user: userOf(plan),
      stages: plan.stages.map((stage) => reportStage(dockerfile, stage)),
      findings: findings.map(({ name, finding }) => reportFinding(name, finding, policy)),
      output,
      changed: output !== dockerfile.source,
      proof: null,
    },
  }
}

/** A file may end in a continuation that continues nothing: what is put behind it must not become part of it. */
function looseEnd(dockerfile: Dockerfile, edits: readonly Edit[]): readonly Edit[] {
  const loose = danglingContinuation(dockerfile)
  return loose !== null && edits.some((edit) => edit.start >= loose.end) ? [{ ...loose, text: '' }] : []
}

interface Named {
  readonly name: string
  readonly stage: number
  readonly finding: Finding
}

function run(request: HardenRequest, plan: Plan): readonly Named[] {
  const findings: Named[] = []
  for (const transform of request.transforms) {
    if (request.policy.ignore.includes(transform.name)) continue
    for (const stage of plan.stages) {
      const context = { plan: { stages: [stage] } }
      for (const finding of transform.run(request.dockerfile, context))
        findings.push({ name: transform.name, stage: stage.stage, finding })
    }
  }
  return findings
}

/** Worst first: what needs a person is never hidden by what went well. */
function verdictOf(plan: Plan, findings: readonly Finding[], policy: Policy): Verdict {
  const outcomes = plan.stages.map((stage) => stage.outcome)
  if (outcomes.length > 0 && outcomes.every((outcome) => outcome === 'not-applicable')) return 'not-applicable'
  if (outcomes.includes('needs-root')) return 'needs-root'
  const open = findings.some(
    (finding) => finding.outcome === 'todo' || (finding.outcome === 'offered' && !policy.unsafe),
  )
  if (open || outcomes.includes('unknown') || policy.ignore.includes('set-user'))
    return outcomes.every((outcome) => outcome === 'already') && !open ? 'unchanged' : 'incomplete'
  return outcomes.includes('harden') ? 'hardened' : 'unchanged'
}

function userOf(plan: Plan): ReportUser | null {
  const account = plan.stages.find((stage) => stage.account !== null)?.account
  return account === undefined || account === null
    ? null
    : { name: account.name, uid: account.uid, gid: account.gid, from: account.from }
}

function reportStage(dockerfile: Dockerfile, plan: StagePlan): ReportStage {
  const stage = dockerfile.stages[plan.stage]
  const before = plan.userBefore.known ? plan.userBefore.value || 'root' : 'unknown'
  return {
    name: stage?.name ?? String(plan.stage),
    index: plan.stage,
    userBefore: before,
    userAfter: plan.account === null ? before : `${plan.account.uid}:${plan.account.gid}`,
  }
}

function reportFinding(transform: string, finding: Finding, policy: Policy): ReportFinding {
  return {
    transform,
    outcome: finding.outcome === 'offered' && policy.unsafe ? 'fixed' : finding.outcome,
    line: finding.line,
    column: finding.column,
    message: finding.message,
    ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    evidence: finding.evidence,
  }
}
