import type { Remark } from '../evidence/claim.ts'
import { engineNumber, isRootUser } from '../image/accounts.ts'
import type { ImageFacts } from '../image/facts.ts'
import { rightsOf, usualRun, worksOnHost } from '../image/image-run.ts'
import { atOnce, type InTurn } from '../in-turn.ts'
import { choices, joinAnd } from '../words.ts'
import { isRoot } from './account/account-ids.ts'
import { idsOfUser } from './account/user-number.ts'
import { imageUser } from './assumptions.ts'
import { noDependents } from './exemptions.ts'
import { hardenStage } from './harden-stage.ts'
import { exempt, keptForChildren, leave, notForAnybody, rootBehindUser } from './leave.ts'
import { decide, type Plan, type StagePlan } from './plan.ts'
import type { Policy, StageInput } from './stage-input.ts'
import { withoutUnwritable } from './unwritable.ts'
import { uponChanged } from './upon-changed.ts'
import { canSwitchBase, vendorImage } from './vendor-image.ts'

/** Facts and evidence in, decisions out. Pure. */
export function makePlan(stages: readonly StageInput[], policy: Policy): Plan {
  return atOnce(planInTurn(stages, policy))
}

/** Stops within each stage, and behind it. */
export function* planInTurn(inputs: readonly StageInput[], policy: Policy): InTurn<Plan> {
  const stages: StagePlan[] = []
  for (const input of inputs) {
    stages.push(withoutUnwritable(yield* planStage(input, policy), input))
    yield
  }
  return { stages: uponChanged(stages, inputs, policy) }
}

function* planStage(input: StageInput, policy: Policy): InTurn<StagePlan> {
  const { facts } = input
  if (facts.platform.os === 'windows')
    return leave(input, 'not-applicable', 'a Windows image has no root and no USER uid:gid')
  if (!input.userBefore.known) {
    return leave(input, 'unknown', `the user it runs as now is unknown: ${input.userBefore.reason}`)
  }
  if (isUnknownName(input.userBefore.value, facts))
    return leave(
      input,
      'unknown',
      `it runs as ${input.userBefore.value}, and who that is is unknown: ${reasonOf(facts)}`,
    )
  if (!isRoot(input.userBefore.value, facts, input.created)) {
    const decisions = [
      ...decide('build-as-root', input.rootSteps),
      ...decide('number-user', input.userNumber === null ? [] : [input.userNumber]),
    ]
    const same = decisions.length === 0 ? null : idsOfUser(input.userBefore.value, input.created, facts)
    return {
      ...leave(input, 'already', `already runs as ${input.userBefore.value}`),
      ...(same === null ? {} : { same }),
      decisions,
      remarks: [
        ...imageUser(input),
        ...rootBehindUser(input, input.userBefore.value),
        ...(policy.arbitraryUid === true ? [notForAnybody(input.userBefore.value)] : []),
      ],
    }
  }
  if (input.exemption !== null) return exempt(input, input.exemption)
  const root = mustKeepRoot(input)
  if (root !== null) {
    return { ...leave(input, 'needs-root', root.message), remarks: [root] }
  }
  const { children } = input.dependents ?? noDependents
  if (children.length > 0 && input.runItself !== true) return keptForChildren(input, children)
  if (policy.preferVendor === true && canSwitchBase(input)) {
    return { ...leave(input, 'vendor', ''), ...vendorImage(input) }
  }
  return yield* hardenStage(input, policy)
}

/** The image was inspected, and its accounts could not be read: any name may be root there. */
function isUnknownName(user: string, { accounts, files }: ImageFacts): boolean {
  return files.known && !accounts.known && !isRootUser(user) && engineNumber(user.split(':', 1)[0] ?? '') === null
}

function reasonOf({ accounts }: ImageFacts): string {
  return accounts.known ? '' : accounts.reason
}

/** Why this stage cannot do its job without root; null where nothing says so. What a run has shown comes first. */
function mustKeepRoot(input: StageInput): Remark | null {
  if (input.observation?.needsRoot != null) {
    return {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `must keep root: ${input.observation.needsRoot}`,
      hint: choices(WAY_OUT, KEEP),
      capabilities: input.vendor.needsRoot?.capabilities.filter((name) => name !== 'ALL') ?? [],
      evidence: [{ source: 'traced', subject: 'root', detail: input.observation.needsRoot }],
    }
  }
  const action = input.dependents?.users.find(({ kind }) => kind === 'action')
  if (action !== undefined)
    return {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `must keep root: ${action.what} runs it as an action, and GitHub gives it a workspace that belongs to root`,
      hint: choices(KEEP, 'start it in a step of its own: docker run --user'),
      capabilities: [],
      evidence: [{ source: 'declared', subject: 'root', detail: `run by ${action.what}` }],
    }
  const host = usualRun(input.dependents?.runs ?? [], worksOnHost)
  if (host !== null)
    return {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `must keep root: ${host.by} gives it all capabilities and the ${host.hostPid ? 'processes' : 'files'} of the host, which only root may use`,
      hint: choices('give it single capabilities, and just the folders that it works on', KEEP),
      capabilities: [],
      evidence: [{ source: 'declared', subject: 'root', detail: `run by ${host.by}` }],
    }
  const [first] = input.dependents?.runs ?? []
  const rights = first?.isMeant === true ? rightsOf(first) : []
  if (first !== undefined && rights.length > 0) {
    const what = rights.includes('ALL') ? 'every capability' : joinAnd(rights)
    return {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `must keep root: ${first.by} gives it ${what}, which only root can use`,
      hint: choices('take it out there if it works without, and run again', KEEP),
      capabilities: [],
      evidence: [{ source: 'declared', subject: 'root', detail: `given by ${first.by}` }],
    }
  }
  const { needsRoot } = input.vendor
  if (needsRoot === null) return null
  return {
    outcome: 'todo',
    transform: 'report-remarks',
    message: `must keep root: ${needsRoot.reason}`,
    hint: choices(...(needsRoot.hint === '' ? [] : [needsRoot.hint]), WAY_OUT, KEEP),
    capabilities: needsRoot.capabilities.filter((name) => name !== 'ALL'),
    evidence: [{ source: 'catalogue', subject: 'root', detail: needsRoot.reason }],
  }
}

const KEEP = 'keep root, and say so: # harden-image ignore=set-user reason=WHY above FROM'
const WAY_OUT =
  'run it with --cap-drop=ALL and only the capabilities it needs, and turn on userns-remap, which maps container root to an unprivileged host user'
