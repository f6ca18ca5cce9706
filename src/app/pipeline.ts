import { parseInTurn } from '../dockerfile/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import type { Engine } from '../engine/engine.ts'
import type { EngineOption } from '../engine/open-engine.ts'
import type { ImageFacts, Known } from '../image/facts.ts'
import { openRegistries, type Registries } from '../image/sources/registry/registries.ts'
import { type Limiter, limiterFor } from '../proof/container/limiter.ts'
import type { ReportFinding, TargetResult } from '../report/report.ts'
import { buildContexts } from '../workspace/context.ts'
import type { ArchivePlace, WorkItem } from '../workspace/work-item.ts'
import { givenTo, howBuilt } from './build.ts'
import { checkTag } from './check-tag.ts'
import { composeStart, elseStarted } from './compose-start.ts'
import { inContext } from './in-context.ts'
import { inspectedStages } from './inspected-stages.ts'
import { lookAtBases } from './look-at-bases.ts'
import type { OriginalRuns } from './original-runs.ts'
import { withPauses } from './pauses.ts'
import { plannerFor, UNSEEN } from './planner.ts'
import { openFor, type Session } from './session.ts'
import type { ProcessTarget, TargetOutcome } from './task.ts'

/**
 * One value works on all targets of a call: each engine is opened once, and looks at a base image once.
 * What is imported where it is used is not loaded by a run that does without: the engine, proofs, archives, the profile.
 */
export function targetProcessor(): ProcessTarget {
  const engines = new Map<EngineOption, Shared>()
  const readContext = buildContexts()
  let targets = 0
  return async (item, options, hooks) => {
    const since = performance.now()
    targets += 1
    // Others come while this one waits.
    const number = targets
    const shared = engines.get(options.engine) ?? {
      engine: openFor(options, hooks),
      known: new Map(),
      registries: openRegistries(),
      room: limiterFor(options.jobs),
    }
    engines.set(options.engine, shared)
    const engine = await shared.engine
    const sandbox =
      engine === null
        ? null
        : (await import('../proof/sandbox/open-sandbox.ts')).openSandbox(engine, { network: options.network })
    const session = { ...shared, readContext, engine, sandbox, since, number, options, hooks }
    return work(item, session).finally(() => sandbox?.close())
  }
}

/** What the targets share that ask for the same engine; a configuration file says which for its folder. */
interface Shared {
  readonly engine: Promise<Engine | null>
  readonly known: Map<string, Known<ImageFacts>>
  readonly registries: Registries
  readonly room: Limiter
}

async function work(named: WorkItem, shared: Session): Promise<TargetOutcome> {
  const {
    item,
    session: opened,
    notes: openedNotes,
  } = isArchive(named)
    ? await (await import('./opened-item.ts')).openedItem(named, named.from, shared)
    : { item: named, session: shared, notes: [] }
  const source = item.kind === 'image' ? `FROM ${item.reference}\n` : (item.text ?? '')
  const given = givenTo(item, opened.options)
  const written = await withPauses(parseInTurn(source, given), opened.hooks.signal)
  const started = composeStart(item, written, given, opened.options.policy)
  const dockerfile = started?.dockerfile ?? written
  const { session, notes } = inContext(item, dockerfile, opened)
  const originals = session.options.prove ? (await import('./original-runs.ts')).originalRuns(item, session) : null
  const start = session.options.inspect || item.kind !== 'image' ? undefined : originals?.start
  const missed = await lookAtBases(item, dockerfile, session, start ?? (() => {}))
  const asWritten = started?.asWritten ?? ((result) => result)
  const outcome = await workOn(item, { source, dockerfile, originals, asWritten }, session)
  const { result } = outcome
  const buildNotes =
    item.build === undefined
      ? []
      : (await import('./build-notes.ts')).buildNotes(item, dockerfile, outcome, opened.options)
  const startNotes = result.verdict === 'unchanged' ? [] : (started?.notes ?? elseStarted(item, dockerfile))
  const built = [...buildNotes, ...startNotes]
  const findings = [...result.findings, ...openedNotes, ...notes, ...built, ...missed]
  const isOpen = result.verdict === 'hardened' && findings.some(isOpenBuild)
  return { ...outcome, result: { ...result, ...(isOpen ? { verdict: 'incomplete' as const } : {}), findings } }
}

function isArchive(item: WorkItem): item is WorkItem & { readonly from: ArchivePlace } {
  return item.from !== null && typeof item.from !== 'string'
}

/** A todo for the files that build and start it. */
function isOpenBuild({ transform, outcome }: ReportFinding): boolean {
  return transform === 'read-build' && outcome === 'todo'
}

interface Looked {
  readonly source: string
  readonly dockerfile: Dockerfile
  /** Null where nothing is proved. */
  readonly originals: OriginalRuns | null
  /** Without what the Dockerfile was given for the work on it. */
  readonly asWritten: (result: TargetResult) => TargetResult
}

async function workOn(
  item: WorkItem,
  { source, dockerfile, originals, asWritten }: Looked,
  session: Session,
): Promise<TargetOutcome> {
  const { options } = session
  const outcome = { source, path: item.path, ...howBuilt(item, options) }
  if (options.proveAsIs)
    return { ...outcome, result: await (await import('./prove-as-is.ts')).proveAsIs(item, source, session) }
  const planner = await plannerFor(item, dockerfile, session)
  if (options.build) {
    const bases = (await planner.inputs(UNSEEN)).map(({ facts }) => facts.reference)
    checkTag(options.tag, bases)
  }
  if (options.inspect) {
    const { plan, result, inputs } = await planner.harden(UNSEEN)
    const inspection = inspectedStages(item, dockerfile, session.known, inputs, plan)
    return { ...outcome, result: { ...asWritten(result), output: source, changed: false }, inspection }
  }
  const proved =
    originals === null
      ? null
      : await (await import('./prove-target.ts')).proveTarget(item, dockerfile, session, originals, planner.harden)
  const hardened =
    proved === null
      ? await planner.harden(UNSEEN)
      : {
          plan: proved.hardened.plan,
          inputs: await planner.inputs({ ...UNSEEN, built: proved.built }),
          result: await measured(proved.result, { ...item, reference: proved.baseline }, source, session),
        }
  const { plan, inputs } = hardened
  const result = asWritten(hardened.result)
  // What is run, built, written beside an image or published by a service needs one.
  const isProfiled = options.profile || options.build || item.kind === 'image' || item.build !== undefined
  const profile = isProfiled
    ? (await import('./profile-for.ts')).profileFor(
        item,
        inputs,
        plan,
        result,
        options.env,
        !options.profile,
        options.tag,
      )
    : null
  const built = options.build
    ? await (await import('./build-result.ts')).buildResult(item, session, result, profile)
    : undefined
  return {
    ...outcome,
    result,
    ...(built === undefined ? {} : { built }),
    ...(profile === null ? {} : { profile }),
  }
}

/** What is not root already needs no proof of a change, but its profile one of what it can do without. */
async function measured(result: TargetResult, item: WorkItem, source: string, session: Session): Promise<TargetResult> {
  if (!session.options.profile || result.verdict !== 'unchanged') return result
  const { verdict, findings, proof } = await (await import('./prove-as-is.ts')).proveAsIs(item, source, session)
  return { ...result, verdict, findings: [...result.findings, ...findings], proof }
}
