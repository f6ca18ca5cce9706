import type { RunSpec } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { Operation } from '../evidence/operation.ts'
import type { Hardened } from '../harden.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { StagePlan } from '../plan/plan.ts'
import { type Comparison, compare, withChecks } from './compare/compare.ts'
import { tracedChecks } from './compare/traced-checks.ts'
import { type FirstCells, type FirstCellsRequest, runFirstCells } from './conditions/cells.ts'
import { writableMounts } from './conditions/read-only.ts'
import type { ProveRequest } from './prove.ts'
import type { EarlyRun } from './run/begin-early.ts'
import { besideOptions } from './run/beside-options.ts'
import { bringUp } from './run/bring-up.ts'
import type { Live, LiveOptions } from './run/live.ts'
import { logsTraced } from './run/log-files.ts'
import type { RunRecord } from './run/run-record.ts'
import { arbitrarySpec, lockedSpec } from './run/specs.ts'
import { NOT_TRACED, type TracedResult, tracedResult } from './run/traced-run.ts'
import { withEnd } from './smoke/run-checks.ts'

/** Milliseconds. */
const BEHIND = 1500

/** One turn of the loop: a plan, built and run beside the baseline. */
export interface Round {
  readonly hardened: Hardened
  readonly image: string
  readonly moved: ReadonlyMap<number, number>
  /** The folder that it starts in. */
  readonly workdir: string
  /** Null where it did not build; `failure` says why. */
  readonly run: RoundRun | null
  readonly failure: string | null
}

/** The run that is compared, and the same traced, from start to stop. */
export interface RoundRun extends TracedResult {
  /** Still up when the round passed. */
  readonly live: Live
  readonly record: RunRecord
  readonly comparison: Comparison
  /** Null where they were not run: what does not work in this run is not run in others. */
  readonly first: FirstCells | null
}

/** What a round starts from. */
export interface Seen {
  /** The untraced run of the original. */
  readonly baseline: RunRecord
  /** Of the original, as far as it was observed. */
  readonly operations: readonly Operation[]
  /** Its traced run, in the end. */
  readonly original: Promise<RunRecord> | RunRecord
}

export async function runRound(
  request: ProveRequest,
  { baseline, operations, original: study }: Seen,
  hardened: Hardened,
  plan: StagePlan,
  round: number,
): Promise<Round> {
  const { facts, times } = request
  request.progress(`round ${round}: building`)
  const moved = movedPorts(plan)
  const workdir = plan.workdir?.path ?? facts.config.workdir
  const built = await request.build(hardened.result.output).catch((error: unknown) => {
    if (error instanceof HardenError && error.code === 'build-failed') return error
    throw error
  })
  times.lap('build')
  if (typeof built !== 'string')
    return { hardened, image: '', moved, workdir, run: null, failure: `the result does not build: ${built.message}` }
  request.progress(`round ${round}: running it without root, capabilities or new privileges`)
  const options = besideOptions(request, baseline, moved)
  const config = { ...facts.config, ...commandOf(plan, facts), workdir }
  const mounts = writableMounts(operations, plan, facts, plan.account)
  const spec = roundSpec(request, built)
  const early = await request.earlyRuns.take(built, options.ports)
  const [{ live, first }, result] = await Promise.all([
    bringUpWithFirst({ ...request, baseline, moved, image: built, mounts }, spec, options, early),
    request.trace
      ? tracedResult(
          request.engine,
          { user: userOf(plan), ...spec },
          { ...options, trace: config, stays: staysBeside(request) },
        )
      : NOT_TRACED,
  ])
  const { traced } = result
  const original = await study
  if (request.late !== null) await live.look()
  const seen = await live.peek()
  const soFar = { ...seen, smoke: withEnd(seen.smoke, traced) }
  const comparison = withChecks(compare(baseline, soFar, moved), tracedChecks(original, traced, facts))
  const passed = comparison.parity && comparison.locked
  const record = passed ? soFar : await live.finish(logsTraced(original, traced))
  if (!passed) await result.still?.drop()
  times.lap('result')
  return { hardened, image: built, moved, workdir, run: { live, record, comparison, first, ...result }, failure: null }
}

/** Ends what is left of one that is needed no more. */
export async function dropRound({ run }: Round): Promise<void> {
  await Promise.all([run?.live.drop(), run?.still?.drop()])
}

/** Brings it up to stay; the first conditions need not wait for the end of its traced run. */
export async function bringUpWithFirst(
  request: FirstCellsRequest,
  spec: RunSpec,
  options: LiveOptions,
  early: EarlyRun | null = null,
): Promise<{ readonly live: Live; readonly first: FirstCells | null }> {
  const live = await bringUp(request.engine, spec, options, early)
  const works = hasPassed({ run: { comparison: compare(request.baseline, live.seen(), request.moved) } })
  return { live, first: works ? await runFirstCells(request) : null }
}

/** What the run that is compared is run with. */
export function roundSpec({ arbitraryUid }: Pick<ProveRequest, 'arbitraryUid'>, image: string): RunSpec {
  return arbitraryUid ? arbitrarySpec(image) : lockedSpec(image)
}

/** By the original's port. */
export function movedPorts({ ports }: Pick<StagePlan, 'ports'>): ReadonlyMap<number, number> {
  return new Map(ports.flatMap(({ from, to }) => (to === null ? [] : [[from, to] as const])))
}

/** The original came up before it: what that did within its time, this does within its own. */
export function staysBeside({ late }: Pick<ProveRequest, 'late'>): number {
  return late === null ? 0 : late.after + BEHIND
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

export function hasPassed({ run }: { readonly run: Pick<RoundRun, 'comparison'> | null }): boolean {
  const { parity, locked } = run?.comparison ?? { parity: false, locked: false }
  return parity && locked
}
