import type { VariantFacts } from '../../catalogue/entry.ts'
import { daemonPorts, packages, programs, workingFolder } from '../../catalogue/index.ts'
import type { PackageRule } from '../../catalogue/package-rule.ts'
import type { DaemonPortRule, ProgramRule, WorkingFolderRule } from '../../catalogue/program.ts'
import type { BuildContext } from '../contents/build-context.ts'
import { mayRunScript, type RunScript, runScripts } from '../contents/run-scripts.ts'
import { stageContents } from '../contents/stage-contents.ts'
import { deriveFacts } from '../dockerfile/derived-image.ts'
import type { Dockerfile, Instruction, Stage } from '../dockerfile/model.ts'
import { type StageWalks, stageWalks } from '../dockerfile/stage-walk.ts'
import { finalStage, findStage, leafStages, runsAsParent } from '../dockerfile/stages.ts'
import { lineage } from '../dockerfile/variables.ts'
import { HardenError } from '../errors.ts'
import { evidenceOf, type StageEvidence, withMore, withParent } from '../evidence/index.ts'
import type { Catalogue, StageView } from '../evidence/provider.ts'
import { NO_PARSERS, type SourceParsers } from '../evidence/syntax.ts'
import { describesServer, vendorOf } from '../evidence/vendor.ts'
import { shippedIn, type ViewSources, viewOf } from '../evidence/view.ts'
import type { ImageConfig, ImageFacts, Known } from '../image/facts.ts'
import { overlaid, type StartOverlay } from '../image/image-run.ts'
import { lookUp } from '../image/sources/catalogue.ts'
import { atOnce, type InTurn } from '../in-turn.ts'
import { isRoot } from '../plan/account/account-ids.ts'
import { MENTIONS_ACCOUNTS } from '../plan/account/account-steps.ts'
import { changedAccounts } from '../plan/account/changed-accounts.ts'
import { createdAccounts, knownAccounts } from '../plan/account/created-accounts.ts'
import { endOfStage, stageUsers } from '../plan/account/stage-users.ts'
import { numberUser, userTexts } from '../plan/account/user-number.ts'
import { authorsWords } from '../plan/authors-word.ts'
import {
  builtUpon,
  type Dependents,
  dependentsOf,
  exemptionOf,
  ignoredIn,
  isRunItself,
  noDependents,
  rootOnPurpose,
} from '../plan/exemptions.ts'
import { isWindowsStage } from '../plan/leave.ts'
import { type ChangedBase, defaultPolicy, type Observation, type Policy, type StageInput } from '../plan/stage-input.ts'
import { rootSteps } from '../plan/step-down/root-steps.ts'
import { argvOf, waitsForInput } from '../shell/index.ts'
import { type Bases, baseFacts, configOf } from './base-images.ts'

/** What is known of the outside when the stages of a Dockerfile are looked at. All of it is data. */
export interface Knowledge {
  readonly bases: Bases
  /** Facts of stages that were built, by index: they replace what is derived. */
  readonly built: ReadonlyMap<number, ImageFacts>
  readonly entries: (reference: string) => (VariantFacts & { readonly numberVaries?: boolean }) | null
  readonly programs: readonly ProgramRule[]
  readonly daemonPorts: readonly DaemonPortRule[]
  readonly observations: ReadonlyMap<number, Observation>
  /** What is known of packages. */
  readonly packages?: readonly PackageRule[]
  /** What programs write into the folder that they start in. */
  readonly workingFolder?: readonly WorkingFolderRule[]
  /** The folder it is built from; null or absent where there is none to look into. */
  readonly context?: BuildContext | null
  /** Of bases that the same run makes end as another user than root who that is, and what makes them, by reference. Absent: none. */
  readonly changed?: ReadonlyMap<string, Pick<ChangedBase, 'by' | 'user'>>
  /** Stages that files of the repository push as images of their own, by name or number; absent: none. */
  readonly pushed?: readonly string[]
  /** Who in the tree counts on the user of what is built; absent: nobody. */
  readonly dependents?: Dependents
  /** What services start of the stage that is built, the one that it is planned for first; absent: what it says itself. */
  readonly overlays?: readonly StartOverlay[]
  /** What sources are read with; absent: they are not read, and that is a question. */
  readonly parsers?: SourceParsers
  /** As in StageInput. */
  readonly editable?: ReadonlyMap<string, string>
  /** What was made out of the stages by themselves, for whoever plans them again. */
  readonly stated?: StatedStages
  /** Bases that the tree makes by another Dockerfile, by reference. */
  readonly parents?: Parents
}

/** What the built-in catalogue knows of any stage. */
export const catalogueKnowledge = {
  programs,
  packages,
  daemonPorts,
  workingFolder,
  entries: lookUp,
} satisfies Partial<Knowledge>

export type Parents = ReadonlyMap<string, Neighbour>

/** By the index of a stage: what it says by itself, which is another only where what was built of it is. */
type StatedStages = Map<
  number,
  {
    readonly built: ImageFacts | undefined
    readonly scripts: ScriptsOf
    readonly view: StageView
    readonly stated: StageEvidence
  }
>

/** The scripts of the build context that a RUN line starts, and that make accounts or change them. */
type ScriptsOf = (instruction: Instruction) => readonly RunScript[]

/**
 * The stages that are meant to run: the one that is built, those that start something and that no other stage is built from, and those
 * that are pushed as images of their own.
 */
export function plannedStages(
  dockerfile: Dockerfile,
  policy: Policy,
  pushed: readonly string[] = [],
): readonly Stage[] {
  if (policy.target !== null) {
    const stage = findStage(dockerfile, policy.target)
    if (stage === null)
      throw new HardenError('bad-usage', `there is no stage ${policy.target}`, {
        hint: `stages are ${dockerfile.stages.map(nameOf).join(', ')}`,
      })
    return [stage]
  }
  const final = finalStage(dockerfile)
  const starts = (stage: Stage): boolean =>
    stage.instructions.some(({ keyword }) => keyword === 'CMD' || keyword === 'ENTRYPOINT')
  const images = new Set(pushed.map((name) => findStage(dockerfile, name)))
  const leaves = new Set(leafStages(dockerfile))
  return dockerfile.stages.filter(
    (stage) =>
      stage === final || (leaves.has(stage) && starts(stage)) || (images.has(stage) && startsAsRoot(dockerfile, stage)),
  )
}

/** It has a command, its own or an earlier stage's, and nothing in it gives up root. */
function startsAsRoot(dockerfile: Dockerfile, { index }: Stage): boolean {
  const all = lineage(dockerfile, index).flatMap((at) => dockerfile.stages[at]?.instructions ?? [])
  const user = all.findLast(({ keyword }) => keyword === 'USER')?.text.trim() ?? 'root'
  return /^(?:root|0)(?::|$)/.test(user) && all.some(({ keyword }) => keyword === 'CMD' || keyword === 'ENTRYPOINT')
}

/** `--target` takes the number of a stage as well. */
function nameOf({ name, index, from }: Stage): string {
  return name ?? `${index} (FROM ${from.text})`
}

export function stageInputs(dockerfile: Dockerfile, policy: Policy, knowledge: Knowledge): readonly StageInput[] {
  return atOnce(stageInputsInTurn(dockerfile, policy, knowledge))
}

const DISTRIBUTION = /alpine|debian|slim|buster|bullseye|bookworm|trixie|ubuntu|focal|jammy|noble|\bubi\d/i

/** Which distribution it is stands in an argument's default alone: `FROM php:8.3-fpm-${DISTRO}`. */
function choosesDistribution({ base, from }: Stage, { args }: Pick<Dockerfile, 'args'>): boolean {
  if (base.kind !== 'image' || !DISTRIBUTION.test(base.reference)) return false
  const written = from.text.split(/\s/).find((word) => word !== '' && !/^(FROM$|--)/i.test(word)) ?? ''
  const names = [...written.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name)
  const isGiven = names.some((name) => args.has(name))
  return names.length > 0 && !isGiven && !DISTRIBUTION.test(written.replace(/\$(\{[^{}]{0,200}\}|\w{1,200})/g, ''))
}

/** Stops within each stage, and behind it: a Dockerfile may have thousands. */
export function* stageInputsInTurn(
  dockerfile: Dockerfile,
  policy: Policy,
  knowledge: Knowledge,
): InTurn<readonly StageInput[]> {
  const walks = stageWalks(dockerfile, (reference) => configOf(reference, knowledge.bases))
  const inputs: StageInput[] = []
  for (const stage of plannedStages(dockerfile, policy, knowledge.pushed)) {
    inputs.push(yield* stageInput(dockerfile, stage, walks, policy, knowledge))
    yield
  }
  const planned = new Set(inputs.flatMap((input) => input.lineage.map(({ index }) => index)))
  const changed = changedBases(dockerfile, knowledge, planned)
  return changed.length === 0 ? inputs : inputs.map((input) => ({ ...input, changed }))
}

/** The stages that begin with an image which the same run makes end as another user. */
function changedBases(
  dockerfile: Dockerfile,
  { changed }: Knowledge,
  planned: ReadonlySet<number>,
): readonly ChangedBase[] {
  if (changed === undefined) return []
  return dockerfile.stages.flatMap((stage) => {
    const base = stage.base.kind === 'image' ? changed.get(stage.base.reference) : undefined
    return base === undefined
      ? []
      : [{ ...base, ...lineageStage(dockerfile, stage), isPlanned: planned.has(stage.index) }]
  })
}

function lineageStage(dockerfile: Dockerfile, stage: Stage): StageInput['lineage'][number] {
  const hasUser = stage.instructions.some(({ keyword }) => keyword === 'USER')
  return { index: stage.index, name: stage.name, hasUser, runsAsParent: runsAsParent(dockerfile, stage) }
}

function* stageInput(
  dockerfile: Dockerfile,
  stage: Stage,
  walks: StageWalks,
  policy: Policy,
  knowledge: Knowledge,
): InTurn<StageInput> {
  const indexes = lineage(dockerfile, stage.index)
  const root = dockerfile.stages[indexes[0] ?? stage.index] ?? stage
  const chain = indexes.flatMap((index) => dockerfile.stages[index] ?? [])
  const parent = root.base.kind === 'image' ? knowledge.parents?.get(root.base.reference) : undefined
  const base = { ...baseFacts(root, chain, knowledge.bases), madeAccounts: parent?.accounts ?? [] }
  const state = walks.end(stage.index)
  const built = knowledge.built.get(stage.index)
  yield
  const before = knowledge.stated?.get(stage.index)
  const scripts = before?.scripts ?? (yield* scriptsIn(dockerfile, stage, walks, knowledge.context ?? null))
  const made = yield* createdAccounts(dockerfile, stage.index, walks, scripts)
  // Of what was built the accounts are those that it ends with.
  const { accounts, created } =
    built === undefined ? changedAccounts(made, base.accounts) : { accounts: base.accounts, created: made }
  const { deleted = [] } = made
  const asStated = platformOf(
    built ?? deriveFacts({ base: { ...base, accounts }, state, created: knownAccounts(made), deleted }),
    dockerfile,
    chain,
  )
  const [overlay, ...others] = isBuilt(stage, dockerfile, policy) ? (knowledge.overlays ?? []) : []
  const startedAs = (by: StartOverlay | undefined): ImageFacts =>
    by === undefined ? asStated : { ...asStated, config: overlaid(asStated.config, by) }
  const derived = startedAs(overlay)
  const entry = root.base.kind === 'image' ? knowledge.entries(base.madeFrom ?? root.base.reference) : null
  const asBuilt = root.index === stage.index && stage.instructions.every(({ keyword }) => keyword === 'FROM')
  yield
  const catalogue: Catalogue = {
    packages: knowledge.packages ?? [],
    programs: knowledge.programs,
    workingFolder: knowledge.workingFolder ?? [],
  }
  const dependents = dependentsOf(dockerfile, stage, knowledge.dependents ?? noDependents)
  const sources: ViewSources = {
    dockerfile,
    stage,
    chain,
    walks,
    context: knowledge.context ?? null,
    facts: derived,
    baseFiles: base.files.known ? base.files.value : null,
    built: built !== undefined,
    asBuilt,
    startKnown: built !== undefined || state.workdir.value.known,
    entry,
    listed: describesServer(entry, derived),
    runs: dependents.runs,
    parsers: knowledge.parsers ?? NO_PARSERS,
  }
  const more = [...others, ...(overlay === undefined ? [] : ownStart(chain, asStated.config, [overlay, ...others]))]
  const known = before?.built === built ? before : undefined
  const { view, stated: own } = known ?? (yield* lookedAt(sources, more, startedAs, catalogue))
  const stated = known !== undefined || parent?.shows == null ? own : withParent(own, parent.shows)
  knowledge.stated?.set(stage.index, { built, scripts, view, stated })
  const { facts } = view
  yield
  const users = stageUsers(walks.own(stage.index), state.user.value, (user) => isRoot(user, facts, created))
  const end = endOfStage(stage, users)
  const isOpen = built === undefined && entry?.numberVaries === true && choosesDistribution(root, dockerfile)
  const openNumber = isOpen ? entry.user?.name : undefined
  const userNumber = numberUser(stage, users, created, facts, view, openNumber)
  const observation = knowledge.observations.get(stage.index) ?? null
  return {
    stage: stage.index,
    facts,
    stated,
    ...(openNumber === undefined ? {} : { openNumber }),
    asBuilt,
    ...(knowledge.editable === undefined ? {} : { editable: knowledge.editable }),
    triggers: base.config.onbuild,
    plainBase:
      root.index === stage.index &&
      !stage.from.text.includes('$') &&
      stage.instructions.every(({ keyword }) => keyword !== 'RUN' && keyword !== 'USER'),
    userBefore: userBefore(state.user.value, state.user.instruction !== null, root, base),
    created,
    users,
    end,
    rootSteps: rootSteps(stage, users, userTexts(userNumber, created, facts, policy.unsafe)),
    userNumber,
    exemption: exemptionOf(dockerfile, stage, policy),
    authorsWords: authorsWords(dockerfile, stage),
    ignored: ignoredIn(dockerfile, stage, policy),
    shellSeen: chain.some((each) => each.instructions.some(usesShell)),
    builtUpon: rootOnPurpose(dockerfile, stage, end) ?? builtUpon(chain, state),
    dependents,
    runItself: isRunItself(chain, state, dependents),
    vendor: vendorOf(view, {
      programs: knowledge.programs,
      daemonPorts: knowledge.daemonPorts,
      seen: observation?.programs ?? [],
    }),
    observation,
    lineage: chain.map((one) => lineageStage(dockerfile, one)),
    ...(overlay === undefined ? {} : { overlay }),
  }
}

function isBuilt(stage: Stage, dockerfile: Dockerfile, { target }: Policy): boolean {
  return stage === (target === null ? finalStage(dockerfile) : findStage(dockerfile, target))
}

/** A stage, with what the image needs where other services start something else in it. */
function* lookedAt(
  sources: ViewSources,
  others: readonly StartOverlay[],
  startedAs: (overlay: StartOverlay) => ImageFacts,
  catalogue: Catalogue,
): InTurn<{ readonly view: StageView; readonly stated: StageEvidence }> {
  const shipped = yield* shippedIn(sources)
  const view = yield* viewOf(sources, shipped, catalogue)
  let stated = yield* evidenceOf(view, catalogue)
  for (const other of others) {
    const otherView = yield* viewOf({ ...sources, facts: startedAs(other) }, shipped, catalogue)
    stated = withMore(stated, yield* evidenceOf(otherView, catalogue), other.by)
  }
  return { view, stated }
}

/** What the Dockerfile starts itself, where every service starts something else: the image is run by itself too. */
function ownStart(
  chain: readonly Stage[],
  config: ImageConfig,
  overlays: readonly StartOverlay[],
): readonly StartOverlay[] {
  const isReplaced = overlays.every(({ entrypoint, command }) => entrypoint !== null || command !== null)
  const says = chain
    .flatMap(({ instructions }) => instructions)
    .findLast(({ keyword }) => keyword === 'CMD' || keyword === 'ENTRYPOINT')
  // A shell is there until somebody says what to start.
  if (!isReplaced || says === undefined || waitsForInput(argvOf(config))) return []
  return [{ by: "the image's own start", entrypoint: null, command: null, env: new Map(), workdir: null }]
}

function* scriptsIn(
  dockerfile: Dockerfile,
  stage: Stage,
  walks: StageWalks,
  context: BuildContext | null,
): InTurn<ScriptsOf> {
  const found = new Map<Instruction, readonly RunScript[]>()
  if (mayRunScript(walks.steps(stage.index), context, MENTIONS_ACCOUNTS))
    yield* stageContents(
      {
        dockerfile,
        walks,
        context,
        base: null,
        idsOf: () => null,
        onRun: (step, textOf) => found.set(step.instruction, runScripts(step, textOf, MENTIONS_ACCOUNTS)),
      },
      stage.index,
    )
  return (instruction) => found.get(instruction) ?? []
}

/** An image that another Dockerfile of the tree makes. */
export interface Neighbour {
  readonly image: Known<ImageFacts>
  /** What the stage shows that makes it; null where that was not read. */
  readonly shows: StageEvidence | null
  /** Accounts that it certainly makes, by name. */
  readonly accounts: readonly string[]
}

/** The image that a stage of a neighbour's Dockerfile makes, as far as it and its build context tell; the reason where it starts from what is not known. */
export function* imageOfStage(
  dockerfile: Dockerfile,
  stage: Stage,
  knowledge: Knowledge,
  named: { readonly reference: string; readonly by: string },
): InTurn<Neighbour> {
  const walks = stageWalks(dockerfile, (reference) => configOf(reference, knowledge.bases))
  const { user, entrypoint, cmd } = walks.end(stage.index)
  const above = lineage(dockerfile, stage.index).flatMap((index) => {
    const base = dockerfile.stages[index]?.base
    return base?.kind === 'image' ? (knowledge.parents?.get(base.reference)?.accounts ?? []) : []
  })
  const accountsOf = ({ users }: StageInput['created']): readonly string[] => [
    ...users.flatMap(({ name, certain }) => (certain ? [name] : [])),
    ...above,
  ]
  const open = [user.value, entrypoint.value, cmd.value].find(({ known }) => !known)
  if (open?.known === false) {
    const image = { known: false, reason: `${named.by} makes it, and ${open.reason}` } as const
    return { image, shows: null, accounts: accountsOf(yield* createdAccounts(dockerfile, stage.index, walks)) }
  }
  const input = yield* stageInput(dockerfile, stage, walks, defaultPolicy, knowledge)
  const accounts = accountsOf(input.created)
  const { facts, stated } = input
  const { base } = dockerfile.stages[lineage(dockerfile, stage.index)[0] ?? stage.index] ?? stage
  const from = base.kind === 'image' ? base.reference : null
  const of = from === null ? undefined : knowledge.bases.get(from)
  const madeFrom = of?.known === true ? (of.value.madeFrom ?? from) : from
  const image = { ...facts, reference: named.reference, ...(madeFrom === null ? {} : { madeFrom }) }
  if (facts.files.known) return { image: { known: true, value: image }, shows: stated, accounts }
  const reason = `${named.by} makes it, and it was not built`
  const value: ImageFacts = { ...image, files: { known: false, reason }, someFiles: stated.view.own }
  return { image: { known: true, value }, shows: stated, accounts }
}

/** A shell form, or a command that is a shell or its script: it takes a shell in the image. */
function usesShell({ keyword, json, text }: Instruction): boolean {
  if (!/^(RUN|CMD|ENTRYPOINT)$/.test(keyword)) return false
  if (json === null) return text.trim() !== ''
  return /(^|\/)((ba|da|a)?sh|[\w.-]+\.sh)$/.test(json[0]?.value ?? '')
}

function platformOf(facts: ImageFacts, dockerfile: Dockerfile, chain: readonly Stage[]): ImageFacts {
  if (!chain.some((stage) => isWindowsStage(stage, dockerfile.escape))) return facts
  return { ...facts, platform: { ...facts.platform, os: 'windows' } }
}

/** A base that nobody could look at most likely runs as root, as nearly all do; only a variable in USER is unknown. */
function userBefore(user: Known<string>, hasUserLine: boolean, root: Stage, base: ImageFacts): Known<string> {
  if (user.known) return { known: true, value: user.value === '' ? 'root' : user.value }
  const isOpen = root.base.kind === 'image' || root.base.kind === 'unresolved'
  if (isOpen && !hasUserLine && !base.accounts.known && !base.os.known && base.source === 'derived')
    return { known: true, value: 'root' }
  return user
}
