import type { Dockerfile, Stage } from '../dockerfile/model.ts'
import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { ImageFacts } from '../image/facts.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import type { StagePlan } from '../plan/plan.ts'
import type { Observation } from '../plan/stage-input.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import type { RunRecord } from '../proof/container/run-record.ts'
import { openAsSeen } from '../proof/container/run-specs.ts'
import { observationOf } from '../proof/learn/observation.ts'
import { stopwatch } from '../proof/proof-report.ts'
import { type Proof, prove } from '../proof/prove.ts'
import { movedPorts, roundSpec } from '../proof/round.ts'
import { speculativeRuns } from '../proof/speculation.ts'
import { proofHint } from '../report/proof-hint.ts'
import type { ReportFinding, TargetResult } from '../report/report.ts'
import { targetFinding } from '../report/report.ts'
import type { WorkItem } from '../workspace/work-item.ts'
import { buildText } from './build.ts'
import type { Hardened } from './harden.ts'
import type { OriginalRuns } from './original-runs.ts'
import { type Planner, UNSEEN } from './planner.ts'
import type { Session } from './session.ts'
import { type Knowledge, plannedStages } from './stage-inputs.ts'
import { willingOriginal } from './willing-original.ts'
import { withEnv } from './with-env.ts'

/** Builds the original where it is a Dockerfile, looks into it, and proves the stage that is built. */
export async function proveTarget(
  item: WorkItem,
  dockerfile: Dockerfile,
  session: Session,
  originals: OriginalRuns,
  plan: Planner['harden'],
): Promise<{
  readonly hardened: Hardened
  readonly result: TargetResult
  readonly built: Knowledge['built']
  /** The original, as the engine has it. */
  readonly baseline: string
}> {
  const { engine, sandbox, options, hooks } = session
  if (engine === null || sandbox === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const stages = plannedStages(dockerfile, options.policy)
  const stage = stages.at(-1)
  if (stage === undefined) throw new HardenError('not-a-dockerfile', 'no stage is meant to run')
  const build = (text: string, name: string): Promise<string> =>
    buildText(engine, item, options, {
      dockerfile: text,
      tag: `harden-image/proof:${engine.session}-${session.number}-${name}`,
    })
  const times = stopwatch(session.since)
  const { baseline, facts } = await lookInto(item, dockerfile, { engine, session, originals }, build)
  times.lap('facts')
  const built = new Map([[stage.index, facts]])
  const first = await plan({ ...UNSEEN, built })
  if (first.result.verdict === 'unchanged' || first.result.verdict === 'not-applicable') {
    await originals.drop(baseline)
    return { hardened: first, result: first.result, built, baseline }
  }
  const planOf = ({ plan }: Hardened): StagePlan | undefined => stagePlanOf(plan, stage.index)
  const user = planOf(first)?.account ?? null
  const arbitraryUid = options.policy.arbitraryUid === true
  const builds = buildsOnce(build)
  const harden = (observation: Observation): Promise<Hardened> =>
    plan({ observations: new Map([[stage.index, observation]]), built })
  // Only upon an image, for which no Compose file sets anything.
  const early = speculativeRuns(withEnv(sandbox.engine, options.env))
  const begin = (image: string, hardened: Hardened, record: RunRecord): void => {
    const made = planOf(hardened)
    if (made === undefined) return
    early.begin(roundSpec({ arbitraryUid }, image), openAsSeen(record, movedPorts(made), hooks.signal))
  }
  // What another plan would make of a Dockerfile may take minutes to build; upon an image it is a layer.
  const ahead =
    item.kind === 'image'
      ? buildEarly(builds, originals.early(baseline), (record) => harden(observationOf(record, facts)), begin)
      : null
  const { original, remarks, env, notes } = await willingOriginal(item, options, { originals, baseline, user })
  const proof = await prove({
    engine: withEnv(sandbox.engine, env),
    baseline,
    facts,
    original,
    remarks: [...remarks, ...notRun(stages.slice(0, -1), first)],
    speculativeRuns: early,
    again: (stays) => originals.again(baseline, stays),
    late: null,
    before: 0,
    stage: stage.index,
    smoke: options.smoke,
    reference: item.reference,
    arbitraryUid,
    trace: options.trace,
    limiter: session.room,
    minimize: options.minimize,
    capAdd: options.capAdd,
    times,
    progress: (line) => hooks.progress(`${item.target}: ${line}`),
    signal: hooks.signal,
    harden,
    build: builds.of,
  }).finally(async () => {
    await builds.settled()
    await ahead
    await early.drop()
  })
  const report = proof.report === null ? null : { ...proof.report, sandbox: sandbox.told() }
  return { hardened: proof.hardened, result: withProof({ ...proof, report }, notes), built, baseline }
}

/** A proof runs one image. */
export function notRun(others: readonly Stage[], { plan }: Pick<Hardened, 'plan'>): readonly string[] {
  return others
    .filter(({ index }) => stagePlanOf(plan, index)?.outcome === 'harden')
    .map(({ name, index }) => name ?? String(index))
    .map(
      (name) =>
        `what stage ${name} does, which is changed too: it is an image of its own, and --target ${name} proves it`,
    )
}

interface Looking {
  readonly engine: Engine
  readonly session: Session
  readonly originals: OriginalRuns
}

/** The original as the engine has it, and what is in it; a Dockerfile is built, and runs while it is looked into. */
async function lookInto(
  { kind, target, reference }: WorkItem,
  { source }: Dockerfile,
  { engine, session, originals }: Looking,
  build: (text: string, name: string) => Promise<string>,
): Promise<{ readonly baseline: string; readonly facts: ImageFacts }> {
  if (kind === 'dockerfile') session.hooks.progress(`${target}: building it as it is`)
  const baseline = kind === 'image' ? (reference ?? target) : await build(source, 'baseline')
  const image = kind === 'dockerfile' ? await engine.inspectImage(baseline) : null
  if (image !== null) originals.start(baseline, image)
  const listed = session.known.get(baseline)
  if (listed?.known === true) return { baseline, facts: listed.value }
  return { baseline, facts: { ...(await factsFromEngine(engine, baseline)), reference: target } }
}

/** A plan is not a proof: what did not pass is incomplete, whatever the text says. */
function withProof(proof: Proof, notes: readonly ReportFinding[]): TargetResult {
  const { result: planned } = proof.hardened
  const result = { ...planned, findings: [...planned.findings, ...notes] }
  if (proof.advice !== undefined) {
    const note = targetFinding('prove', 'note', proof.advice)
    return { ...result, findings: [...result.findings, note], proof: proof.report }
  }
  if (proof.failures.length === 0) return { ...result, proof: proof.report }
  const message = proof.failures.join('; ')
  const finding = targetFinding('prove', 'todo', message, proofHint(proof.report, message))
  const verdict = result.verdict === 'hardened' ? 'incomplete' : result.verdict
  return { ...result, verdict, findings: [...result.findings, finding], proof: proof.report }
}

/** Builds of texts, each once. */
interface Builds {
  /** Gives the image's tag. */
  of(text: string): Promise<string>
  /** Once none is under way. */
  settled(): Promise<void>
}

/** `build`: its name tells it from the others. */
export function buildsOnce(build: (text: string, name: string) => Promise<string>): Builds {
  const begun = new Map<string, Promise<string>>()
  return {
    of(text) {
      const image = begun.get(text) ?? build(text, String(begun.size + 1))
      begun.set(text, image)
      return image
    },
    async settled() {
      await Promise.allSettled(begun.values())
    },
  }
}

/**
 * Begins to build what the first sight of the original asks for, while it is still asked everything: in most cases it
 * is the first round's text. `early`: that sight; null where the first round is as early. `begin` is told of the image.
 */
export async function buildEarly(
  builds: Builds,
  early: Promise<RunRecord | null>,
  harden: (record: RunRecord) => Promise<Hardened>,
  begin: (image: string, hardened: Hardened, record: RunRecord) => void,
): Promise<void> {
  try {
    const record = await early
    if (record === null) return
    const hardened = await harden(record)
    if (hardened.result.changed) begin(await builds.of(hardened.result.output), hardened, record)
  } catch {
    // The round that needs it is told what is wrong.
  }
}
