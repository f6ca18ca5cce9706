import type { ImageFacts } from '../image/facts.ts'
import { chooseAccount } from './account.ts'
import { candidates } from './candidates.ts'
import { planCommand } from './command.ts'
import { conventionNeeds } from './evidence/conventions.ts'
import { declaredNeeds } from './evidence/declared.ts'
import { givenNeeds } from './evidence/given.ts'
import { movedHealthcheck } from './healthcheck.ts'
import { planHome } from './home.ts'
import { mustKeepRoot } from './must-keep-root.ts'
import { type Need, needsOf } from './need.ts'
import type { Operation } from './operation.ts'
import { isInside } from './places.ts'
import type { Grant, Plan, Remark, StageOutcome, StagePlan } from './plan.ts'
import type { Policy } from './policy.ts'
import { planPorts } from './ports.ts'
import { replay } from './replay.ts'
import type { Observation, StageInput } from './stage-input.ts'
import { planStepDown, type StepDownPlan } from './step-down-plan.ts'
import { toolsOf } from './tools.ts'
import { isRoot } from './user-text.ts'

/** Facts and evidence in, decisions out. Pure. */
export function makePlan(stages: readonly StageInput[], policy: Policy): Plan {
  return { stages: stages.map((stage) => planStage(stage, policy)) }
}

function planStage(input: StageInput, policy: Policy): StagePlan {
  const { facts } = input
  if (facts.platform.os === 'windows')
    return leave(input, 'not-applicable', 'a Windows image has no root and no USER uid:gid')
  if (!input.userBefore.known) {
    return leave(input, 'unknown', `the user it runs as now is not known: ${input.userBefore.reason}`)
  }
  if (!isRoot(input.userBefore.value, facts))
    return leave(input, 'already', `already runs as ${input.userBefore.value}`)
  const root = mustKeepRoot(input)
  if (root !== null) {
    return { ...leave(input, 'needs-root', root.message), remarks: [root] }
  }
  return harden(input, policy)
}

function leave(input: StageInput, outcome: StageOutcome, reason: string): StagePlan {
  const remarks: Remark[] =
    outcome === 'unknown'
      ? [
          {
            outcome: 'todo',
            transform: 'set-user',
            message: reason,
            hint: 'give the build argument a default, or name the user with --user',
            evidence: [],
          },
        ]
      : []
  return {
    stage: input.stage,
    outcome,
    reason,
    userBefore: input.userBefore,
    account: null,
    grants: [],
    ports: [],
    fileEdits: [],
    env: [],
    command: null,
    healthcheck: null,
    tools: toolsOf(input.facts),
    text: () => null,
    remarks,
  }
}

function harden(input: StageInput, policy: Policy): StagePlan {
  const { facts, observation, vendor } = input
  const tools = toolsOf(facts)
  const stepDown = planStepDown(facts, observation)
  const needs: Need[] = [
    ...givenNeeds(policy, facts.config),
    ...declaredNeeds(facts.config),
    ...vendor.needs,
    ...conventionNeeds(facts),
    ...observedNeeds(observation),
  ]
  const account = chooseAccount({
    option: policy.user,
    candidates: candidates({
      facts,
      created: input.created,
      vendor: vendor.account,
      switches: stepDown.switches,
      observedUids: observation?.uids ?? [],
      needs,
    }),
    facts,
    tools,
    shellSeen: input.shellSeen,
  })
  const inHome = homeNeeds(observation)
  const home = planHome(
    facts,
    account,
    inHome.map((need) => need.evidence),
  )
  const ports = planPorts({
    facts: withCommand(facts, stepDown.argv),
    policy: policy.ports,
    bound: observation?.bound ?? null,
    programs: observation?.programs ?? [],
    opened: observation?.opened ?? null,
    vendor: (port) => vendor.moves.get(port) ?? null,
  })
  const wanted = [...needs, ...stepDown.needs, ...home.needs].filter((need) => !isPrepared(need, input, account.name))
  const granted = grantAll(wanted, input, account.uid, account.gid)
  const homeMoves = home.env.length > 0
  return {
    stage: input.stage,
    outcome: 'harden',
    reason: '',
    userBefore: input.userBefore,
    account,
    grants: granted.grants,
    ports: ports.decisions,
    fileEdits: [...ports.fileEdits, ...vendor.fileEdits, ...stepDown.fileEdits],
    env: [...ports.env, ...vendor.env, ...(homeMoves ? home.env : [])],
    command: planCommand(facts, ports, stepDown),
    healthcheck: movedHealthcheck(facts.config, ports.decisions),
    tools,
    text: (path) => (facts.files.known ? facts.files.value.text(path) : null),
    remarks: [...granted.remarks, ...stepDown.remarks, ...assumptions(input)],
  }
}

/** Ports are moved in the command as it becomes, without its switch of user. */
function withCommand(facts: ImageFacts, argv: StepDownPlan['argv']): ImageFacts {
  const { config } = facts
  return {
    ...facts,
    config: { ...config, entrypoint: argv.entrypoint ?? config.entrypoint, cmd: argv.cmd ?? config.cmd },
  }
}

/** Operations outside root's home; what a run was refused counts like what the original did. */
function observedNeeds(observation: Observation | null): readonly Need[] {
  if (observation === null) return []
  return observation.operations
    .filter((operation) => operation.outcome === 'refused' || !isInHome(operation, observation))
    .flatMap(needsOf)
}

function homeNeeds(observation: Observation | null): readonly Need[] {
  if (observation === null) return []
  return observation.operations
    .filter(
      (operation) =>
        operation.outcome === 'done' &&
        isInHome(operation, observation) &&
        operation.access !== 'read' &&
        operation.access !== 'list',
    )
    .flatMap(needsOf)
}

/** In root's own home: for another user that is another folder. */
function isInHome(operation: Operation, { home }: Observation): boolean {
  return home !== '/' && operation.path !== null && isInside(operation.path, home)
}

interface Granted {
  readonly grants: readonly Grant[]
  readonly remarks: readonly Remark[]
}

function grantAll(needs: readonly Need[], input: StageInput, uid: number, gid: number): Granted {
  const { files } = input.facts
  if (!files.known) return withoutFiles(needs, files.reason)
  const { grants, ungranted } = replay(needs, files.value, { uid, gids: [gid] }, gid)
  const remarks = ungranted.map(
    ({ need, reason }): Remark => ({
      // What only the original did may be optional; what a run was refused is not granted silently.
      outcome: need.evidence.source === 'given' || need.evidence.source === 'declared' ? 'todo' : 'note',
      transform: 'own-writable-paths',
      message: `${need.path} is not given to the user: ${reason}`,
      hint: 'let the program write elsewhere, or mount a volume there',
      evidence: [need.evidence],
    }),
  )
  return { grants, remarks }
}

/** The vendor's image lets its own account write there already. */
function isPrepared(need: Need, { facts, vendor }: StageInput, account: string): boolean {
  return !facts.files.known && vendor.account?.name === account && vendor.prepared.includes(need.path)
}

/** Without a file index only whole folders can be granted: they are made where they are missing. */
function withoutFiles(needs: readonly Need[], reason: string): Granted {
  const byPath = new Map<string, Grant>()
  for (const need of needs) {
    if (need.access !== 'keep-state' && need.access !== 'create-file') continue
    const before = byPath.get(need.path)
    byPath.set(need.path, {
      path: need.path,
      kind: need.access === 'keep-state' ? 'create-directory' : 'create-file',
      evidence: [...(before?.evidence ?? []), need.evidence],
    })
  }
  void reason
  return { grants: [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1)), remarks: [] }
}

function assumptions(input: StageInput): readonly Remark[] {
  const { facts } = input
  if (facts.files.known || facts.source === 'catalogue') return []
  const reasons = [
    ...new Set([facts.accounts, facts.files, facts.os].flatMap((fact) => (fact.known ? [] : [fact.reason]))),
  ]
  return [
    {
      outcome: 'note',
      transform: 'set-user',
      message: `${facts.reference} was not looked into (${reasons.join('; ')}): its accounts and the paths it writes are assumed`,
      hint: 'run with --prove, or where an engine has the image, to know instead of assume',
      about: 'FROM',
      evidence: [],
    },
  ]
}
