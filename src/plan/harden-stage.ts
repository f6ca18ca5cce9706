import type { CapableFile, Need, Remark } from '../evidence/claim.ts'
import type { FileEdit } from '../evidence/file-edit.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { InTurn } from '../in-turn.ts'
import { isInside, isStatePlace } from '../places.ts'
import { withoutDigest } from './account/choose-account.ts'
import { accountFor } from './account/stage-account.ts'
import { isUserUnseen } from './assumptions.ts'
import { changesOf, editsInOrder, withBrought, withTexts } from './edits-in-order.ts'
import { includedCapable, includedLines, includedWorkdir, partsOf } from './grants/excluded-parts.ts'
import { type StageGrants, stageGrants } from './grants/stage-grants.ts'
import { planWorkdir, startsIn, type WorkdirPlan } from './home.ts'
import { homeFor, type StageHome } from './home-moves.ts'
import { type AccountChoice, decide, type StagePlan } from './plan.ts'
import { isInsisting, type PlanContext, planContextOf } from './plan-context.ts'
import { movedHealthcheck } from './ports/healthcheck.ts'
import { type PortPlan, stagePorts } from './ports/plan-ports.ts'
import { type Grantee, granteeOf } from './replay/own.ts'
import type { Policy, StageInput } from './stage-input.ts'
import { offeredFor, remarksOf } from './stage-remarks.ts'
import { type StartCommand, startCommand } from './start-command.ts'
import { needlessCapabilities, refusedPrograms } from './tools.ts'

/** The plan for a stage that runs as root and need not. Stops between its parts. */
export function* hardenStage(input: StageInput, policy: Policy): InTurn<StagePlan> {
  const context = planContextOf(input, policy)
  const { anyUid, tools } = context
  yield
  const account = accountFor(context)
  yield
  const ports = stagePorts(context)
  yield
  const home = homeFor(context, account)
  const workdir = workdirFor(context, account)
  const changes = [...changesOf(context, ports), ...home.fileEdits]
  const needs = [...workdir.needs.filter(staysIn(home)), ...context.stepDown.needs, ...home.needs]
  const given = yield* stageGrants(context, account, needs, changes)
  yield
  const { kept, dropped } = capabilitiesOf(context, account, ports)
  const { inService, ...start } = startCommand(context, ports, home)
  const decisions = decisionsOf(context, { account, ports, home, workdir, changes, given, dropped, start })
  return {
    stage: input.stage,
    outcome: 'harden',
    reason: '',
    userBefore: input.userBefore,
    account,
    anyUid,
    decisions,
    parts: partsOf({
      grants: given.granted.grants,
      fileEdits: changes,
      env: home.env,
      stepDown: context.switches,
      workdir: workdir.workdir,
      ownWay: context.ownWay,
    }),
    unshown: given.granted.unshown,
    handed: [...given.handed].filter(isStatePlace),
    tools,
    remarks: [...remarksOf(context, account, given, kept).filter(isOpen(home)), ...home.remarks],
    end:
      input.end === null
        ? null
        : { ...input.end, replace: input.end.rootBefore || !decisions.some((one) => one.needsRoot) },
    users: input.users,
    offered: offeredFor(input),
    ...(inService === undefined ? {} : { inService }),
  }
}

function workdirFor(
  { input: { facts, stated }, needs, stepDown: { jail }, anyUid, excluded }: PlanContext,
  account: AccountChoice,
): WorkdirPlan {
  const begins = jail === null ? planWorkdir(needs, facts, stated.files, account, anyUid) : startsIn(jail, needs)
  return includedWorkdir(begins, needs, excluded)
}

/** What goes with the user is not looked for where it was, unless a run has shown it. */
function staysIn({ moves }: StageHome): (need: Need) => boolean {
  return ({ path, certainty }) => certainty === 'refused' || moves.every(({ from }) => from !== path)
}

/** What goes with the user need not be asked about. */
function isOpen({ moves }: StageHome): (remark: Remark) => boolean {
  return ({ answeredByRun, evidence }) =>
    answeredByRun !== 'read' || !evidence.every(({ subject }) => moves.some(({ from }) => isInside(from, subject)))
}

/** Programs that keep their file capabilities, and those that no longer need any. */
function capabilitiesOf(
  { input, readable, tools, anyUid, excluded }: PlanContext,
  account: AccountChoice,
  ports: PortPlan,
): { readonly kept: readonly CapableFile[]; readonly dropped: readonly CapableFile[] } {
  const all = capableFiles(input, readable, granteeOf(account, input.facts, anyUid))
  const needless = needlessCapabilities(all, ports.decisions, input.overlay !== undefined)
  const dropped = tools.shell === false ? [] : includedCapable(needless, excluded)
  return { kept: all.filter((file) => !dropped.includes(file)), dropped }
}

/** Every program known to have file capabilities: by the catalogue, by the Dockerfile, and by what a run was refused. */
function capableFiles(
  { vendor, stated, observation }: StageInput,
  { files }: ImageFacts,
  grantee: Grantee,
): readonly CapableFile[] {
  const refused =
    files.known && observation !== null ? refusedPrograms(observation.operations, files.value, grantee) : []
  const said = [...(vendor.capable ?? []), ...stated.capable]
  return [...said.filter(({ name }) => refused.every((file) => file.name !== name)), ...refused]
}

interface Decided {
  readonly account: AccountChoice
  readonly ports: PortPlan
  readonly home: StageHome
  readonly workdir: WorkdirPlan
  readonly changes: readonly FileEdit[]
  readonly given: StageGrants
  readonly dropped: readonly CapableFile[]
  readonly start: Pick<StartCommand, 'command' | 'env'>
}

function decisionsOf(
  context: PlanContext,
  { account, ports, home, workdir: { workdir }, changes, given: { code, grants }, dropped, start }: Decided,
): StagePlan['decisions'] {
  const { input, policy, excluded, textOf } = context
  const isMade = account.creation !== 'exists' && account.creation !== 'none'
  const healthcheck = movedHealthcheck(input.facts.config, ports.decisions)
  const edits = withBrought(withTexts(editsInOrder(includedLines(changes, excluded), textOf), context), context)
  const steps = [
    ...decide('pin-account', account.pins ?? []),
    ...decide('make-account', isMade ? [account] : []),
    ...decide('port', ports.decisions),
    ...decide('edit-file', edits),
    ...decide('drop-capabilities', dropped),
    ...decide('grant', grants),
    // With `--own copied` the caller asks for the files of the start as well.
    ...decide(
      'own-copies',
      policy.own === 'copied'
        ? [isInsisting(policy) ? account : { ...account, code: { ...code, programs: new Set() } }]
        : [],
    ),
    ...decide('move-home', home.moves),
    ...decide('set-env', start.env),
    ...decide('set-workdir', workdir === null ? [] : [workdir]),
    ...decide('set-healthcheck', healthcheck === null ? [] : [healthcheck]),
    ...decide('set-user', [account]),
    ...decide('set-command', start.command === null ? [] : [start.command]),
  ]
  const beginsAsRoot = steps.some((one) => one.needsRoot) && input.asBuilt !== true && isUserUnseen(input)
  return [
    ...decide('build-as-root', input.rootSteps),
    ...decide('begin-as-root', beginsAsRoot ? [withoutDigest(input.facts.reference)] : []),
    ...steps,
  ]
}
