import { broughtAnew, changedInContext, firstChanged } from '../../transforms/edits/context-texts.ts'
import { decisionEdits, decisionKey, HOW_DECIDED, standingIn, type Todo, unwritten } from '../decisions.ts'
import { danglingContinuation } from '../dockerfile/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { type Edit, lineOf, withComments } from '../edit.ts'
import { atOnce, type InTurn } from '../in-turn.ts'
import {
  askedBy,
  CONFIGURATION_ASKS,
  type Ignore,
  ignoreComments,
  misreadComments,
  PLANNED_AROUND,
} from '../plan/exemptions.ts'
import { planInTurn } from '../plan/make-plan.ts'
import { accountIds, decided, type Plan, type StagePlan } from '../plan/plan.ts'
import type { Policy, StageInput } from '../plan/stage-input.ts'
import { type ChangeSet, subset } from '../report/changes.ts'
import type { Hardened, ReportFinding, ReportPort, ReportStage, ReportUser, TargetKind } from '../report/report.ts'
import type { Finding, Transform } from '../transform.ts'
import { answeredBy, outcomesOf, verdict } from './verdict.ts'

export interface HardenRequest {
  readonly target: string
  readonly kind: TargetKind
  readonly dockerfile: Dockerfile
  /** One for each stage that is meant to run. */
  readonly stages: readonly StageInput[]
  readonly policy: Policy
  readonly transforms: readonly Transform[]
}

/** The pure pipeline: document, facts and policy in; plan, edits and report out. */
export function hardenDockerfile(request: HardenRequest): Hardened {
  return atOnce(hardenInTurn(request))
}

/** Stops behind the plan of each stage, and behind each transform of it. */
export function* hardenInTurn(request: HardenRequest): InTurn<Hardened> {
  const { dockerfile, policy } = request
  const plan = yield* planInTurn(request.stages, policy)
  const said = yield* run(request, plan)
  const decisions = decisionEdits(dockerfile, todosOf(said, plan))
  const isKept = policy.comments !== 'none'
  const forgotten = isKept ? null : unwritten(decisions.length)
  const findings = [
    ...said,
    ...standing(dockerfile, said),
    ...(forgotten === null
      ? []
      : [ofComment({ line: 1, outcome: 'note', message: forgotten.message }, forgotten.hint)]),
  ]
  const applied = findings.filter(({ outcome }) => outcome === 'fixed' || (outcome === 'offered' && policy.unsafe))
  const styled = styledFindings(findings, applied, policy, dockerfile.source)
  const changes = changesOf(
    request,
    applied.map((said) => styled.get(said) ?? said),
    isKept ? decisions : [],
  )
  const output = subset(changes, changes.all.keys())
  const staysAsItWas = policy.ignore.includes('set-user')
  const files = changedInContext(applied.map(({ finding }) => finding))
  const anew =
    files.length === 0
      ? []
      : broughtAnew(
          dockerfile,
          files,
          changes.all.flatMap(({ edits }) => edits),
        )
  const changed = output !== dockerfile.source || files.length > 0
  const user = staysAsItWas ? null : userOf(plan, changed)
  // The first applied change closes a loose end of the file; no other could be inserted without.
  const { looseEnd } = changes
  const closing =
    looseEnd === null
      ? undefined
      : applied.find(({ finding }) => finding.edits.some((edit) => edit.start >= looseEnd.end))
  const reported = findings.map((said) =>
    reportFinding(styled.get(said) ?? said, policy, said === closing && looseEnd !== null ? [looseEnd] : []),
  )
  return {
    plan,
    changes,
    files,
    selfContained: files.length === 0 ? output : subset(changes, changes.all.keys(), anew),
    result: {
      target: request.target,
      kind: request.kind,
      verdict: verdict({ outcomes: outcomesOf(plan), findings: reported, policy, user, proof: null }),
      user,
      ports: portsOf(plan, policy),
      stages: plan.stages.map((stage) => reportStage(dockerfile, stage, staysAsItWas)),
      findings: reported,
      output,
      changed,
      proof: null,
      ...(files.length === 0
        ? {}
        : { files: files.map(({ name, after }) => ({ path: name, output: after, changed: true })) }),
    },
  }
}

/** Findings with their comments in the style that is asked for; what is not applied says all that it would alone. */
function styledFindings(
  findings: readonly Said[],
  applied: readonly Said[],
  { comments = 'short' }: Policy,
  source: string,
): ReadonlyMap<Said, Said> {
  const edits = applied.flatMap(({ finding }) => finding.edits)
  const all = withComments(edits, comments, source)
  const styled = new Map(edits.map((edit, index) => [edit, all[index] ?? edit]))
  const together = new Set(applied)
  return new Map(
    findings.map((said) => {
      const { finding } = said
      const own = together.has(said)
        ? finding.edits.map((edit) => styled.get(edit) ?? edit)
        : withComments(finding.edits, comments, source)
      return [said, { ...said, finding: { ...finding, edits: own } }]
    }),
  )
}

/** Todos about an instruction; a misread comment stands by itself. */
function todosOf(said: readonly Said[], plan: Plan): readonly (Todo & { readonly line: number })[] {
  const proved = answeredBy(plan.stages.flatMap(({ remarks }) => remarks))
  return said.flatMap(({ outcome, isOfComment, finding: { message, line } }) =>
    outcome === 'todo' && isOfComment !== true ? [{ message, line, isProvable: proved.has(message) }] : [],
  )
}

/** Todos that a comment of the file says, and the text itself no longer does. */
function* standing(dockerfile: Dockerfile, said: readonly Said[]): Iterable<Said> {
  const known = new Set(said.map(({ finding, left }) => decisionKey(left ?? finding.message)))
  for (const { message, line } of standingIn(dockerfile))
    if (!known.has(decisionKey(message))) yield ofComment({ line, outcome: 'todo', message }, HOW_DECIDED)
}

function changesOf(
  { dockerfile, stages, transforms, policy }: HardenRequest,
  applied: readonly Said[],
  decisions: readonly Edit[],
): ChangeSet {
  // The end of one stage is the start of the next: insertions there come stage by stage.
  const inOrder = applied.filter(({ finding }) => finding.edits.length > 0).toSorted((a, b) => a.stage - b.stage)
  const byName = new Map(transforms.map((transform) => [transform.name, transform]))
  const loose = danglingContinuation(dockerfile)
  // A change may need one in a stage that its own is built from: what is done there is not done again here.
  const madeOf = new Map(stages.map(({ stage, lineage }) => [stage, new Set(lineage.map(({ index }) => index))]))
  const others = (said: Said, isMeant: (by: string) => boolean): readonly number[] =>
    inOrder.flatMap((other, index) =>
      other !== said && madeOf.get(said.stage)?.has(other.stage) === true && isMeant(other.by) ? [index] : [],
    )
  return {
    source: dockerfile.source,
    // Lines appended behind it must not become part of it.
    looseEnd: loose === null ? null : { ...loose, text: '' },
    decisions,
    all: inOrder.map((said) => {
      const { needs = [], isGoal = false } = byName.get(said.by) ?? {}
      return {
        finding: reportFinding(said, policy, []),
        edits: said.finding.edits,
        needs: others(said, (by) => needs.includes(by)),
        preparedBy: isGoal ? others(said, (by) => !needs.includes(by) && byName.get(by)?.isGoal !== true) : [],
      }
    }),
  }
}

/** A finding with what a stage or a comment makes of it. */
interface Said {
  readonly name: string
  /** The transform that yields it. */
  readonly by: string
  readonly stage: number
  readonly finding: Finding
  readonly outcome: Finding['outcome']
  readonly hint: string | undefined
  /** It is about a comment. Absent: about an instruction. */
  readonly isOfComment?: true
  /** The message that it had before an ignore comment left it alone; absent where none does. */
  readonly left?: string
}

function* run(request: HardenRequest, plan: Plan): InTurn<readonly Said[]> {
  const { dockerfile, policy } = request
  const ignores = ignoreComments(dockerfile, policy)
  const said: Said[] = [
    ...ignores.flatMap((ignore) => unknownNames(ignore, request.transforms)),
    ...misreadComments(dockerfile, policy).map(({ hint, ...about }) => ofComment(about, hint)),
  ]
  for (const transform of request.transforms) {
    for (const stage of plan.stages) {
      yield
      const written = dockerfile.stages[stage.stage]
      if (written === undefined) continue
      for (const finding of transform.run(dockerfile, { stage: written, plan: stage })) {
        const name = finding.transform ?? transform.name
        const about = { name, by: transform.name }
        if (PLANNED_AROUND.has(name)) {
          said.push(say(about, finding, stage))
          continue
        }
        if (policy.ignore.includes(name)) {
          if (finding.outcome !== 'note') said.push(leaveAlone(about, finding, stage, CONFIGURATION_ASKS))
          continue
        }
        const ignore = ignores.find((one) => isIgnored(name, finding, one, dockerfile))
        // For a stage that stays root by a comment, that comment is quoted.
        const isLeft = ignore !== undefined && stage.outcome !== 'exempt'
        said.push(isLeft ? leaveAlone(about, finding, stage, askedBy(ignore)) : say(about, finding, stage))
      }
    }
  }
  return said
}

/** A name that is misspelt ignores nothing. */
function unknownNames({ transforms, line }: Ignore, all: readonly Transform[]): readonly Said[] {
  const unknown = transforms.filter((name) => !all.some((transform) => transform.name === name))
  if (unknown.length === 0) return []
  const message = `the comment ignores ${unknown.join(', ')}, which is not a transform: it has no effect`
  return [ofComment({ line, outcome: 'todo', message }, 'list them with harden-image transforms')]
}

function ofComment(about: Pick<Finding, 'line' | 'outcome' | 'message'>, hint: string): Said {
  const finding: Finding = { ...about, column: 1, evidence: [], edits: [] }
  return {
    name: 'report-remarks',
    by: 'report-remarks',
    stage: 0,
    finding,
    outcome: about.outcome,
    hint,
    isOfComment: true,
  }
}

/** In a stage whose changes are only offered none of them is made by itself. */
function say(about: Pick<Said, 'name' | 'by'>, finding: Finding, { stage, offered: why }: StagePlan): Said {
  const { outcome, hint } = finding
  if (why === null || outcome !== 'fixed' || finding.follows === true)
    return { ...about, stage, finding, outcome, hint }
  return { ...about, stage, finding, outcome: 'offered', hint: hint === undefined ? why : `${why}; ${hint}` }
}

/** It is about a line in the scope of the comment, or would change one. */
function isIgnored(name: string, { line, edits }: Finding, ignore: Ignore, { source }: Dockerfile): boolean {
  if (!ignore.transforms.includes(name)) return false
  const { start, end } = ignore.scope
  if (start === 0 && end === source.length) return true
  const first = lineOf(source, start)
  const last = first + source.slice(start, end).replace(/\n$/, '').split('\n').length - 1
  if (first <= line && line <= last) return true
  return edits.length > 0 && edits.every((edit) => start <= edit.start && edit.end <= end)
}

/** Not applied, and still reported. */
function leaveAlone(
  about: Pick<Said, 'name' | 'by'>,
  finding: Finding,
  { stage, account }: StagePlan,
  who: string,
): Said {
  const message = `left alone, as ${who}: ${finding.message}`
  const isUser = about.name === 'set-user' && finding.outcome === 'fixed' && account !== null
  const hint = isUser ? `set it at run time: --user ${accountIds(account)}, or runAsUser` : undefined
  const left = { ...finding, message, edits: [], contextEdits: [] }
  return { ...about, stage, finding: left, outcome: 'note', hint, left: finding.message }
}

/** Of several stages the built one counts: it comes last. */
function userOf(plan: Plan, changed: boolean): ReportUser | null {
  const same = changed ? plan.stages.findLast((stage) => stage.same !== undefined)?.same : undefined
  const account = plan.stages.findLast((stage) => stage.account !== null)?.account
  // For an account with unknown numbers the stage has the name.
  if (account === undefined || account === null) return same === undefined ? null : { ...same, from: 'image' }
  return account.unnumbered === true
    ? null
    : { name: account.name, uid: account.uid, gid: account.gid, from: account.from }
}

/** An offered change has moved no port. */
function portsOf({ stages }: Plan, { unsafe }: Policy): readonly ReportPort[] {
  const ports = stages
    .filter(({ offered }) => offered === null || unsafe)
    .flatMap((stage) => [...decided(stage, 'switch-base').flatMap((base) => base.ports), ...decided(stage, 'port')])
    .map(({ from, to, protocol }) => ({ from, to, protocol }))
  return [...new Map(ports.map((port) => [JSON.stringify(port), port])).values()]
}

function reportStage(dockerfile: Dockerfile, plan: StagePlan, staysAsItWas: boolean): ReportStage {
  const stage = dockerfile.stages[plan.stage]
  const before = plan.userBefore.known ? plan.userBefore.value || 'root' : 'unknown'
  return {
    name: stage?.name ?? String(plan.stage),
    index: plan.stage,
    userBefore: before,
    userAfter: plan.inherited ?? (plan.account === null || staysAsItWas ? before : accountIds(plan.account)),
  }
}

function reportFinding(
  { name, finding, outcome: said, hint }: Said,
  policy: Policy,
  more: readonly Edit[],
): ReportFinding {
  const { message, problem, question, contextEdits = [] } = finding
  // What changes no line of the Dockerfile is reported where it changes one.
  const file = finding.edits.length > 0 ? undefined : contextEdits[0]?.inContext
  const { line, column } = file === undefined ? finding : { line: firstChanged(contextEdits), column: 1 }
  // One reason for several things (a volume with its folders, a port of two protocols) is said once.
  const evidence = [...new Map(finding.evidence.map((one) => [JSON.stringify(one), one])).values()]
  const outcome = said === 'offered' && policy.unsafe ? 'fixed' : said
  const edits = outcome === 'fixed' || outcome === 'offered' ? [...more, ...finding.edits] : []
  return {
    transform: name,
    outcome,
    // One that a comment leaves out is a note.
    ...(outcome === 'question' && question !== undefined ? { question } : {}),
    line,
    column,
    message,
    ...(problem === undefined ? {} : { problem }),
    ...(hint === undefined ? {} : { hint }),
    evidence,
    ...(file === undefined ? {} : { file }),
    ...(edits.length === 0 ? {} : { edits: edits.map(({ start, end, text }) => ({ start, end, text })) }),
  }
}
