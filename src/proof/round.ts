import type { RunSpec } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { Hardened } from '../harden.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { StagePlan } from '../plan/plan.ts'
import { portKey } from './ask-ports.ts'
import { type Comparison, compare, withChecks } from './compare.ts'
import { bringUp, type Live, type LiveOptions, runTwice } from './live.ts'
import { logsTraced } from './log-files.ts'
import type { ProveRequest } from './prove.ts'
import type { RunRecord } from './run-record.ts'
import { withEnd } from './smoke/run-checks.ts'
import { arbitrarySpec, lockedSpec } from './specs.ts'
import type { Stopwatch } from './stopwatch.ts'
import { tracedChecks } from './traced-checks.ts'

/** One turn of the loop: a plan, built and run beside the baseline. */
export interface Round {
  readonly hardened: Hardened
  readonly image: string
  readonly moved: ReadonlyMap<number, number>
  /** Null where it did not build; `failure` says why. */
  readonly run: RoundRun | null
  readonly failure: string | null
}

export interface RoundRun {
  /** Still up when the round passed. */
  readonly live: Live
  readonly record: RunRecord
  readonly comparison: Comparison
  /** The same, traced, from start to stop; null where it is not traced. */
  readonly traced: RunRecord | null
}

export async function runRound(
  request: ProveRequest,
  baseline: RunRecord,
  original: RunRecord,
  hardened: Hardened,
  plan: StagePlan,
  round: number,
  times: Stopwatch,
): Promise<Round> {
  request.progress(`round ${round}: building`)
  const moved = new Map(plan.ports.flatMap((port) => (port.to === null ? [] : [[port.from, port.to] as const])))
  const built = await request.build(hardened.result.output, round).catch((error: unknown) => {
    if (error instanceof HardenError && error.code === 'build-failed') return error
    throw error
  })
  times.lap('build')
  if (typeof built !== 'string')
    return { hardened, image: '', moved, run: null, failure: `the result does not build: ${built.message}` }
  request.progress(`round ${round}: running it without root, capabilities or new privileges`)
  const options = besideOptions(request, baseline, moved)
  const config = { ...request.facts.config, ...commandOf(plan, request.facts) }
  const spec = request.arbitraryUid ? arbitrarySpec(built) : lockedSpec(built)
  const [live, traced] = await Promise.all([
    bringUp(request.engine, spec, options),
    request.trace ? tracedRun(request, { user: userOf(plan), ...spec }, { ...options, trace: config }) : null,
  ])
  const seen = await live.peek()
  const early = { ...seen, smoke: withEnd(seen.smoke, traced) }
  const comparison = withChecks(compare(baseline, early, moved), tracedChecks(original, traced, request.facts))
  const passed = comparison.parity && comparison.locked
  const record = passed ? early : await live.finish(logsTraced(original, traced))
  times.lap('result')
  return { hardened, image: built, moved, run: { live, record, comparison, traced }, failure: null }
}

/** From start to stop and once more; null where it cannot be traced. */
export async function tracedRun(
  request: Pick<ProveRequest, 'engine'>,
  spec: RunSpec,
  options: LiveOptions,
): Promise<RunRecord | null> {
  const record = await runTwice(request.engine, spec, options)
  return record.trace === null ? null : record
}

function userOf(plan: StagePlan): string {
  return `${plan.account?.uid ?? 0}:${plan.account?.gid ?? 0}`
}

function commandOf(plan: StagePlan, facts: ImageFacts): Pick<ImageFacts['config'], 'entrypoint' | 'cmd'> {
  return {
    entrypoint: plan.command?.entrypoint ?? facts.config.entrypoint,
    cmd: plan.command?.cmd ?? facts.config.cmd,
  }
}

/** What the baseline was asked, for a run beside it; `moved` says which port is which. */
export function besideOptions(
  request: Pick<ProveRequest, 'smoke' | 'signal' | 'facts'>,
  baseline: RunRecord,
  moved: ReadonlyMap<number, number>,
): LiveOptions {
  const answered = baseline.answers
    .filter((answer) => answer.kind !== 'closed')
    .map((answer) => ({ ...answer, port: moved.get(answer.port) ?? answer.port }))
  return {
    smoke: request.smoke,
    stopSignal: request.facts.config.stopSignal,
    signal: request.signal,
    ports: answered.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port),
    known: new Map(answered.map((answer) => [portKey(answer), answer.kind])),
    portNames: new Map(baseline.answers.map((answer) => [answer.port, moved.get(answer.port) ?? answer.port])),
    // A result that comes up much later than the original did is not waited for.
    patience: Math.max(10_000, baseline.readyAfter * 3 + 5000),
  }
}

export function hasPassed({ run }: { readonly run: Pick<RoundRun, 'comparison'> | null }): boolean {
  const { parity, locked } = run?.comparison ?? { parity: false, locked: false }
  return parity && locked
}
