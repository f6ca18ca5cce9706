import { danglingContinuation } from './dockerfile/index.ts'
import type { Dockerfile } from './dockerfile/model.ts'
import { applyEdits, type Edit } from './edit.ts'
import { type Ignore, ignoreComments } from './plan/ignore-comments.ts'
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
  const ignores = ignoreComments(request.dockerfile)
  const stages = plan.stages.map((stage) => ({ stage, context: { plan: { stages: [stage] } } }))
  for (const transform of request.transforms) {
    for (const { stage, context } of stages) {
      for (const finding of transform.run(request.dockerfile, context)) {
        const name = finding.transform ?? transform.name
        if (request.policy.ignore.includes(name)) continue
        const from = { name, stage: stage.stage }
        const ignore = ignores.find((one) => isIgnored(name, finding, one, request.dockerfile))
        if (ignore !== undefined) findings.push({ ...from, finding: ignored(finding, ignore) })
        else findings.push({ ...from, finding: offered(finding, stage) })
      }
    }
  }
  return findings
}

/** In a stage whose changes are only offered none of them is made by itself. */
function offered(finding: Finding, { offered: why }: StagePlan): Finding {
  if (why === null || finding.outcome !== 'fixed') return finding
  return { ...finding, outcome: 'offered', hint: finding.hint === undefined ? why : `${why}; ${finding.hint}` }
}

/** It is about a line in the scope of the comment, or would change one. */
function isIgnored(name: string, { line, edits }: Finding, ignore: Ignore, { source }: Dockerfile): boolean {
  if (!ignore.transforms.includes(name)) return false
  const { start, end } = ignore.scope
  if (start === 0 && end === source.length) return true
  const first = source.slice(0, start).split('\n').length
  const last = first + source.slice(start, end).replace(/\n$/, '').split('\n').length - 1
  if (first <= line && line <= last) return true
  return edits.length > 0 && edits.every((edit) => start <= edit.start && edit.end <= end)
}

function ignored(finding: Finding, { line, reason }: Ignore): Finding {
  const why = reason === '' ? 'without a reason' : reason
  const message = `left alone, as the comment in line ${line} asks (${why}): ${finding.message}`
  return { outcome: 'note', line: finding.line, column: finding.column, message, evidence: finding.evidence, edits: [] }
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
  if (!outcomes.some((outcome) => outcome === 'harden' || outcome === 'vendor')) return 'unchanged'
  // A stage that stays root by somebody's decision is no hardened one.
  return outcomes.includes('exempt') ? 'incomplete' : 'hardened'
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
