import type { Dockerfile, Stage } from '../dockerfile/model.ts'
import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ImageFacts } from '../image/facts.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import { type StagePlan, stagePlanOf } from '../plan/plan.ts'
import type { Observation } from '../plan/stage-input.ts'
import type { RunRecord } from '../proof/container/run-record.ts'
import { openAsSeen } from '../proof/container/run-specs.ts'
import { observationOf } from '../proof/observation.ts'
import { stopwatch } from '../proof/proof-report.ts'
import { prove } from '../proof/prove.ts'
import type { Proof, Shown } from '../proof/request.ts'
import { hasLowPort, movedPorts, resultSpec } from '../proof/round.ts'
import { buildEarly, buildsOnce, speculativeRuns } from '../proof/speculation.ts'
import { proofFindings } from '../report/proof-findings.ts'
import {
  type Hardened,
  type ReportFinding,
  type ReportProof,
  type TargetResult,
  targetFinding,
} from '../report/report.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { buildText } from './build.ts'
import type { OriginalRuns } from './original-runs.ts'
import { type Planner, UNSEEN } from './planner.ts'
import { type Session, withEnv } from './session.ts'
import { type Knowledge, plannedStages } from './stage-inputs.ts'
import { answeredBy, isLeftAsItIs, judgedAgain, outcomesOf, withoutTodos, withUnasked } from './verdict.ts'
import { willingOriginal } from './willing-original.ts'

/** Builds the original where it is a Dockerfile, looks into it, and proves the stage that is built. */
export async function proveTarget(
  item: WorkItem,
  dockerfile: Dockerfile,
  session: Session,
  originals: OriginalRuns,
  planner: Pick<Planner, 'harden' | 'repaired'>,
): Promise<{
  readonly hardened: Hardened
  readonly result: TargetResult
  readonly built: Knowledge['built']
  /** The original, as the engine has it. */
  readonly baseline: string
  /** All that the traced run of the result did; null where there is none. */
  readonly operations: readonly Operation[] | null
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
  const plan = planner.harden
  const looking = { engine, session, originals, repaired: planner.repaired }
  const { baseline, facts, repair } = await lookInto(item, dockerfile, looking, build)
  times.lap('facts')
  const built = new Map([[stage.index, facts]])
  const first = await plan({ ...UNSEEN, built })
  if (stagePlanOf(first.plan, stage.index)?.outcome === 'already' && first.result.verdict !== 'exempt') {
    const text = first.selfContained
    const image = first.result.changed && item.kind === 'dockerfile' ? await build(text, 'result') : baseline
    const seen = image === baseline ? facts : await factsFromEngine(engine, image)
    const { original, env, notes, ...rest } =
      repair === null
        ? await willingOriginal(item, options, { originals, baseline, user: null })
        : { original: null, env: options.env, notes: [], remarks: [repair] }
    const { proveUnprivileged } = await import('./prove-as-is.ts')
    const { report, findings, operations } = await proveUnprivileged(item, session, {
      engine: withEnv(sandbox.engine, env),
      image,
      // Nobody has run it as its USER yet.
      baseline: repair === null ? baseline : null,
      facts: seen,
      begun: original,
      remarks: [...rest.remarks, ...notRun(stages.slice(0, -1), first)],
      times,
    })
    const about = { outcomes: outcomesOf(first.plan), policy: options.policy }
    const result = judgedAgain(first.result, about, [...notes, ...findings], report)
    return { hardened: first, result, built, baseline, operations }
  }
  if (isLeftAsItIs(first.result) || first.result.verdict === 'not-applicable') {
    await originals.drop(baseline)
    return { hardened: first, result: first.result, built, baseline, operations: null }
  }
  const planOf = ({ plan }: Hardened): StagePlan | undefined => stagePlanOf(plan, stage.index)
  const user = planOf(first)?.account ?? null
  const arbitraryUid = options.policy.arbitraryUid === true
  const builds = buildsOnce(build)
  const harden = (observation: Observation): Promise<Hardened> =>
    plan({ observations: new Map([[stage.index, observation]]), built })
  // Only for an image, for which no Compose file sets anything.
  const early = speculativeRuns(withEnv(sandbox.engine, options.env))
  const begin = (image: string, hardened: Hardened, record: RunRecord): void => {
    const made = planOf(hardened)
    if (made === undefined) return
    early.begin(
      resultSpec({ arbitraryUid, keepsLowPort: hasLowPort(made) }, image),
      openAsSeen(record, movedPorts(made), hooks.signal),
    )
  }
  // Building another plan of a Dockerfile may take minutes; on an image it is one layer.
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
    remarks: [...(repair === null ? [] : [repair]), ...remarks, ...notRun(stages.slice(0, -1), first)],
    speculativeRuns: early,
    again: (stays) => originals.again(baseline, stays),
    late: null,
    before: 0,
    stage: stage.index,
    smoke: options.smoke,
    learned: originals.learned,
    reference: item.reference,
    arbitraryUid,
    trace: options.trace,
    limiter: session.limiter,
    idle: hooks.idle ?? ((wait) => wait()),
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
  return {
    hardened: proof.hardened,
    result: withProof({ ...proof, report }, [...notes, ...unanswered(first, proof)], options, stage.index),
    built,
    baseline,
    operations: proof.operations ?? null,
  }
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
  readonly repaired: Planner['repaired']
}

interface LookedInto {
  readonly baseline: string
  readonly facts: ImageFacts
  /** The remark where the original does not build and the repaired file is the baseline; otherwise null. */
  readonly repair: string | null
}

/** The original as the engine has it, with its facts; a Dockerfile is built, and runs while it is read. */
async function lookInto(
  { kind, target, reference }: WorkItem,
  { source }: Dockerfile,
  { engine, session, originals, repaired }: Looking,
  build: (text: string, name: string) => Promise<string>,
): Promise<LookedInto> {
  // The base has lost root in this run. With USER 0 below its FROM the original still does what it did.
  const original = session.changed === undefined ? source : ((await repaired()) ?? source)
  if (kind === 'dockerfile') session.hooks.progress(`${target}: building it as it is`)
  const { baseline, repair } =
    kind === 'image'
      ? { baseline: reference ?? target, repair: null }
      : await built(original, build, async () => {
          const text = await repaired()
          if (text !== null) session.hooks.progress(`${target}: building it with the steps that need root above USER`)
          return text
        })
  const image = kind === 'dockerfile' ? await engine.inspectImage(baseline) : null
  if (image !== null && repair === null) originals.start(baseline, image)
  const listed = session.known.get(baseline)
  if (listed?.known === true) return { baseline, repair, facts: listed.value }
  return { baseline, repair, facts: { ...(await factsFromEngine(engine, baseline)), reference: target } }
}

/**
 * A file that puts steps for root below its USER (the recipe of many articles) does not build. Then the same file with
 * those where root is in force is the original.
 */
async function built(
  source: string,
  build: (text: string, name: string) => Promise<string>,
  repaired: Planner['repaired'],
): Promise<Pick<LookedInto, 'baseline' | 'repair'>> {
  try {
    return { baseline: await build(source, 'baseline'), repair: null }
  } catch (error) {
    if (!(error instanceof HardenError) || error.code !== 'build-failed') throw error
    const text = await repaired()
    const baseline = text === null ? null : await build(text, 'repaired').catch(() => null)
    // An error of the file as it is says more than one of another file.
    if (baseline === null) throw error
    const repair =
      'what the original does: it does not build, since steps that need root follow its USER; the file with those above it, run as root, is what was compared with'
    return { baseline, repair }
  }
}

/** Todos of the text that a run which failed has not answered. */
export function unanswered(
  first: Hardened,
  {
    hardened,
    report,
  }: { readonly hardened: Pick<Hardened, 'result'>; readonly report: Pick<ReportProof, 'passed' | 'reason'> | null },
): readonly ReportFinding[] {
  if (report?.passed !== false || report.reason !== undefined) return []
  const said = new Set(hardened.result.findings.map(({ message }) => message))
  return first.result.findings.filter(({ outcome, message }) => outcome === 'todo' && !said.has(message))
}

/** A plan is no proof: a person decides about a result that did not pass, whatever the text says. */
function withProof(
  proof: Proof,
  notes: readonly ReportFinding[],
  { policy, smoke }: Pick<Session['options'], 'policy' | 'smoke'>,
  stage: number,
): TargetResult {
  const { hardened, report, failures, advice, capability = null, shown = {} } = proof
  const told =
    advice === undefined ? proofFindings(report, failures, capability?.hint) : [targetFinding('prove', 'note', advice)]
  const about = { outcomes: outcomesOf(hardened.plan), policy }
  const result = report?.passed === true ? withoutAnswered(hardened, stage, shown) : hardened.result
  // Where a check of the user's own has passed, work that the proof itself did not ask for does not count.
  const judged = smoke.length > 0 ? report : withUnasked(report, result)
  return judgedAgain(result, about, [...notes, ...told], judged)
}

/** Without the todos that a proof which passed has answered: how a start script goes on was seen. */
export function withoutAnswered({ plan, result }: Hardened, stage: number, shown: Shown): TargetResult {
  return withoutTodos(result, answeredBy(stagePlanOf(plan, stage)?.remarks ?? [], shown))
}
