import { daemonPorts, packages, programs, workingFolder } from '../catalogue/index.ts'
import { transforms } from '../transforms/index.ts'
import { parseDockerfile } from './dockerfile/index.ts'
import type { Dockerfile } from './dockerfile/model.ts'
import type { Engine } from './engine/engine.ts'
import { type Hardened, hardenDockerfile } from './harden.ts'
import type { ImageFacts, Known } from './image/facts.ts'
import { lookUp } from './image/sources/catalogue.ts'
import { openRegistries, type Registries } from './image/sources/registry/registries.ts'
import { type Room, roomFor } from './proof/side-by-side.ts'
import { inspection } from './report/inspection.ts'
import type { TargetResult } from './report/report.ts'
import { type Knowledge, stageInputs } from './stage-inputs.ts'
import { argsFor, buildText, contextOf, givenTo } from './target/build.ts'
import { buildNotes } from './target/build-notes.ts'
import { checkTag } from './target/check-tag.ts'
import { inContext } from './target/in-context.ts'
import { lookAtBases } from './target/look-at-bases.ts'
import { openedItem } from './target/opened-item.ts'
import { type OriginalRuns, originalRuns } from './target/original-runs.ts'
import { profileFor } from './target/profile-for.ts'
import { proveAsIs } from './target/prove-as-is.ts'
import { proveTarget } from './target/prove-target.ts'
import { openFor, type Session } from './target/session.ts'
import type { EngineChoice, ProcessTarget, TargetOutcome, WorkItem } from './work.ts'
import { buildContexts } from './workspace/context.ts'
import { copiedSources } from './workspace/copied-sources.ts'

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
      room: roomFor(options.jobs),
    }
    engines.set(options.engine, shared)
    return work(item, { ...shared, readContext, engine: await shared.engine, since, number, options, ports })
  }
}

/** What the targets share that ask for the same engine; a configuration file says which for its folder. */
interface Shared {
  readonly engine: Promise<Engine | null>
  readonly known: Map<string, Known<ImageFacts>>
  readonly registries: Registries
  readonly room: Room
}

async function work(named: WorkItem, shared: Session): Promise<TargetOutcome> {
  const { item, session: opened, notes: openedNotes } = await openedItem(named, shared)
  const source = item.kind === 'image' ? `FROM ${item.reference}\n` : (item.text ?? '')
  const dockerfile = parseDockerfile(source, givenTo(item, opened.options))
  const { session, notes } = inContext(item, dockerfile, opened)
  const originals = originalRuns(item, session)
  const isProved = session.options.prove && !session.options.inspect && item.kind === 'image'
  const missed = await lookAtBases(item, dockerfile, session, isProved ? originals.start : () => {})
  const outcome = await workOn(item, { source, dockerfile, originals }, session)
  const { result } = outcome
  const built = buildNotes(item, dockerfile, outcome, opened.options)
  const findings = [...result.findings, ...openedNotes, ...notes, ...built, ...missed]
  const isOpen = result.verdict === 'hardened' && built.some(({ outcome }) => outcome === 'todo')
  return { ...outcome, result: { ...result, ...(isOpen ? { verdict: 'incomplete' as const } : {}), findings } }
}

interface Looked {
  readonly source: string
  readonly dockerfile: Dockerfile
  readonly originals: OriginalRuns
}

async function workOn(
  item: WorkItem,
  { source, dockerfile, originals }: Looked,
  session: Session,
): Promise<TargetOutcome> {
  const { engine, options, ports } = session
  const folder = contextOf(item, options)
  const context = folder === null ? null : await session.readContext(folder, item.path, copiedSources(dockerfile))
  const outcome = { source, path: item.path, ...howBuilt(item, options) }
  if (options.proveAsIs) return { ...outcome, result: await proveAsIs(item, source, session) }
  const inputs = (observations: Knowledge['observations'], built: Knowledge['built']) =>
    stageInputs(dockerfile, options.policy, {
      bases: session.known,
      built,
      observations,
      programs,
      daemonPorts,
      workingFolder,
      packages,
      context,
      entries: (reference) => lookUp(reference),
    })
  if (options.build)
    checkTag(
      options.tag,
      inputs(new Map(), new Map()).map(({ facts }) => facts.reference),
    )
  const make = (observations: Knowledge['observations'], built: Knowledge['built']): Hardened =>
    hardenDockerfile({
      target: item.target,
      kind: item.kind,
      dockerfile,
      stages: inputs(observations, built),
      policy: options.policy,
      transforms,
    })
  if (options.inspect) {
    const stages = inputs(new Map(), new Map())
    const { plan, result } = make(new Map(), new Map())
    const seen = stages.map((stage, index) => {
      const planned = plan.stages[index]
      const name = dockerfile.stages[stage.stage]?.name ?? String(stage.stage)
      // An image is what was looked at, not what would be built upon it.
      const facts = item.reference === null ? undefined : session.known.get(item.reference)
      return planned === undefined ? [] : [inspection(name, facts ?? { known: true, value: stage.facts }, planned)]
    })
    return { ...outcome, result: { ...result, output: source, changed: false }, inspection: seen.flat() }
  }
  const proved = options.prove ? await proveTarget(item, dockerfile, session, originals, make) : null
  const { plan, result } =
    proved === null
      ? make(new Map(), new Map())
      : {
          plan: proved.hardened.plan,
          result: await measured(proved.result, { ...item, reference: proved.baseline }, source, session),
        }
  const profile = profileFor(
    item,
    inputs(new Map(), proved?.built ?? new Map()),
    plan,
    result,
    options.env,
    !options.profile,
    options.tag,
  )
  // An image that is run as it is keeps its name for itself.
  const isRun = options.profile && profile?.asIs?.enough !== true ? profile : null
  // What runs as it should already is a result too, under the name that was asked for.
  const isResult = result.verdict === 'hardened' || (result.verdict === 'unchanged' && !options.profile)
  const tag = options.tag ?? isRun?.image.name ?? null
  const isBuilt = options.build && engine !== null && isResult && (!options.profile || isRun !== null)
  if (isBuilt) {
    ports.progress(`${item.target}: building the result`)
    await buildText(engine, item, options, {
      dockerfile: result.output,
      tag: tag ?? `harden-image/result:${engine.session}-${session.number}`,
      keep: tag !== null,
    })
  }
  return { ...outcome, result, ...(isBuilt ? { built: tag } : {}), ...(profile === null ? {} : { profile }) }
}

function howBuilt(
  item: WorkItem,
  options: Session['options'],
): Pick<TargetOutcome, 'context' | 'buildArgs' | 'target'> {
  const args = item.kind === 'image' ? new Map<string, string>() : argsFor(item, options)
  const { context, policy } = options
  return {
    ...(context === null ? {} : { context }),
    ...(args.size === 0 ? {} : { buildArgs: Object.fromEntries(args) }),
    ...(policy.target === null ? {} : { target: policy.target }),
  }
}

/** What is not root already needs no proof of a change, but its profile one of what it can do without. */
async function measured(result: TargetResult, item: WorkItem, source: string, session: Session): Promise<TargetResult> {
  if (!session.options.profile || result.verdict !== 'unchanged') return result
  const { verdict, findings, proof } = await proveAsIs(item, source, session)
  return { ...result, verdict, findings: [...result.findings, ...findings], proof }
}
