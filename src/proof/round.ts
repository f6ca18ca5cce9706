import { HardenError } from '../errors.ts'
import type { Hardened } from '../harden.ts'
import type { Operation } from '../plan/operation.ts'
import type { StagePlan } from '../plan/plan.ts'
import { type Comparison, compare } from './compare.ts'
import type { ProveRequest } from './prove.ts'
import { refusalLines, refusalsIn } from './refusals.ts'
import { runOnce } from './run.ts'
import type { RunRecord } from './run-record.ts'
import { lockedSpec } from './specs.ts'

/** One turn of the loop: a plan, built and run beside the baseline. */
export interface Round {
  readonly hardened: Hardened
  readonly image: string
  /** Null where it did not build; `failure` says why. */
  readonly run: { readonly record: RunRecord; readonly comparison: Comparison; readonly addedBytes: number } | null
  readonly failure: string | null
}

export async function runRound(
  request: ProveRequest,
  baseline: RunRecord,
  hardened: Hardened,
  plan: StagePlan,
  round: number,
): Promise<Round> {
  const { engine } = request
  request.progress(`round ${round}: building`)
  const built = await request.build(hardened.result.output, round).catch((error: unknown) => {
    if (error instanceof HardenError && error.code === 'build-failed') return error
    throw error
  })
  if (typeof built !== 'string')
    return { hardened, image: '', run: null, failure: `the result does not build: ${built.message}` }
  const moved = new Map(plan.ports.flatMap((port) => (port.to === null ? [] : [[port.from, port.to] as const])))
  request.progress(`round ${round}: running it without root, capabilities or new privileges`)
  const record = await runBeside(request, baseline, built, moved)
  const [before, after] = await Promise.all([engine.inspectImage(request.baseline), engine.inspectImage(built)])
  const addedBytes = (after?.size ?? 0) - (before?.size ?? 0)
  return {
    hardened,
    image: built,
    run: { record, comparison: compare(baseline, record, moved), addedBytes },
    failure: null,
  }
}

/** Runs an image locked down and asks it what the baseline was asked; `moved` says which port is which. */
export function runBeside(
  request: Pick<ProveRequest, 'engine' | 'smoke' | 'signal'>,
  baseline: RunRecord,
  image: string,
  moved: ReadonlyMap<number, number>,
): Promise<RunRecord> {
  const answered = baseline.answers.filter((answer) => answer.protocol === 'tcp' && answer.kind !== 'closed')
  return runOnce(request.engine, lockedSpec(image), {
    smoke: request.smoke,
    signal: request.signal,
    ports: answered.map((answer) => moved.get(answer.port) ?? answer.port),
    portNames: new Map(baseline.answers.map((answer) => [answer.port, moved.get(answer.port) ?? answer.port])),
    // A result that comes up much later than the original did is not waited for.
    patience: Math.max(10_000, baseline.readyAfter * 3 + 5000),
  })
}

export function hasPassed(round: Round): boolean {
  return round.run !== null && round.run.comparison.parity && round.run.comparison.locked
}

/** Refusals that this round brought to light: all when it failed, new lines beside the baseline's when it passed. */
export function learnedFrom(
  round: Round,
  baseline: RunRecord,
  workdir: string,
  known: readonly Operation[],
): readonly Operation[] {
  if (round.run === null) return []
  const { record } = round.run
  const text = `${record.state.error}\n${record.logs}\n${record.logFiles}`
  const usual = new Set(refusalLines(`${baseline.logs}\n${baseline.logFiles}`))
  const lines = text.split('\n').filter((line) => !usual.has(line.trim().replace(/\d+/g, '0')))
  const passed = hasPassed(round)
  const relevant = passed ? lines.filter((line) => refusalLines(line).length > 0) : lines
  const times = (operation: Operation): number =>
    known.filter((other) => other.access === operation.access && other.path === operation.path).length
  return (
    refusalsIn(relevant.join('\n'), workdir)
      // What is refused again although the least was granted needs the next step of the ladder.
      .filter((operation) => times(operation) < (passed ? 1 : 2))
      // A program that works does without what it wanted to remove: a pid file at its end, mostly.
      .filter((operation) => !passed || operation.access !== 'remove')
  )
}
