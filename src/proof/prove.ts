import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from '../engine/engine.ts'
import type { Hardened } from '../harden.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { Operation } from '../plan/operation.ts'
import type { Observation } from '../plan/stage-input.ts'
import type { ReportProof } from '../report/report.ts'
import { baselineUp, studyOriginal } from './baseline.ts'
import { type Cells, runCells } from './cells.ts'
import { compare, withChecks } from './compare.ts'
import { keptData } from './kept-data.ts'
import { learnedFrom } from './learn.ts'
import type { Live } from './live.ts'
import { observationOf } from './observation.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import { proveRoot } from './prove-root.ts'
import { hasPassed, type Round, runRound } from './round.ts'
import type { RunRecord } from './run-record.ts'
import { unfitBaseline } from './unfit.ts'

const MOST_ROUNDS = 5
/** A program that is to go on is watched for this long at least, milliseconds: some die after ten seconds. */
const WATCH = 11_000

export interface ProveRequest {
  readonly engine: Engine
  /** The original as an image of the engine. */
  readonly baseline: string
  readonly facts: ImageFacts
  /** Plans and writes again with what was learned. */
  readonly harden: (observation: Observation) => Hardened
  /** Builds a resulting text; gives the image's tag. */
  readonly build: (text: string, round: number) => Promise<string>
  /** The stage that is built. */
  readonly stage: number
  readonly smoke: string | null
  /** Trace the runs; `--no-trace` goes without. */
  readonly trace: boolean
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export interface Proof {
  readonly hardened: Hardened
  /** Null where there was nothing to prove: it runs as non-root already, or must keep root. */
  readonly report: ReportProof | null
  /** Why it did not pass, one sentence each; empty when it did. */
  readonly failures: readonly string[]
  /** For what must keep root: what was shown of how little it needs. */
  readonly advice?: string
}

/** Runs the original, plans from what it did, builds, runs the result locked down beside it, and goes round until it works. */
export async function prove(request: ProveRequest): Promise<Proof> {
  const { engine, facts } = request
  const spec = { image: request.baseline }
  request.progress(`running ${request.baseline} as it is`)
  const [live, original] = await Promise.all([baselineUp(request, spec), studyOriginal(request, spec)])
  const baseline = await live.peek()
  const observation = observationOf(original, facts)
  const remarks = original.traceRefused === null ? [] : [`not traced, so more is granted: ${original.traceRefused}`]
  const unfit = unfitBaseline(baseline, facts)
  const rounds: Round[] = []
  let learned: readonly Operation[] = []
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const hardened = request.harden({ ...observation, operations: [...observation.operations, ...learned] })
    const plan = hardened.plan.stages.find((stage) => stage.stage === request.stage)
    if (plan === undefined || plan.outcome !== 'harden' || unfit !== null) {
      if (unfit === null && plan?.outcome === 'needs-root')
        return proveRoot(request, live, original, { hardened, plan, remarks })
      const record = await live.finish()
      if (unfit === null) return { hardened, report: null, failures: [] }
      const failures = plan?.outcome === 'harden' ? [unfit] : []
      return { hardened, report: proofReport(engine.version, record, null, 0, [...remarks, unfit]), failures }
    }
    if (rounds.some((other) => other.hardened.result.output === hardened.result.output)) break
    const current = await runRound(request, baseline, original, hardened, plan, round)
    rounds.push(current)
    const news = learnedFrom(current, original, baseline, facts.config.workdir, learned)
    if (news.length === 0) break
    learned = [...learned, ...news]
  }
  return conclude(request, live, original, rounds, remarks)
}

/** The last round that passed, watched to the end; else the last one, with what is missing. */
async function conclude(
  request: ProveRequest,
  live: Live,
  original: RunRecord,
  rounds: readonly Round[],
  remarks: readonly string[],
): Promise<Proof> {
  const best = rounds.findLast(hasPassed) ?? rounds.at(-1)
  if (best === undefined) throw new Error('a proof has at least one round')
  for (const round of rounds) if (round !== best && hasPassed(round)) await round.run?.live.finish()
  const { engine } = request
  if (best.run === null) {
    const failures = [best.failure ?? 'the result does not build']
    const baseline = await live.finish()
    const all = [...remarks, ...failures]
    return {
      hardened: best.hardened,
      report: proofReport(engine.version, baseline, null, rounds.length, all),
      failures,
    }
  }
  let cells: Cells | null = null
  if (hasPassed(best)) {
    request.progress('running it under other conditions, watching both, then starting them again')
    ;[cells] = await Promise.all([runCells(request, await live.peek(), best, original), watch(request, best.run.live)])
    await Promise.all([live, best.run.live].map(lookAgain))
  }
  const [baseline, record] = await Promise.all([
    live.finish(),
    hasPassed(best) ? best.run.live.finish() : best.run.record,
  ])
  const [before, after] = await Promise.all([engine.inspectImage(request.baseline), engine.inspectImage(best.image)])
  const run = {
    image: best.image,
    record,
    comparison: withChecks(compare(baseline, record, best.moved), keptData(original, best.run.traced)),
    addedBytes: (after?.size ?? 0) - (before?.size ?? 0),
    cells,
  }
  return {
    hardened: best.hardened,
    report: proofReport(engine.version, baseline, run, rounds.length, remarks),
    failures: failuresOf(run),
  }
}

async function lookAgain(live: Live): Promise<void> {
  await live.look()
  await live.restart()
}

/** Waits until the result has been up for long enough, or has ended before. */
async function watch(request: ProveRequest, live: Live): Promise<void> {
  const end = live.startedAt + WATCH
  while (Date.now() < end && (await live.isUp())) await pause(200, undefined, { signal: request.signal })
}
