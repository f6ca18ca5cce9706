import type { StageContents } from '../contents/stage-contents.ts'
import { wholeText } from '../dockerfile/index.ts'
import type { CapableFile, EnvSetting, Need, Remark } from '../evidence/claim.ts'
import {
  applySubstitutions,
  escapeEre,
  type FileEdit,
  followingEdits,
  inPlaceOf,
  matches,
  mergeByFile,
  type Substitution,
} from '../evidence/file-edit.ts'
import type { StageView } from '../evidence/provider.ts'
import { asksBeforeMaking } from '../evidence/source-text.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { StartOverlay } from '../image/image-run.ts'
import type { InTurn } from '../in-turn.ts'
import { memoizeByObject } from '../memoize.ts'
import { baseName, isInside, isStatePlace, normalisePath, parentOf } from '../places.ts'
import { joinTruncated } from '../words.ts'
import { mayBringAccount } from './account/absent-account.ts'
import { type CandidateSources, candidates } from './account/candidates.ts'
import { chooseAccount, withoutDigest } from './account/choose-account.ts'
import { lostGroups } from './account/lost-groups.ts'
import { mergedUsers, type RunningProgram, servicesOf, stateOfOthers } from './account/merged-users.ts'
import { notCreated } from './account/new-account.ts'
import { accountsAskedFor, namedOwners } from './account/owners.ts'
import {
  assumptions,
  describesPackages,
  imageTriggers,
  isUserUnseen,
  leftOut,
  numberUnknown,
  otherShell,
} from './assumptions.ts'
import { noDependents } from './exemptions.ts'
import {
  includedCapable,
  includedGrants,
  includedHome,
  includedLines,
  includedWorkdir,
  partsOf,
} from './grants/excluded-parts.ts'
import { type Granted, grantAll } from './grants/grant-all.ts'
import { imageCode } from './grants/image-code.ts'
import { madeAtStart } from './grants/observed-needs.ts'
import {
  givenAsFiles,
  isPerhaps,
  type PerhapsNeed,
  perhapsQuestion,
  unmetNeeds,
  withoutAsked,
} from './grants/perhaps.ts'
import { said } from './grants/unshown.ts'
import { planHome, planWorkdir, startsIn } from './home.ts'
import { mountPoints, mountRemarks } from './host-mounts.ts'
import { type AccountChoice, type CommandChange, decide, type Grant, type StagePlan } from './plan.ts'
import { isInsisting, type PlanContext, planContextOf, unpackedIn } from './plan-context.ts'
import { movedHealthcheck } from './ports/healthcheck.ts'
import { type PortPlan, stagePorts } from './ports/plan-ports.ts'
import { type Grantee, granteeOf } from './replay/own.ts'
import type { Policy, StageInput } from './stage-input.ts'
import { idsWithoutEffect, type StepDownPlan } from './step-down/step-down-plan.ts'
import { hasSed, needlessCapabilities, refusedPrograms } from './tools.ts'
import { vendorRemarks } from './vendor-image.ts'

/** The plan for a stage that runs as root and need not. Stops between its parts. */
export function* hardenStage(input: StageInput, policy: Policy): InTurn<StagePlan> {
  const context = planContextOf(input, policy)
  const { excluded, anyUid, tools, needs, stepDown } = context
  const { facts, observation, stated, vendor, end } = input
  yield
  const account = accountFor(context)
  yield
  const home = planHome(facts, account, context.observed.inHome, anyUid, context.observed.foundByHome, stated.homes)
  const ports = stagePorts(context)
  yield
  const begins =
    stepDown.jail === null ? planWorkdir(needs, facts, stated.files, account, anyUid) : startsIn(stepDown.jail, needs)
  const start = includedWorkdir(begins, needs, excluded)
  const handedOver = handedTo(account, needs)
  const changes = changesOf(context, ports)
  const grantee = granteeOf(account, facts, anyUid)
  const code = imageCode(context.readable, context.report, {
    files: context.readable.files.known ? context.readable.files.value : null,
    uid: account.uid,
    exact: isExact(input),
  })
  const services = observation === null ? [] : servicesOf(observation, facts)
  const others = facts.files.known ? stateOfOthers(services, account, facts.files.value) : []
  const named = notHandedOver(
    [...start.needs, ...stepDown.needs, ...home.needs, ...mountPoints(context, account), ...others],
    input,
    account,
    handedOver,
  )
  // A run has already shown which way the script goes.
  const asked = observation === null ? withoutAsked(named, context.report, input) : { needs: named, remarks: [] }
  const all = asked.needs
  const perhaps = all.filter(isPerhaps)
  const made =
    observation !== null && facts.files.known
      ? madeAtStart(
          observation,
          [...stated.assumed, ...needs],
          facts.files.value,
          asksBeforeMaking(stated.view.contents.texts),
        )
      : []
  const still = (each: readonly Need[]): readonly Need[] => stillNamed(each, changes, context.readable)
  const granted = yield* grantAll(
    {
      wanted: still([...givenAsFiles(all, perhaps), ...made]),
      assumed: observation === null ? [] : still(said(stated.assumed)),
    },
    input,
    grantee,
    code,
  )
  yield
  // A folder that a RUN has handed to the account lets it create files, whatever the base image is.
  const mayMake = (path: string): boolean =>
    stated.files.entry(path) === null && isHandedFolder(parentOf(path), input, account)
  const unmet = observation === null ? unmetNeeds(perhaps, granted, mayMake) : []
  const included = includedGrants(granted.grants, excluded).map(makesMissing(input))
  const grants = tools.shell === false ? included.map((grant) => withFile(grant, context.readable)) : included
  const fileEdits = editsInOrder(includedLines(changes, excluded), context.textOf)
  const withCapabilities = capableFiles(input, context.readable, grantee)
  const capable =
    tools.shell === false
      ? []
      : includedCapable(needlessCapabilities(withCapabilities, ports.decisions, input.overlay !== undefined), excluded)
  const isMade = account.creation !== 'exists' && account.creation !== 'none'
  const {
    own: command,
    env,
    elsewhere,
  } = forService(input.overlay, planCommand(facts, ports, stepDown), [
    ...ports.env,
    ...vendor.env,
    ...stated.env,
    ...includedHome(home.env, excluded),
  ])
  const healthcheck = movedHealthcheck(facts.config, ports.decisions)
  const steps = [
    ...decide('pin-account', account.pins ?? []),
    ...decide('make-account', isMade ? [account] : []),
    ...decide('port', ports.decisions),
    ...decide('edit-file', withTexts(fileEdits, context)),
    ...decide('drop-capabilities', capable),
    ...decide('grant', grants),
    // With `--own copied` the caller asks for the files of the start as well.
    ...decide(
      'own-copies',
      policy.own === 'copied'
        ? [isInsisting(policy) ? account : { ...account, code: { ...code, programs: new Set() } }]
        : [],
    ),
    ...decide('set-env', env),
    ...decide('set-workdir', start.workdir === null ? [] : [start.workdir]),
    ...decide('set-healthcheck', healthcheck === null ? [] : [healthcheck]),
    ...decide('set-user', [account]),
    ...decide('set-command', command === null ? [] : [command]),
  ]
  const decisions = [
    ...decide('build-as-root', input.rootSteps),
    ...decide(
      'begin-as-root',
      steps.some((one) => one.needsRoot) && input.asBuilt !== true && isUserUnseen(input)
        ? [withoutDigest(facts.reference)]
        : [],
    ),
    ...steps,
  ]
  return {
    stage: input.stage,
    outcome: 'harden',
    reason: '',
    userBefore: input.userBefore,
    account,
    anyUid,
    decisions,
    parts: partsOf({
      grants: granted.grants,
      fileEdits: changes,
      env: home.env,
      stepDown: context.switches,
      workdir: start.workdir,
      ownWay: context.ownWay,
    }),
    unshown: granted.unshown,
    handed: [...handedOver].filter(isStatePlace),
    tools,
    remarks: [
      ...asked.remarks,
      ...remarksOf(context, { account, grants, granted, unmet, services, withCapabilities, capable }),
    ],
    end: end === null ? null : { ...end, replace: end.rootBefore || !decisions.some((one) => one.needsRoot) },
    users: input.users,
    offered: offeredFor(input),
    ...elsewhere,
  }
}

/** The file model is exactly that of the image: no step has made files that nobody has seen. */
function isExact({ asBuilt, facts, observation, stated: { view } }: StageInput): boolean {
  if (asBuilt === true || observation !== null) return facts.files.known
  const { steps, copies } = view.contents
  return (
    facts.files.known &&
    steps.every(({ instruction }) => instruction.keyword !== 'RUN') &&
    copies.every(({ seen }) => seen)
  )
}

/** A command or variable that a service sets has to change in the service: the image has no say there. */
function forService(
  overlay: StartOverlay | undefined,
  command: CommandChange | null,
  env: readonly EnvSetting[],
): {
  readonly own: CommandChange | null
  readonly env: readonly EnvSetting[]
  readonly elsewhere: Pick<StagePlan, 'inService'>
} {
  if (overlay === undefined) return { own: command, env, elsewhere: {} }
  const isSaid = overlay.entrypoint !== null || overlay.command !== null
  const ofService = env.filter(({ name }) => overlay.env.has(name))
  return {
    own: isSaid ? null : command,
    env: env.filter(({ name }) => !overlay.env.has(name)),
    elsewhere: { inService: { command: isSaid ? command : null, env: ofService } },
  }
}

/** A path that a RUN makes only under a condition may be missing: its grant creates it. */
function makesMissing({ stated, observation }: StageInput): (grant: Grant) => Grant {
  if (observation !== null) return (grant) => grant
  const { contents, builders } = stated.view
  const madeIn = memoizeByObject(({ actions }: StageContents) => {
    const made = actions.filter(({ tool }) => tool === 'mkdir' || tool === 'touch')
    const paths = (isCertain: boolean): readonly string[] =>
      made.flatMap((each) => (each.certain === isCertain ? each.paths : []))
    return { perhaps: paths(false), surely: paths(true) }
  })
  const mayMiss = (stage: StageContents, path: string): boolean => {
    const { perhaps, surely } = madeIn(stage)
    return perhaps.some((each) => isInside(each, path)) && !surely.some((each) => isInside(each, path))
  }
  return (grant) => {
    // A COPY from another stage brings what was made there.
    const origin = contents.origins.get(grant.path)
    const isBuilt = origin?.startsWith('/') === true
    if (!mayMiss(contents, grant.path) && !(isBuilt && builders.some((each) => mayMiss(each, origin)))) return grant
    if (grant.kind === 'own-directory') return { ...grant, kind: 'create-directory' }
    return grant.kind === 'own-file' ? { ...grant, kind: 'create-file', makesFolder: true } : grant
  }
}

/** Mode and size of a file that exists, which a COPY of it has to keep. */
function withFile(grant: Grant, { files }: ImageFacts): Grant {
  const entry = files.known ? files.value.entry(grant.path) : null
  return entry?.type === 'file' ? { ...grant, file: { mode: entry.mode, size: entry.size } } : grant
}

/** Why a person has to decide whether the stage is hardened; null where nothing speaks against it. */
function offeredFor({ builtUpon, dependents = noDependents }: StageInput): string | null {
  const { children, users, madeElsewhere } = dependents
  if (madeElsewhere !== null) return madeElsewhere
  if (children.length > 0) {
    const who = joinTruncated(children.map(({ by, line }) => `${by} (line ${line})`))
    const counts = children.length === 1 ? 'builds on it and counts' : 'build on it and count'
    return `${who} ${counts} on root: say USER root there before what needs it`
  }
  const [user] = users.filter(({ kind }) => kind !== 'action')
  if (user === undefined) return builtUpon
  return user.kind === 'job'
    ? `${user.what} runs its steps in it: whether they need root is not known`
    : `${user.what} develops in it${user.user === null ? '' : ` as ${user.user}`}: what is done there may need root`
}

/** Without sed the whole file is written anew, so the plan carries its text. */
function withTexts(edits: readonly FileEdit[], { tools, textOf }: PlanContext): readonly FileEdit[] {
  return hasSed(tools) ? edits : edits.map((edit) => ({ ...edit, text: textOf(edit.path) }))
}

function accountFor(context: PlanContext): AccountChoice {
  const chosen = accountOf(context)
  const { byArgument } = context.input.end ?? {}
  // A name given with --user stands in USER itself.
  if (byArgument === undefined || context.anyUid || /^\D/.test(context.policy.user ?? '')) return chosen
  const { user, group } = byArgument
  const own = context.input.created.users.find(({ uidText }) => uidText === `\${${user}}`)
  const made: Partial<AccountChoice> =
    own === undefined ? {} : { name: own.name, home: own.home, creation: 'exists', createHome: false }
  return { ...chosen, ...made, text: `\${${user}}${group === null ? '' : `:\${${group}}`}`, pins: [], byArgument: true }
}

function accountOf({ input, policy, stepDown, needs, tools, anyUid, report, textOf }: PlanContext): AccountChoice {
  const { facts, created, shellSeen, stated } = input
  return chooseAccount({
    option: policy.user,
    ...(policy.userBecause === undefined ? {} : { because: policy.userBecause }),
    candidates: candidates({
      facts,
      created,
      users: input.users,
      vendor: input.vendor.account,
      packages: stated.accounts,
      switches: stepDown.switches,
      switchesOpen:
        describesPackages(stated) || report.started.some(({ program }) => /^(?:useradd|adduser)$/.test(program)),
      observedUids: input.observation?.uids ?? [],
      refused: (input.observation?.operations ?? []).filter(
        ({ access, outcome }) => access === 'switch-user' && outcome === 'refused',
      ),
      needs: [...needs, ...stepDown.needs],
      asked: askedNames(report.scripts, textOf),
      ...givenBy(stated.view),
    }),
    facts,
    created,
    tools,
    shellSeen,
    rootGroup: anyUid,
    mayBring: mayBringAccount(stated.view),
    mayCreate: keptUnnamed(input) === undefined,
    ...(input.openNumber === undefined ? {} : { openNumber: input.openNumber }),
  })
}

/** Who asks that no account is created. */
function keptUnnamed({ ignored }: StageInput): string | undefined {
  return ignored?.get('create-user')
}

/** All edits of files, before those that are excluded are left out. */
function changesOf({ input, stepDown, textOf }: PlanContext, ports: PortPlan): readonly FileEdit[] {
  const changes = [
    ...ports.fileEdits,
    ...input.vendor.fileEdits,
    ...stepDown.fileEdits,
    ...(input.observation === null ? input.stated.fileEdits : []),
  ]
  return [...changes, ...mergeByFile(followingEdits(changes, textOf, input.stated.view.contents.texts))]
}

/** Folders that the Dockerfile already hands to this account: nothing is left to do there. */
function handedTo({ name, uid }: Pick<AccountChoice, 'name' | 'uid'>, needs: readonly Need[]): ReadonlySet<string> {
  const own = needs.filter(({ owner }) => owner !== undefined && (owner === name || owner === String(uid)))
  return new Set(own.map((need) => need.path))
}

/** The last thing that a RUN does to this folder is to give it to the account. */
function isHandedFolder(folder: string, { stated }: StageInput, account: AccountChoice): boolean {
  const last = stated.view.contents.actions.findLast(
    ({ tool, paths, recursive }) =>
      tool !== 'mkdir' &&
      tool !== 'unpack' &&
      paths.some((path) => path === folder || (recursive && isInside(folder, path))),
  )
  return last?.tool === 'chown' && last.certain && isOwner(last.value, account)
}

/** Of chown: `app`, `app:app`, `10001`. */
function isOwner(owner: string | null, { name, uid }: Pick<AccountChoice, 'name' | 'uid'>): boolean {
  const who = owner?.split(/[:.]/)[0] ?? ''
  return who !== '' && (who === name || who === String(uid))
}

const LEAVES_OWNER = new Set(['chmod', 'rm'])

/**
 * Whether a path lies in a tree that a RUN gives to this account with nothing put there afterwards: all of it then belongs to the
 * account, whatever the build has unpacked.
 */
function inHandedTree({ stated }: StageInput, account: AccountChoice): (path: string) => boolean {
  const { actions, copies, steps } = stated.view.contents
  const isOwn = (owner: string | null): boolean => isOwner(owner, account)
  const trees = actions.flatMap(({ tool, paths, recursive, certain, value, line }, index) =>
    tool === 'chown' && recursive && certain && isOwn(value) ? paths.map((tree) => ({ tree, line, index })) : [],
  )
  return (path) =>
    trees.some(({ tree, line, index }) => {
      if (path === tree || !isInside(path, tree)) return false
      const reaches = (other: string): boolean => isInside(path, other) || isInside(other, path)
      return (
        !copies.some((copy) => copy.line > line && reaches(copy.destination)) &&
        !actions
          .slice(index + 1)
          .some((after) => !LEAVES_OWNER.has(after.tool) && after.paths.some(reaches) && !isOwn(after.value)) &&
        !steps.some(
          ({ instruction, workdir }) =>
            instruction.keyword === 'RUN' &&
            instruction.line > line &&
            (workdir === null || isInside(workdir, tree) || wholeText(instruction).includes(tree)),
        )
      )
    })
}

/** A VOLUME whose folder no step makes: the engine makes it as root, whoever owns the folder above. */
function isUnmadeVolume(path: string, { facts, stated }: StageInput): boolean {
  const { entries, steps, copies } = stated.view.contents
  return (
    facts.config.volumes.some((volume) => normalisePath(volume, facts.config.workdir) === path) &&
    !entries.has(path) &&
    !copies.some(({ destination }) => isInside(path, destination)) &&
    !steps.some(({ instruction }) => instruction.keyword === 'RUN' && wholeText(instruction).includes(baseName(path)))
  )
}

/** What a run has shown counts more than an instruction that hands a folder over. */
function notHandedOver(
  needs: readonly Need[],
  input: StageInput,
  account: AccountChoice,
  handedOver: ReadonlySet<string>,
): readonly Need[] {
  const handed = input.observation === null ? handedOver : new Set<string>()
  const isHanded = input.observation === null ? inHandedTree(input, account) : () => false
  const isOwn = ({ path, opens, told }: Need): boolean =>
    opens === undefined && told === undefined && isHanded(path) && !isUnmadeVolume(path, input)
  const isFilledSince = ({ path, recursive }: Need): boolean =>
    recursive === true && holdsRoots(path, input.stated.view.contents)
  return needs.filter(
    (need) =>
      !isPrepared(need, input, account.name) &&
      !(need.access === 'keep-state' && handed.has(need.path) && !isFilledSince(need)) &&
      !isOwn(need),
  )
}

/** The vendor's image already lets its own account write there; what the stage has added as root stays root's. */
function isPrepared(need: Need, { facts, vendor, stated }: StageInput, account: string): boolean {
  const { path, access } = need
  if (need.recursive === true && holdsRoots(path, stated.view.contents)) return false
  const isIn = (folder: string): boolean => folder === path || (access === 'create-file' && isInside(path, folder))
  return !facts.files.known && vendor.account?.name === account && vendor.prepared.some(isIn)
}

/** The stage puts something of root's into the folder, or may do so. */
function holdsRoots(folder: string, contents: StageContents): boolean {
  const isIn = (path: string): boolean => path !== folder && isInside(path, folder)
  return (
    unpackedIn(contents).some((path) => isInside(path, folder)) ||
    [...contents.entries].some(([path, { uid }]) => uid === 0 && isIn(path))
  )
}

interface Decided {
  readonly account: AccountChoice
  readonly grants: readonly Grant[]
  readonly granted: Granted
  /** Paths that are written only in some cases, and that the user could not write. */
  readonly unmet: readonly PerhapsNeed[]
  readonly services: readonly RunningProgram[]
  /** Programs with file capabilities, and those of them that no longer need any. */
  readonly withCapabilities: readonly CapableFile[]
  readonly capable: readonly CapableFile[]
}

function remarksOf(context: PlanContext, decided: Decided): readonly Remark[] {
  const { input, stepDown, report } = context
  const { facts, observation, stated } = input
  const { account, grants, granted, unmet, services, withCapabilities, capable } = decided
  const merged = mergedUsers({ services, account, grants, files: facts.files.known ? facts.files.value : null })
  const unnamed = keptUnnamed(input)
  return [
    ...(merged === null ? [] : [merged]),
    ...(unnamed !== undefined && account.name === '' ? [notCreated(account, unnamed)] : []),
    ...granted.remarks,
    ...unmet.map(perhapsQuestion),
    ...stepDown.remarks,
    ...(offeredFor(input) === null ? idsWithoutEffect(report, account, input.dependents?.runs ?? []) : []),
    ...mountRemarks(context, account),
    ...numberUnknown(account, input),
    ...(observation === null ? lostGroups(input, account) : []),
    ...stated.remarks,
    ...(observation === null ? stated.cautions : []),
    ...vendorRemarks(
      input,
      withCapabilities.filter((file) => !capable.includes(file)),
    ),
    ...assumptions(input),
    ...otherShell(input),
    ...leftOut(input),
    ...imageTriggers(input),
  ]
}

/** `[ "$(id -un)" != "app" ] && exit 1`: whom the start scripts ask for. */
const ASKS_NAME =
  /(?:\$\(\s*(?:id\s+-un|whoami)\s*\)|`(?:id\s+-un|whoami)`)["']?\s*(?:!=|==?)\s*["']?(?<name>[a-z_][\w-]*)/g

function askedNames(scripts: readonly string[], textOf: PlanContext['textOf']): NonNullable<CandidateSources['asked']> {
  return scripts.flatMap((path) =>
    [...(textOf(path) ?? '').matchAll(ASKS_NAME)].flatMap(({ groups }) =>
      groups?.name === undefined || groups.name === 'root'
        ? []
        : [{ name: groups.name, detail: `${path} asks for it` }],
    ),
  )
}

/** To whom the stage gives the program's files: the account with most of them first, then those that a line names. */
function givenBy(view: StageView): Pick<CandidateSources, 'copiedTo' | 'given' | 'namedThere'> {
  const { folders, copies, anywhere } = namedOwners(view.contents)
  // On an unknown base each name tells of an account that must exist there.
  const names = view.facts.accounts.known ? copies : new Set([...copies, ...anywhere])
  const named = [...names].map((name) => (/^\d+$/.test(name) ? Number(name) : name))
  return {
    copiedTo: [...copyOwners(view), ...named],
    given: new Set([...folders, ...copies]),
    namedThere: view.facts.accounts.known ? [] : accountsAskedFor(view.contents),
  }
}

/** Uids other than root's of what COPY and ADD bring, those with most of it first. */
function copyOwners(view: StageView): readonly number[] {
  const counts = new Map<number, number>()
  for (const path of view.files.paths()) {
    const uid = view.contents.origins.has(path) ? (view.files.entry(path)?.uid ?? 0) : 0
    if (uid > 0) counts.set(uid, (counts.get(uid) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([uid]) => uid)
}

/** The needs without those whose path an edit of the configuration sends elsewhere. */
function stillNamed(needs: readonly Need[], edits: readonly FileEdit[], { files }: ImageFacts): readonly Need[] {
  return needs.filter(({ namedIn, path }) => {
    const text = namedIn === undefined || !files.known ? null : files.value.text(namedIn)
    const substitutions = edits.filter((edit) => edit.path === namedIn).flatMap((edit) => edit.substitutions)
    if (text === null || substitutions.length === 0) return true
    return applySubstitutions(text, substitutions)?.includes(path) !== false
  })
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

/** ENTRYPOINT and CMD as they must become: ports moved in arguments, switches of user taken out. */
function planCommand(facts: ImageFacts, ports: PortPlan, stepDown: StepDownPlan): CommandChange | null {
  const { config } = facts
  const { argv } = stepDown
  if ((ports.entrypoint ?? ports.cmd ?? argv.entrypoint ?? argv.cmd) === null) return null
  const entrypoint = ports.entrypoint ?? stepDown.argv.entrypoint ?? config.entrypoint
  const cmd = ports.cmd ?? stepDown.argv.cmd ?? config.cmd
  const entrypointMoved = !same(entrypoint, config.entrypoint)
  const cmdMoved = !same(cmd, config.cmd)
  if (!entrypointMoved && !cmdMoved) return null
  const reasons = [
    ...ports.decisions
      .filter((port) => port.to !== null && (ports.entrypoint !== null || ports.cmd !== null))
      .map((port) => `port ${port.from} becomes ${port.to}`),
    ...stepDown.argvReasons,
  ]
  return {
    entrypoint: entrypointMoved ? entrypoint : null,
    // A new ENTRYPOINT drops the CMD that the base image brings, so it is said again.
    cmd: cmdMoved || entrypointMoved ? cmd : null,
    reason: [...new Set(reasons)].join(', '),
    evidence: ports.decisions.flatMap((port) => port.evidence),
  }
}

function same(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** As the pipeline writes them: `transforms/index.ts`. */
const ORDER: readonly FileEdit['purpose'][] = ['port', 'config', 'step-down']

/**
 * The edits in the order in which they are made. Each looks for the text that the earlier ones leave: `httpd -p 80 -u www` reads
 * differently once its port has moved.
 */
export function editsInOrder(edits: readonly FileEdit[], textOf: (path: string) => string | null): readonly FileEdit[] {
  const made = new Map<string, readonly Substitution[]>()
  return ORDER.flatMap((purpose) => edits.filter((edit) => edit.purpose === purpose)).map((edit) => {
    const text = textOf(edit.path)
    if (text === null) return edit
    const substitutions = edit.substitutions.map((one) => {
      const before = made.get(edit.path) ?? []
      const rebased = after(before, one, text)
      made.set(edit.path, [...before, rebased])
      return rebased
    })
    return { ...edit, substitutions }
  })
}

/** The edit, rewritten for the text that earlier edits leave; unchanged where it still matches, or where no rewriting is certain. */
function after(earlier: readonly Substitution[], one: Substitution, text: string): Substitution {
  const left = applySubstitutions(text, earlier)
  const said = literal(one.pattern)
  if (left === null || said === null || one.remove === true) return one
  if (matches(left, one) || !matches(text, one)) return one
  const from = applySubstitutions(said, earlier)
  const asked = one.replacement.replace(/\\(.)/gs, '$1')
  const applied = applySubstitutions(asked, earlier)
  if (from === null || applied === null) return one
  // An edit that was found by its whole line no longer matches it: only the words that differ are changed.
  const to = applied === asked ? changedWords(said, asked, from) : applied
  if (to === null || from === to) return one
  const rebased = { ...one, ...inPlaceOf(from, to), global: one.global }
  return matches(left, rebased) ? rebased : one
}

/** The change from `before` to `after`, applied to a third text that resembles `before`; null where the place is ambiguous. */
function changedWords(before: string, after: string, text: string): string | null {
  const words = (one: string): readonly string[] => one.split(/(?<=[\s"'])|(?=[\s"'])/)
  const [old, asked] = [words(before), words(after)]
  if (old.length !== asked.length) return null
  const places = old.flatMap((word, at) => (word === asked[at] ? [] : [[word, asked[at] ?? ''] as const]))
  let changed: string | null = text
  for (const [word, other] of places) {
    const parts: readonly string[] = changed === null ? [] : words(changed)
    changed =
      parts.filter((part) => part === word).length === 1
        ? parts.map((part) => (part === word ? other : part)).join('')
        : null
  }
  return changed
}

/** The one text that a pattern matches; null where it matches more than one. */
function literal(pattern: string): string | null {
  const text = pattern.replace(/\\(.)/gs, '$1')
  return escapeEre(text) === pattern ? text : null
}
