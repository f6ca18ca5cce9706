import type { Engine } from '../engine/engine.ts'
import type { Hardened } from '../harden.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { Operation } from '../plan/operation.ts'
import type { Observation } from '../plan/stage-input.ts'
import type { ReportProof } from '../report/report.ts'
import { runBaseline } from './baseline.ts'
import { observationOf } from './observation.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import { hasPassed, learnedFrom, type Round, runRound } from './round.ts'
import type { RunRecord } from './run-record.ts'
import { unfitBaseline } from './unfit.ts'

const MOST_ROUNDS = 5

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
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export interface Proof {
  readonly hardened: Hardened
  /** Null where there was nothing to prove: it runs as non-root already, or must keep root. */
  readonly report: ReportProof | null
  /** Why it did not pass, one sentence each; empty when it did. */
  readonly failures: readonly string[]
}

/** Runs the original, plans from what it did, builds, runs the result locked down beside it, and goes round until it works. */
export async function prove(request: ProveRequest): Promise<Proof> {
  const { engine, facts } = request
  request.progress(`running ${request.baseline} as it is`)
  const baseline = await runBaseline(request, { image: request.baseline })
  const observation = observationOf(baseline, facts)
  const unfit = unfitBaseline(baseline, facts)
  const rounds: Round[] = []
  let learned: readonly Operation[] = []
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const hardened = request.harden({ ...observation, operations: [...observation.operations, ...learned] })
    const plan = hardened.plan.stages.find((stage) => stage.stage === request.stage)
    if (plan === undefined || plan.outcome !== 'harden') return { hardened, report: null, failures: [] }
    if (unfit !== null)
      return { hardened, report: proofReport(engine.version, baseline, null, 0, [unfit]), failures: [unfit] }
    if (rounds.some((other) => other.hardened.result.output === hardened.result.output)) break
    const current = await runRound(request, baseline, hardened, plan, round)
    rounds.push(current)
    const news = learnedFrom(current, baseline, facts.config.workdir, learned)
    if (news.length === 0) break
    learned = [...learned, ...news]
  }
  return conclude(request, baseline, rounds)
}

/** The last round that passed; else the last one, with what is missing. */
function conclude(request: ProveRequest, baseline: RunRecord, rounds: readonly Round[]): Proof {
  const best = rounds.findLast(hasPassed) ?? rounds.at(-1)
  if (best === undefined) throw new Error('a proof has at least one round')
  const { version } = request.engine
  if (best.run === null) {
    const failures = [best.failure ?? 'the result does not build']
    return { hardened: best.hardened, report: proofReport(version, baseline, null, rounds.length, failures), failures }
  }
  const run = { image: best.image, ...best.run }
  return {
    hardened: best.hardened,
    report: proofReport(version, baseline, run, rounds.length, []),
    failures: failuresOf(run),
  }
}
