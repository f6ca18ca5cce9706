import type { Dockerfile } from '../dockerfile/model.ts'
import { HardenError } from '../errors.ts'
import type { Hardened } from '../harden.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import type { Observation } from '../plan/stage-input.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { observationOf } from '../proof/learn/observation.ts'
import { type Proof, prove } from '../proof/prove.ts'
import { movedPorts, roundSpec } from '../proof/round.ts'
import { earlyRuns } from '../proof/run/begin-early.ts'
import { openAsSeen } from '../proof/run/beside-options.ts'
import { stopwatch } from '../proof/stopwatch.ts'
import { proofHint } from '../report/proof-hint.ts'
import type { ReportFinding, TargetResult } from '../report/report.ts'
import { targetFinding } from '../report/target-finding.ts'
import { type Knowledge, plannedStages } from '../stage-inputs.ts'
import type { WorkItem } from '../work.ts'
import { buildText } from './build.ts'
import { buildEarly, buildsOnce } from './early-build.ts'
import type { OriginalRuns } from './original-runs.ts'
import type { Session } from './session.ts'
import { willingOriginal } from './willing-original.ts'
import { withEnv } from './with-env.ts'

export type Make = (observations: Knowledge['observations'], built: Knowledge['built']) => Hardened

/** Builds the original where it is a Dockerfile, looks into it, and proves the stage that is built. */
export async function proveTarget(
  item: WorkItem,
  dockerfile: Dockerfile,
  session: Session,
  originals: OriginalRuns,
  make: Make,
): Promise<{
  readonly hardened: Hardened
  readonly result: TargetResult
  readonly built: Knowledge['built']
  /** The original, as the engine has it. */
  readonly baseline: string
}> {
  const { engine, options, ports } = session
  if (engine === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const stage = plannedStages(dockerfile, options.policy).at(-1)
  if (stage === undefined) throw new HardenError('not-a-dockerfile', 'no stage is meant to run')
  const build = (text: string, name: string): Promise<string> =>
    buildText(engine, item, options, {
      dockerfile: text,
      tag: `harden-image/proof:${engine.session}-${session.number}-${name}`,
    })
  const times = stopwatch(session.since)
  if (item.kind === 'dockerfile') ports.progress(`${item.target}: building it as it is`)
  const baseline = item.kind === 'image' ? (item.reference ?? item.target) : await build(dockerfile.source, 'baseline')
  const image = item.kind === 'dockerfile' ? await engine.inspectImage(baseline) : null
  if (image !== null) originals.start(baseline, image)
  const listed = session.known.get(baseline)
  const facts =
    listed?.known === true ? listed.value : { ...(await factsFromEngine(engine, baseline)), reference: item.target }
  times.lap('facts')
  const built = new Map([[stage.index, facts]])
  const first = make(new Map(), built)
  if (first.result.verdict === 'unchanged' || first.result.verdict === 'not-applicable') {
    await originals.drop(baseline)
    return { hardened: first, result: first.result, built, baseline }
  }
  const user = stagePlanOf(first.plan, stage.index)?.account ?? null
  const builds = buildsOnce(build)
  const harden = (observation: Observation): Hardened => make(new Map([[stage.index, observation]]), built)
  // Only upon an image, for which no Compose file sets anything.
  const early = earlyRuns(withEnv(engine, options.env))
  // What another plan would make of a Dockerfile may take minutes to build; upon an image it is a layer.
  const ahead =
    item.kind === 'image'
      ? buildEarly(
          builds,
          originals.early(baseline),
          (record) => harden(observationOf(record, facts)),
          (result, { plan }, record) => {
            const made = stagePlanOf(plan, stage.index)
            if (made === undefined) return
            const asked = { arbitraryUid: options.policy.arbitraryUid === true }
            early.begin(roundSpec(asked, result), openAsSeen(record, movedPorts(made), ports.signal))
          },
        )
      : null
  const { original, remarks, env, notes } = await willingOriginal(item, options, { originals, baseline, user })
  const proof = await prove({
    engine: withEnv(engine, env),
    baseline,
    facts,
    original,
    remarks,
    earlyRuns: early,
    again: (stays) => originals.again(baseline, stays),
    late: null,
    before: 0,
    stage: stage.index,
    smoke: options.smoke,
    reference: item.reference,
    arbitraryUid: options.policy.arbitraryUid === true,
    trace: options.trace,
    room: session.room,
    minimize: options.minimize,
    capAdd: options.capAdd,
    times,
    progress: (line) => ports.progress(`${item.target}: ${line}`),
    signal: ports.signal,
    harden,
    build: builds.of,
  }).finally(async () => {
    await builds.settled()
    await ahead
    await early.drop()
  })
  return { hardened: proof.hardened, result: withProof(proof, notes), built, baseline }
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
