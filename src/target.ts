import { parseInTurn } from './dockerfile/index.ts'
import type { Dockerfile } from './dockerfile/model.ts'
import type { Engine } from './engine/engine.ts'
import type { ImageFacts, Known } from './image/facts.ts'
import { openRegistries, type Registries } from './image/sources/registry/registries.ts'
import { type Limiter, limiterFor } from './proof/container/limiter.ts'
import { openSandbox } from './proof/sandbox/open-sandbox.ts'
import type { ReportFinding, TargetResult } from './report/report.ts'
import { givenTo, howBuilt } from './target/build.ts'
import { buildNotes } from './target/build-notes.ts'
import { buildResult } from './target/build-result.ts'
import { checkTag } from './target/check-tag.ts'
import { composeStart, elseStarted } from './target/compose-start.ts'
import { inContext } from './target/in-context.ts'
import { inspectedStages } from './target/inspected-stages.ts'
import { lookAtBases } from './target/look-at-bases.ts'
import { openedItem } from './target/opened-item.ts'
import { type OriginalRuns, originalRuns } from './target/original-runs.ts'
import { withPauses } from './target/pauses.ts'
import { plannerFor, UNSEEN } from './target/planner.ts'
import { profileFor } from './target/profile-for.ts'
import { proveAsIs } from './target/prove-as-is.ts'
import { proveTarget } from './target/prove-target.ts'
import { openFor, type Session } from './target/session.ts'
import type { EngineChoice, ProcessTarget, TargetOutcome, WorkItem } from './work.ts'
import { buildContexts } from './workspace/context.ts'

/** One value works on all targets of a call: each engine is opened once, and looks at a base image once. */
export function targetProcessor(): ProcessTarget {
  const engines = new Map<EngineChoice, Shared>()
  const readContext = buildContexts()
  let targets = 0
  return async (item, options, ports) => {
    const since = performance.now()
    targets += 1
    // Others come while this one waits.
    const number = targets
    const shared = engines.get(options.engine) ?? {
      engine: openFor(options, ports),
      known: new Map(),
      registries: openRegistries(),
      room: limiterFor(options.jobs),
    }
    engines.set(options.engine, shared)
    const engine = await shared.engine
    const sandbox = engine === null ? null : openSandbox(engine, { network: options.network })
    const session = { ...shared, readContext, engine, sandbox, since, number, options, ports }
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
  const { item, session: opened, notes: openedNotes } = await openedItem(named, shared)
  const source = item.kind === 'image' ? `FROM ${item.reference}\n` : (item.text ?? '')
  const given = givenTo(item, opened.options)
  const written = await withPauses(parseInTurn(source, given), opened.ports.signal)
  const started = composeStart(item, written, given, opened.options.policy)
  const dockerfile = started?.dockerfile ?? written
  const { session, notes } = inContext(item, dockerfile, opened)
  const originals = originalRuns(item, session)
  const isProved = session.options.prove && !session.options.inspect && item.kind === 'image'
  const missed = await lookAtBases(item, dockerfile, session, isProved ? originals.start : () => {})
  const asWritten = started?.asWritten ?? ((result) => result)
  const outcome = await workOn(item, { source, dockerfile, originals, asWritten }, session)
  const { result } = outcome
  const startNotes = result.verdict === 'unchanged' ? [] : (started?.notes ?? elseStarted(item, dockerfile))
  const built = [...buildNotes(item, dockerfile, outcome, opened.options), ...startNotes]
  const findings = [...result.findings, ...openedNotes, ...notes, ...built, ...missed]
  const isOpen = result.verdict === 'hardened' && findings.some(isOpenBuild)
  return { ...outcome, result: { ...result, ...(isOpen ? { verdict: 'incomplete' as const } : {}), findings } }
}

/** A todo for the files that build and start it. */
function isOpenBuild({ transform, outcome }: ReportFinding): boolean {
  return transform === 'read-build' && outcome === 'todo'
}

interface Looked {
  readonly source: string
  readonly dockerfile: Dockerfile
  readonly originals: OriginalRuns
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
  if (options.proveAsIs) return { ...outcome, result: await proveAsIs(item, source, session) }
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
  const proved = options.prove ? await proveTarget(item, dockerfile, session, originals, planner.harden) : null
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
  const profile = profileFor(item, inputs, plan, result, options.env, !options.profile, options.tag)
  const built = await buildResult(item, session, result, profile)
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
  const { verdict, findings, proof } = await proveAsIs(item, source, session)
  return { ...result, verdict, findings: [...result.findings, ...findings], proof }
}
