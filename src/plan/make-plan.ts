import type { ImageFacts } from '../image/facts.ts'
import { findStepDowns } from '../image/step-down.ts'
import { chooseAccount } from './account.ts'
import { assumptions } from './assumptions.ts'
import { candidates } from './candidates.ts'
import { capableFiles } from './capable-files.ts'
import { planCommand } from './command.ts'
import { copyOwners } from './copy-owners.ts'
import { editsInOrder } from './edits-in-order.ts'
import { conventionNeeds } from './evidence/conventions.ts'
import { daemonMove } from './evidence/daemon-ports.ts'
import { declaredNeeds } from './evidence/declared.ts'
import { givenNeeds } from './evidence/given.ts'
import { helpMove } from './evidence/help-move.ts'
import { type Granted, grantAll } from './grant-all.ts'
import { movedHealthcheck } from './healthcheck.ts'
import { planHome } from './home.ts'
import { exempt, leave, notForAnybody } from './leave.ts'
import { mergedUsers } from './merged-users.ts'
import { mustKeepRoot } from './must-keep-root.ts'
import { imageTriggers, imageUser } from './named-image.ts'
import type { Need } from './need.ts'
import { needlessCapabilities } from './needless-capabilities.ts'
import { notCreated } from './new-account.ts'
import { homeNeeds, observedNeeds } from './observed-needs.ts'
import { isInside } from './places.ts'
import type { AccountChoice, Plan, StagePlan } from './plan.ts'
import type { Policy } from './policy.ts'
import { planPorts } from './ports.ts'
import { granteeOf } from './replay/grantee.ts'
import { withoutSeenFiles } from './seen-files.ts'
import { servicesOf } from './services.ts'
import { partsOf, spareGrants, spareHome, spareLines, spareSwitch, spareWorkdir } from './spare.ts'
import type { StageInput } from './stage-input.ts'
import { isStatePlace } from './state-places.ts'
import { noStated } from './stated.ts'
import { planStepDown, type StepDownPlan } from './step-down-plan.ts'
import { stillNamed } from './still-named.ts'
import { toolsOf } from './tools.ts'
import { unknownAccount } from './unknown-account.ts'
import { said, unshownGrants } from './unshown.ts'
import { isRoot } from './user-text.ts'
import { canSwitchBase, vendorImage, vendorRemarks } from './vendor-image.ts'
import { planWorkdir } from './workdir.ts'

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
    return {
      ...leave(input, 'already', `already runs as ${input.userBefore.value}`),
      rootSteps: input.rootSteps,
      userNumber: input.userNumber,
      remarks: [...imageUser(input), ...(policy.arbitraryUid === true ? [notForAnybody(input.userBefore.value)] : [])],
    }
  if (input.exemption !== null) return exempt(input, input.exemption)
  const root = mustKeepRoot(input)
  if (root !== null) {
    return { ...leave(input, 'needs-root', root.message), remarks: [root] }
  }
  if (policy.preferVendor === true && canSwitchBase(input)) {
    return { ...leave(input, 'vendor', ''), ...vendorImage(input) }
  }
  return harden(input, policy)
}

function harden(input: StageInput, policy: Policy): StagePlan {
  const { facts, observation, vendor } = input
  const stated = input.stated ?? noStated
  // What can be read of the image: all of it, or what the stage itself puts in.
  const readable: ImageFacts = facts.files.known ? facts : { ...facts, files: { known: true, value: stated.files } }
  const tools = toolsOf(facts, input.shellSeen)
  const keptBy = input.ignored?.get('raise-ports')
  const unnamed = input.ignored?.get('create-user')
  const anyUid = policy.arbitraryUid === true
  const spared = new Set(observation?.spared)
  const report = stated.stepDowns ?? findStepDowns(readable)
  const switches = planStepDown(report, readable, observation)
  const stepDown = spareSwitch(switches, spared)
  const named = [
    ...givenNeeds(policy, facts.config),
    ...declaredNeeds(facts.config),
    ...vendor.needs,
    ...conventionNeeds(readable),
    ...stated.needs,
  ]
  const needs: Need[] = [
    ...withoutSeenFiles(named, observation?.operations ?? []),
    ...(observation === null ? stated.assumed() : []),
    ...observedNeeds(observation),
  ]
  const account = chooseAccount({
    option: policy.user,
    candidates: candidates({
      facts,
      created: input.created,
      users: input.users,
      vendor: vendor.account,
      packages: stated.accounts,
      switches: stepDown.switches,
      observedUids: observation?.uids ?? [],
      needs,
      copiedTo: copyOwners(stated),
    }),
    facts,
    created: input.created,
    tools,
    shellSeen: input.shellSeen,
    rootGroup: anyUid,
    mayCreate: unnamed === undefined,
  })
  const inHome = homeNeeds(observation)
  const home = planHome(
    facts,
    account,
    inHome.map((need) => need.evidence),
    anyUid,
  )
  const ports = planPorts({
    facts: withCommand(readable, stepDown.argv),
    ...(keptBy === undefined ? { policy: policy.ports } : { policy: 'keep', keptBy }),
    bound: observation?.bound ?? null,
    programs: observation?.programs ?? stated.programs,
    opened: observation?.opened ?? null,
    vendor: (port) => vendor.moves.get(port) ?? null,
    listed: (port) => (observation === null ? (vendor.ports.get(port) ?? null) : null),
    isShipped: stated.isShipped,
    scripts: observation === null ? [] : report.scripts,
    spared,
    daemon: (from, to, command) =>
      daemonMove(
        vendor.daemonPorts,
        { facts: readable, seen: observation?.programs ?? [] },
        { command, started: report.started },
        from,
        to,
      ),
    help: (from, to, command) => helpMove(observation?.help ?? null, { command, started: report.started }, from, to),
    stock: observation === null ? stated.moves : new Map(),
  })
  const start = spareWorkdir(planWorkdir(needs, facts, stated.files, account, anyUid), needs, spared)
  const handedOver = handedTo(account, needs)
  const handed = observation === null ? handedOver : new Set<string>()
  const wanted = [...start.needs, ...stepDown.needs, ...home.needs].filter(
    (need) => !isPrepared(need, input, account.name) && !(need.access === 'keep-state' && handed.has(need.path)),
  )
  const changes = [
    ...ports.fileEdits,
    ...vendor.fileEdits,
    ...stepDown.fileEdits,
    ...(observation === null ? stated.fileEdits : []),
  ]
  const grantee = granteeOf(account, facts, anyUid)
  const grantedFor = (all: readonly Need[]): Granted => grantAll(stillNamed(all, changes, readable), input, grantee)
  const granted = grantedFor(wanted)
  const grants = spareGrants(granted.grants, spared)
  const textOf = (path: string): string | null => (readable.files.known ? readable.files.value.text(path) : null)
  const fileEdits = editsInOrder(spareLines(changes, spared), textOf)
  const isMade = account.creation !== 'exists' && account.creation !== 'none'
  const withCapabilities = capableFiles(input, readable, grantee)
  const capable = tools.shell === false ? [] : needlessCapabilities(withCapabilities, ports.decisions)
  const needsRootPlace = isMade || grants.length > 0 || fileEdits.length > 0 || capable.length > 0
  const services = observation === null ? [] : servicesOf(observation, facts)
  const merged = mergedUsers({ services, account, grants, files: facts.files.known ? facts.files.value : null })
  const { end } = input
  return {
    stage: input.stage,
    outcome: 'harden',
    reason: '',
    userBefore: input.userBefore,
    account,
    anyUid,
    grants,
    handed: [...handedOver].filter(isStatePlace),
    unshown: () =>
      observation === null ? [] : unshownGrants(grants, grantedFor([...wanted, ...said(stated.assumed())]).grants),
    parts: () =>
      partsOf({
        grants: granted.grants,
        fileEdits: changes,
        env: home.env,
        stepDown: switches,
        workdir: start.workdir,
      }),
    ownCopied: policy.own === 'copied',
    ports: ports.decisions,
    capable,
    fileEdits,
    env: [...ports.env, ...vendor.env, ...stated.env, ...spareHome(home.env, spared)],
    ...(start.workdir === null ? {} : { workdir: start.workdir }),
    command: planCommand(facts, ports, stepDown),
    healthcheck: movedHealthcheck(facts.config, ports.decisions),
    tools,
    text: textOf,
    remarks: [
      ...(merged === null ? [] : [merged]),
      ...(unnamed !== undefined && account.name === '' ? [notCreated(account, unnamed)] : []),
      ...granted.remarks,
      ...stepDown.remarks,
      ...(observation === null && input.asBuilt !== true ? unknownAccount(report, account, input) : []),
      ...stated.remarks,
      ...(observation === null ? [...stated.cautions, ...vendor.cautions] : []),
      ...vendorRemarks(
        input,
        withCapabilities.filter((file) => !capable.includes(file)),
      ),
      ...assumptions(input),
      ...imageTriggers(input),
    ],
    end: end === null ? null : { ...end, replace: end.rootBefore || !needsRootPlace },
    users: input.users,
    rootSteps: input.rootSteps,
    userNumber: null,
    offered: input.builtUpon,
  }
}

/** Ports are moved in the command as it becomes, without its switch of user. */
function withCommand(facts: ImageFacts, argv: StepDownPlan['argv']): ImageFacts {
  const { config } = facts
  if (argv.entrypoint === null && argv.cmd === null) return facts
  return {
    ...facts,
    config: { ...config, entrypoint: argv.entrypoint ?? config.entrypoint, cmd: argv.cmd ?? config.cmd },
  }
}

/** The vendor's image lets its own account write there already. */
function isPrepared(need: Need, { facts, vendor }: StageInput, account: string): boolean {
  const { path, access } = need
  const isIn = (folder: string): boolean => folder === path || (access === 'create-file' && isInside(path, folder))
  return !facts.files.known && vendor.account?.name === account && vendor.prepared.some(isIn)
}

/** Folders that the Dockerfile itself hands to that very account: there is nothing left to do. A run knows better. */
function handedTo({ name, uid }: Pick<AccountChoice, 'name' | 'uid'>, needs: readonly Need[]): ReadonlySet<string> {
  const own = needs.filter(({ owner }) => owner !== undefined && (owner === name || owner === String(uid)))
  return new Set(own.map((need) => need.path))
}
