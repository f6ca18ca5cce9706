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
import { logsTraced } from './log-files.ts'
import { observationOf } from './observation.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import { proveRoot } from './prove-root.ts'
import { hasPassed, type Round, type RoundRun, runRound } from './round.ts'
import type { RestartRecord, RunRecord } from './run-record.ts'
import { type Stopwatch, stopwatch } from './stopwatch.ts'
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
  const times = stopwatch()
  const proof = await proveTimed(request, times)
  return proof.report === null ? proof : { ...proof, report: times.on(proof.report) }
}

async function proveTimed(request: ProveRequest, times: Stopwatch): Promise<Proof> {
  const { engine, facts } = request
  const spec = { image: request.baseline }
  request.progress(`running ${request.baseline} as it is`)
  const [live, original] = await Promise.all([baselineUp(request, spec), studyOriginal(request, spec)])
  const baseline = await live.peek()
  times.lap('original')
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
        return proveRoot(request, live, original, { hardened, plan, remarks }).finally(() => times.lap('capabilities'))
      const record = await live.finish()
      if (unfit === null) return { hardened, report: null, failures: [] }
      const failures = plan?.outcome === 'harden' ? [unfit] : []
      return { hardened, report: proofReport(engine.version, record, null, 0, [...remarks, unfit]), failures }
    }
    if (rounds.some((other) => other.hardened.result.output === hardened.result.output)) break
    const current = await runRound(request, baseline, original, hardened, plan, round, times)
    rounds.push(current)
    const news = learnedFrom(current, original, baseline, facts.config.workdir, learned)
    if (news.length === 0) break
    learned = [...learned, ...news]
  }
  return conclude(request, live, original, rounds, remarks, times)
}

/** The last round that passed, watched to the end; else the last one, with what is missing. */
async function conclude(
  request: ProveRequest,
  live: Live,
  original: RunRecord,
  rounds: readonly Round[],
  remarks: readonly string[],
  times: Stopwatch,
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
  const seconds = secondStarts(request, original, best.run)
  if (hasPassed(best)) {
    request.progress('running it under other conditions, and watching both')
    ;[cells] = await Promise.all([
      runCells(request, await live.peek(), best, original),
      watch(request, best.run.live, best.run.traced),
    ])
    times.lap('conditions')
    await Promise.all(
      [live, best.run.live].map(async (one) => {
        await one.look()
        if (seconds === null) await one.restart()
      }),
    )
  }
  const logs = logsTraced(original, best.run.traced)
  const [first, second] = await Promise.all([
    live.finish(logs),
    hasPassed(best) ? best.run.live.finish(logs) : best.run.record,
  ])
  times.lap('end')
  const baseline = { ...first, restart: seconds?.baseline ?? first.restart }
  const record = { ...second, restart: seconds?.result ?? second.restart }
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

interface SecondStarts {
  readonly baseline: RestartRecord
  readonly result: RestartRecord
}

/** Traced runs are started twice anyway; null where they do not tell it all. */
function secondStarts(request: ProveRequest, original: RunRecord, { traced }: RoundRun): SecondStarts | null {
  if (request.smoke !== null || original.restart === null || traced === null || traced.restart === null) return null
  return { baseline: original.restart, result: traced.restart }
}

/**
 * Waits until the result has been up for long enough, has ended, or nothing in it will happen by itself any more: all
 * its threads wait for something from outside, and no timer runs.
 */
async function watch(request: ProveRequest, live: Live, traced: RunRecord | null): Promise<void> {
  const end = live.startedAt + WATCH
  // An interval timer shows in no file of /proc, only in a trace.
  const timed = traced?.trace?.timers ?? true
  while (Date.now() < end && (await live.isUp())) {
    if (!timed && live.wakesIn() > end - Date.now()) return
    await pause(100, undefined, { signal: request.signal })
  }
}
