import { dirname } from 'node:path'
import { programs } from '../catalogue/index.ts'
import { transforms } from '../transforms/index.ts'
import { parseDockerfile } from './dockerfile/index.ts'
import type { Dockerfile } from './dockerfile/model.ts'
import type { Engine } from './engine/engine.ts'
import { openEngine } from './engine/open-engine.ts'
import { HardenError } from './errors.ts'
import { hardenDockerfile, type Hardened } from './harden.ts'
import type { ImageFacts, Known } from './image/facts.ts'
import { factsFromCatalogue, lookUp } from './image/sources/catalogue.ts'
import { factsFromEngine } from './image/sources/engine.ts'
import type { Observation } from './plan/stage-input.ts'
import { prove, type Proof } from './proof/prove.ts'
import type { ReportFinding, TargetResult } from './report/report.ts'
import { baseReferences, plannedStages, stageInputs, type Knowledge } from './stage-inputs.ts'
import type { Options, Ports, ProcessTarget, TargetOutcome, WorkItem } from './work.ts'

/** One value works on all targets of a call: the engine is opened once and base images are looked at once. */
export function targetProcessor(): ProcessTarget {
  let engine: Promise<Engine | null> | null = null
  const known = new Map<string, Known<ImageFacts>>()
  return async (item, options, ports) => {
    engine ??= open(options, ports)
    const session: Session = { engine: await engine, known, options, ports }
    return work(item, session)
  }
}

interface Session {
  /** Null where there is none, or none is wanted. */
  readonly engine: Engine | null
  readonly known: Map<string, Known<ImageFacts>>
  readonly options: Options
  readonly ports: Ports
}

async function open(options: Options, ports: Ports): Promise<Engine | null> {
  if (options.engine === 'none') {
    if (options.prove || options.build)
      throw new HardenError('no-engine', 'building and proving need an engine, and --engine none asks for none', {
        hint: 'leave --engine out',
      })
    return null
  }
  const required = options.prove || options.build || options.engine !== 'auto'
  const engine = await openEngine(options.engine).catch((error: unknown) => {
    if (!required && error instanceof HardenError && error.code === 'no-engine') return null
    throw error
  })
  if (engine !== null) ports.onCleanUp(() => engine.cleanUp())
  return engine
}

async function work(item: WorkItem, session: Session): Promise<TargetOutcome> {
  const source = item.kind === 'image' ? `FROM ${item.reference}\n` : (item.text ?? '')
  const dockerfile = parseDockerfile(source)
  await lookAtBases(item, dockerfile, session)
  const make = (observations: Knowledge['observations'], built: Knowledge['built']): Hardened => {
    const knowledge: Knowledge = {
      bases: session.known,
      built,
      observations,
      programs,
      entries: (reference) => lookUp(reference),
    }
    const { policy } = session.options
    return hardenDockerfile({
      target: item.target,
      kind: item.kind,
      dockerfile,
      stages: stageInputs(dockerfile, policy, knowledge),
      policy,
      transforms,
    })
  }
  const result = session.options.prove
    ? await proveTarget(item, dockerfile, source, session, make)
    : make(new Map(), new Map()).result
  if (session.options.build && result.verdict === 'hardened') await buildResult(item, result, session)
  return { result, source, path: item.path }
}

/** Fills in what is known of the base images: the engine's own copy first, then the catalogue, else the reason why not. */
async function lookAtBases(item: WorkItem, dockerfile: Dockerfile, session: Session): Promise<void> {
  for (const reference of baseReferences(dockerfile)) {
    if (!session.known.has(reference)) session.known.set(reference, await lookAt(reference, item, session))
  }
}

async function lookAt(reference: string, item: WorkItem, session: Session): Promise<Known<ImageFacts>> {
  const { engine, options, ports } = session
  if (engine !== null && (await engine.inspectImage(reference)) !== null) {
    ports.progress(`looking into ${reference}`)
    return { known: true, value: await factsFromEngine(engine, reference) }
  }
  const listed = factsFromCatalogue(reference)
  if (engine !== null && item.kind === 'image' && !options.offline) {
    ports.progress(`pulling ${reference}`)
    const pulled = await engine.pull(reference, options.platform ?? undefined).then(
      () => null,
      (error: unknown) => error,
    )
    if (pulled === null) return { known: true, value: await factsFromEngine(engine, reference) }
    if (!(pulled instanceof HardenError)) throw pulled
    if (listed === null || options.prove || options.build) throw pulled
  }
  if (listed !== null) return { known: true, value: listed }
  const where = engine === null ? 'there is no engine to look with' : `${engine.name} has no copy of it`
  if (item.kind === 'image') {
    throw new HardenError(
      'no-image',
      `${reference} cannot be looked at: ${where}, and the built-in catalogue does not list it`,
      {
        hint:
          engine === null
            ? 'start an engine, or name an image that the catalogue lists'
            : `pull it first: ${engine.name} pull ${reference}`,
      },
    )
  }
  return { known: false, reason: `${where}, and the catalogue does not list it` }
}

type Make = (observations: Knowledge['observations'], built: Knowledge['built']) => Hardened

async function proveTarget(
  item: WorkItem,
  dockerfile: Dockerfile,
  source: string,
  session: Session,
  make: Make,
): Promise<TargetResult> {
  const { engine, options, ports } = session
  if (engine === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const stage = plannedStages(dockerfile, options.policy).at(-1)
  if (stage === undefined) throw new HardenError('not-a-dockerfile', 'no stage is meant to run')
  const context = item.kind === 'image' || item.path === null ? null : dirname(item.path)
  const build = async (text: string, name: string): Promise<string> => {
    const tag = `harden-image/proof:${engine.session}-${name}`
    await engine.build({
      dockerfile: text,
      context,
      tag,
      ...(item.path === null ? {} : { dockerfilePath: item.path }),
      ...(options.platform === null ? {} : { platform: options.platform }),
      ...(options.policy.target === null ? {} : { target: options.policy.target }),
    })
    return tag
  }
  const baseline = item.kind === 'image' ? (item.reference ?? item.target) : await build(source, 'baseline')
  const facts =
    item.kind === 'image'
      ? factsOf(session, baseline)
      : { ...(await factsFromEngine(engine, baseline)), reference: item.target }
  const first = make(new Map(), new Map([[stage.index, facts]]))
  if (first.result.verdict === 'unchanged' || first.result.verdict === 'not-applicable') return first.result
  const proof = await prove({
    engine,
    baseline,
    facts,
    stage: stage.index,
    smoke: options.smoke,
    progress: (line) => ports.progress(`${item.target}: ${line}`),
    signal: ports.signal,
    harden: (observation: Observation) => make(new Map([[stage.index, observation]]), new Map([[stage.index, facts]])),
    build: (text, round) => build(text, String(round)),
  })
  return withProof(proof)
}

function factsOf(session: Session, reference: string): ImageFacts {
  const known = session.known.get(reference)
  if (known?.known !== true) throw new HardenError('no-image', `${reference} could not be looked at`)
  return known.value
}

/** A plan is not a proof: what did not pass is incomplete, whatever the text says. */
function withProof(proof: Proof): TargetResult {
  const { result } = proof.hardened
  if (proof.failures.length === 0) return { ...result, proof: proof.report }
  const finding: ReportFinding = {
    transform: 'prove',
    outcome: 'todo',
    line: 1,
    column: 1,
    message: proof.failures.join('; '),
    hint: 'name the missing paths with --writable, or give the proof a check of your own with --smoke',
    evidence: [],
  }
  const verdict = result.verdict === 'hardened' ? 'incomplete' : result.verdict
  return { ...result, verdict, findings: [...result.findings, finding], proof: proof.report }
}

async function buildResult(item: WorkItem, result: TargetResult, session: Session): Promise<void> {
  const { engine, options, ports } = session
  if (engine === null) throw new HardenError('no-engine', 'building needs an engine')
  ports.progress(`${item.target}: building the result`)
  await engine.build({
    dockerfile: result.output,
    context: item.path === null ? null : dirname(item.path),
    tag: options.tag ?? `harden-image/result:${engine.session}`,
    keep: options.tag !== null,
    ...(item.path === null ? {} : { dockerfilePath: item.path }),
    ...(options.platform === null ? {} : { platform: options.platform }),
    ...(options.policy.target === null ? {} : { target: options.policy.target }),
  })
}
