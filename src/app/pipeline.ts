import { join } from 'node:path'
import type { Proven } from '../attest/statement.ts'
import { parseInTurn } from '../dockerfile/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import type { Engine } from '../engine/engine.ts'
import type { EngineOption } from '../engine/open-engine.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ImageFacts, Known } from '../image/facts.ts'
import { openRegistries, type Registries } from '../image/sources/registry/registries.ts'
import type { StackFile } from '../manifests/project.ts'
import { decided, type Plan, type StageOutcome } from '../plan/plan.ts'
import type { StageInput } from '../plan/stage-input.ts'
import { type Limiter, limiterFor } from '../proof/container/limiter.ts'
import { type Inspection, inspection } from '../report/inspection.ts'
import type { ReportFinding, TargetResult } from '../report/report.ts'
import { buildContexts } from '../repository/context.ts'
import type { PortUsersOf } from '../repository/port-users.ts'
import type { ArchivePlace, WorkItem } from '../repository/work-item.ts'
import { baseReferences } from './base-images.ts'
import { asServicesRun, buildResult, checkTag, contextOf, givenTo, howBuilt, inContext } from './build.ts'
import { composeStart, elseStarted } from './compose-start.ts'
import { lookAtBases } from './look-at-bases.ts'
import { changedBases, uponNeighbours, withNeighbours } from './neighbours.ts'
import type { OriginalRuns } from './original-runs.ts'
import { type Planned, type Planner, plannerFor, type RunKnowledge, UNSEEN, withPauses } from './planner.ts'
import { besideOthers, type Room, roomOn } from './room.ts'
import { openFor, type Session } from './session.ts'
import { plannedStages } from './stage-inputs.ts'
import {
  type HardenMode,
  isProved,
  needsEngine,
  type Options,
  type ProcessTarget,
  type TargetOutcome,
  type TaskHooks,
} from './task.ts'
import { isLeftAsItIs, judgedAgain, outcomesOf } from './verdict.ts'

/**
 * One value works on all targets of a call: each engine is opened once, and looks at a base image once.
 * What is imported where it is used is not loaded by a run that does without: the engine, proofs, archives, the profile.
 */
export function targetProcessor(): ProcessTarget {
  const engines = new Map<EngineOption, Shared>()
  const readContext = buildContexts()
  const portUsersOf = portUsersLater(process.cwd())
  let targets = 0
  const sharedBy = (options: Options, hooks: TaskHooks): Shared => {
    const engine = engines.get(options.engine)?.engine ?? openFor(options, hooks)
    const shared = engines.get(options.engine) ?? {
      engine,
      room: engine.then((opened) => roomOn(opened, options.jobs)),
      known: new Map(),
      looking: new Map(),
      neighbours: new Map(),
      registries: openRegistries(),
      limiter: limiterFor(options.jobs),
    }
    // The one that needs it waits for it.
    shared.room.catch(() => undefined)
    engines.set(options.engine, shared)
    return shared
  }
  const processOne: ProcessTarget = async (item, options, hooks) => {
    const { project, cluster } = item
    if (cluster !== undefined) {
      const { hardenCluster } = await import('./cluster.ts')
      const openEngine = () => sharedBy(options, hooks).engine
      return hardenCluster({ ...item, cluster }, { options, hooks, processTarget: processOne, openEngine })
    }
    const since = performance.now()
    targets += 1
    // Other targets run while this one waits.
    const number = targets
    const shared = sharedBy(options, hooks)
    const engine = await shared.engine
    if (project !== undefined) {
      const { hardenProject } = await import('./stack.ts')
      return hardenProject({ ...item, project }, { options, hooks, processTarget: processOne, engine })
    }
    const sandbox =
      engine === null
        ? null
        : (await import('../proof/sandbox/open-sandbox.ts')).openSandbox(engine, { network: options.network })
    const session = { ...shared, readContext, portUsers: portUsersOf, engine, sandbox, since, number, options, hooks }
    return work(item, session).finally(() => sandbox?.close())
  }
  return async (item, options, hooks) => {
    // Planning is work of this process alone.
    if (!isProved(options.mode)) return processOne(item, options, hooks)
    const room = await sharedBy(options, hooks).room
    const again = () => hooks.progress(`${item.target}: once more, with nothing else beside it`)
    return besideOthers(room, weightOf(item), (idle) => processOne(item, options, { ...hooks, idle }), again)
  }
}

/** A project brings up all of its services. */
function weightOf({ project, cluster }: WorkItem): number {
  return Math.max(1, project?.services.length ?? cluster?.files.length ?? 1)
}

/** Targets whose ports stay search nothing, and do not load the search. */
function portUsersLater(cwd: string): PortUsersOf {
  let found: Promise<PortUsersOf> | null = null
  return async (path, ports, root) => {
    found ??= import('../repository/port-users.ts').then(({ portUsers }) => portUsers(cwd))
    return (await found)(path, ports, root)
  }
}

/** What the targets share that ask for the same engine; a configuration file says which for its folder. */
interface Shared {
  readonly engine: Promise<Engine | null>
  readonly room: Promise<Room>
  readonly known: Map<string, Known<ImageFacts>>
  readonly looking: Session['looking']
  readonly neighbours: Session['neighbours']
  readonly registries: Registries
  readonly limiter: Limiter
}

async function work(named: WorkItem, shared: Session): Promise<TargetOutcome> {
  const {
    item: opened,
    session: asked,
    notes: openedNotes,
  } = isArchive(named)
    ? await (await import('./opened-item.ts')).openedItem(named, named.from, shared)
    : { item: named, session: shared, notes: [] }
  const asRun = asServicesRun(opened, asked)
  const source = opened.kind === 'image' ? `FROM ${opened.reference}\n` : (opened.text ?? '')
  const given = givenTo(opened, asRun.options)
  const written = await withPauses(parseInTurn(source, given), asked.hooks.signal)
  const about = await withOrigin(opened, written)
  const started = composeStart(about, written, given, asRun.options.policy)
  const dockerfile = started?.dockerfile ?? written
  const inPlace = inContext(about, dockerfile, asRun)
  const { mode } = inPlace.options
  const isCompared = mode.kind !== 'prove-image' && isProved(mode)
  const originals = isCompared ? (await import('./original-runs.ts')).originalRuns(about, inPlace) : null
  const start = about.kind === 'image' ? originals?.start : undefined
  const missed = await lookAtBases(about, dockerfile, inPlace, start ?? (() => {}))
  const planned = await withNeighbours(about, dockerfile, inPlace)
  const { item, session } = needsEngine(mode)
    ? await uponNeighbours(about, dockerfile, planned)
    : { item: about, session: planned }
  const asWritten = started?.asWritten ?? ((result) => result)
  const { outcomes, ...outcome } = await workOn(item, { source, dockerfile, originals, asWritten }, session)
  const { policy } = session.options
  const buildNotes = await notesOnRepository(item, dockerfile, outcome, asRun.options)
  const startNotes = isLeftAsItIs(outcome.result) ? [] : (started?.notes ?? elseStarted(item, dockerfile))
  const more = [...openedNotes, ...changedBases(item, dockerfile), ...buildNotes, ...startNotes, ...missed]
  return { ...outcome, result: judgedAgain(outcome.result, { outcomes, policy }, more) }
}

/** Most files do not say that they are generated, so the search is not loaded. */
async function withOrigin(item: WorkItem, dockerfile: Dockerfile): Promise<WorkItem> {
  const isOpen = item.vendored !== undefined || dockerfile.comments.some(({ text }) => MAY_BE_GENERATED.test(text))
  if (item.kind !== 'dockerfile' || !isOpen) return item
  const origin = (await import('./generated.ts')).originOf(item, dockerfile, process.cwd())
  return origin === null ? item : { ...item, origin }
}

const MAY_BE_GENERATED = /edit|modif|change|touch|generated|lost|overwritten/i

async function notesOnRepository(
  item: WorkItem,
  dockerfile: Dockerfile,
  outcome: TargetOutcome,
  options: Options,
): Promise<readonly ReportFinding[]> {
  const origin = item.origin === undefined ? [] : (await import('./generated.ts')).originFindings(item, outcome.result)
  if (item.build === undefined && item.surroundings === undefined) return origin
  const { buildNotes, childNotes, runNotes } = await import('./build-notes.ts')
  return [
    ...origin,
    ...buildNotes(item, dockerfile, outcome, options),
    ...runNotes(item, outcome, options),
    ...childNotes(item, outcome),
  ]
}

function isArchive(item: WorkItem): item is WorkItem & { readonly from: ArchivePlace } {
  return item.from !== null && typeof item.from !== 'string'
}

interface Looked {
  readonly source: string
  readonly dockerfile: Dockerfile
  /** Null where nothing is proved. */
  readonly originals: OriginalRuns | null
  /** The plan without the lines that were added for the work on it. */
  readonly asWritten: (result: TargetResult) => TargetResult
}

/** With what is to be judged of the plan. */
type Worked = TargetOutcome & { readonly outcomes: readonly StageOutcome[] }

async function workOn(item: WorkItem, looked: Looked, session: Session): Promise<Worked> {
  const { options } = session
  const { mode } = options
  const { source, dockerfile, asWritten } = looked
  const about = { source, path: item.path, ...howBuilt(item, options) }
  if (mode.kind === 'prove-image') {
    const { proveAsIs } = await import('./prove-as-is.ts')
    const { operations, ...proved } = await proveAsIs(item, source, session)
    return { ...about, ...proved, ...(await kept(session, proved.result, item.reference, { grants: [], operations })) }
  }
  const planner = await plannerFor(item, dockerfile, session)
  if (mode.kind === 'inspect') {
    const { plan, result, inputs } = await planner.harden(UNSEEN)
    const inspection = inspectedStages(item, dockerfile, session.known, inputs, plan)
    const asItWas = { ...asWritten(result), output: source, changed: false }
    return { ...about, outcomes: outcomesOf(plan), result: asItWas, inspection }
  }
  if (mode.build) checkTag(mode.tag, baseReferences(dockerfile))
  const planned = await hardened(item, looked, mode, session, planner)
  const result = asWritten(planned.result)
  const stage = planned.plan.stages.at(-1)
  const { changes, files } = planned
  const beside = item.path === null ? [] : contextFiles(item.path, contextOf(item, options), source, result, files)
  const outcome = {
    ...about,
    outcomes: outcomesOf(planned.plan),
    result,
    // The offsets of a text with added lines differ, and what changes in several files changes together.
    ...(changes.source === source && files.length === 0 ? { changes } : {}),
    ...(beside.length === 0 ? {} : { files: beside, selfContained: planned.selfContained }),
    ...(stage === undefined ? {} : { stage }),
  }
  // A target needs a profile where it is run, built, written beside an image or published by a service.
  const isProfiled = mode.kind === 'profile' || mode.build || item.kind === 'image' || item.build !== undefined
  if (!isProfiled) return outcome
  const { profileFor } = await import('./profile.ts')
  const text = files.length === 0 ? result.output : planned.selfContained
  const profile = profileFor(item, { ...planned, result }, mode, options.env, options.policy)
  const built = mode.build ? await buildResult(item, session, { result, text }, profile, mode) : undefined
  const grants = planned.plan.stages.flatMap((stage) => decided(stage, 'grant'))
  const shown = { grants, operations: planned.operations ?? null }
  return {
    ...outcome,
    ...(built === undefined ? {} : { built }),
    ...(profile === null ? {} : { profile }),
    ...(await kept(session, result, built ?? null, shown)),
  }
}

/** The Dockerfile with what changes beside it, which is written together; empty where nothing does. */
function contextFiles(
  path: string,
  context: string | null,
  source: string,
  { target, output }: TargetResult,
  files: Planned['files'],
): readonly StackFile[] {
  if (context === null || files.length === 0) return []
  return [
    { path, name: target, before: source, after: output },
    ...files.map(({ origin, ...file }) => ({ ...file, path: join(context, origin) })),
  ]
}

/** What `--attest` writes about the image that stays under a name. */
async function kept(
  { engine, options }: Session,
  { proof }: TargetResult,
  name: string | null,
  shown: Pick<Proven, 'grants' | 'operations'>,
): Promise<Pick<TargetOutcome, 'proven'>> {
  if (options.attest !== true || engine === null || name === null || proof?.result == null) return {}
  const { provenImage } = await import('./proven-image.ts')
  const image = await provenImage(engine, { name, proved: proof.result.image, baseline: proof.baseline.image })
  return { proven: { ...shown, image } }
}

/** `operations`: of the traced run of the result; absent or null where there is none. */
interface ProvenPlan extends Planned {
  readonly operations?: readonly Operation[] | null
}

/** Planned from what is known, or from runs of the original and proved by runs of the result. */
async function hardened(
  item: WorkItem,
  { source, dockerfile, originals }: Looked,
  mode: HardenMode,
  session: Session,
  planner: Planner,
): Promise<ProvenPlan> {
  if (originals === null) return planner.harden(seenBefore(item, dockerfile, session))
  const { proveTarget } = await import('./prove-target.ts')
  const proved = await proveTarget(item, dockerfile, session, originals, planner)
  const { hardened: best } = proved
  const inputs = await planner.inputs({ ...UNSEEN, built: proved.built })
  if (mode.kind !== 'profile' || !isLeftAsItIs(proved.result) || proved.result.proof !== null)
    return { ...best, inputs, result: proved.result, operations: proved.operations }
  // A stage that keeps root by a comment does not change, but its profile drops rights, and a run has to show that it works without.
  const { proveAsIs } = await import('./prove-as-is.ts')
  const { result, outcomes } = await proveAsIs({ ...item, reference: proved.baseline }, source, session)
  const about = { outcomes, policy: session.options.policy }
  return { ...best, inputs, result: judgedAgain(proved.result, about, result.findings, result.proof) }
}

/** What a run among others, and a build, have shown of the built stage. */
function seenBefore({ seen }: WorkItem, dockerfile: Dockerfile, { options }: Session): RunKnowledge {
  const stage = seen === undefined ? undefined : plannedStages(dockerfile, options.policy).at(-1)
  if (seen === undefined || stage === undefined) return UNSEEN
  const of = <T>(value: T | null): ReadonlyMap<number, T> => new Map(value === null ? [] : [[stage.index, value]])
  return { observations: of(seen.observation), built: of(seen.facts) }
}

/** What is known and decided of each stage that is meant to run. */
function inspectedStages(
  { reference }: WorkItem,
  dockerfile: Dockerfile,
  known: ReadonlyMap<string, Known<ImageFacts>>,
  stages: readonly StageInput[],
  plan: Plan,
): readonly Inspection[] {
  // An image is what was looked at, not what would be built upon it.
  const image = reference === null ? undefined : known.get(reference)
  return stages.flatMap(({ stage, facts }, index) => {
    const planned = plan.stages[index]
    const name = dockerfile.stages[stage]?.name ?? String(stage)
    return planned === undefined ? [] : [inspection(name, image ?? { known: true, value: facts }, planned)]
  })
}
