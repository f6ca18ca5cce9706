import type { Dockerfile } from '../dockerfile/model.ts'
import { HardenError } from '../errors.ts'
import type { Hardened } from '../harden.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import type { AccountChoice } from '../plan/plan.ts'
import type { Observation } from '../plan/stage-input.ts'
import { stagePlanOf } from '../plan/stage-plan.ts'
import { observationOf } from '../proof/learn/observation.ts'
import { type Proof, type ProveRequest, prove } from '../proof/prove.ts'
import { mayRefuseRoot } from '../proof/root/refuses-others.ts'
import { movedPorts, roundSpec } from '../proof/round.ts'
import { earlyRuns } from '../proof/run/begin-early.ts'
import { openAsSeen } from '../proof/run/beside-options.ts'
import { stopwatch } from '../proof/stopwatch.ts'
import { proofHint } from '../report/proof-hint.ts'
import type { TargetResult } from '../report/report.ts'
import { targetFinding } from '../report/target-finding.ts'
import { type Knowledge, plannedStages } from '../stage-inputs.ts'
import type { WorkItem } from '../work.ts'
import { buildText } from './build.ts'
import { buildEarly, buildsOnce } from './early-build.ts'
import type { OriginalRuns } from './original-runs.ts'
import type { Session } from './session.ts'
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
  const { options, ports } = session
  if (session.engine === null) throw new HardenError('no-engine', 'a proof needs an engine')
  const engine = withEnv(session.engine, options.env)
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
  const early = earlyRuns(engine)
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
  const willing = await willingOriginal(originals, baseline, user)
  const proof = await prove({
    engine,
    baseline,
    facts,
    ...willing,
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
  return { hardened: proof.hardened, result: withProof(proof), built, baseline }
}

/**
 * One that refuses to run as root is run as whom it is planned to run as: what it does then, with nothing taken from it,
 * is what the result has to do.
 */
async function willingOriginal(
  originals: OriginalRuns,
  baseline: string,
  user: Pick<AccountChoice, 'name' | 'uid' | 'gid'> | null,
): Promise<Pick<ProveRequest, 'original' | 'remarks'>> {
  const original = originals.of(baseline)
  const { live } = await original
  if (user === null || live.seen().state.running || !mayRefuseRoot(await live.peek())) return { original, remarks: [] }
  const { original: other, said } = await originals.as(baseline, `${user.uid}:${user.gid}`)
  const who = user.name === '' ? String(user.uid) : user.name
  if (other === null)
    return {
      original,
      remarks: [`whether it works as ${who}: run so without any other change, the original ends too: ${said}`],
    }
  const remark = `what the original does as root: it refuses to run so, and was run as ${who} to be compared with`
  return { original: Promise.resolve(other), remarks: [remark] }
}

/** A plan is not a proof: what did not pass is incomplete, whatever the text says. */
function withProof(proof: Proof): TargetResult {
  const { result } = proof.hardened
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
