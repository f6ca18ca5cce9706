import type { Hardened } from '../app/harden.ts'
import type { Engine, RunSpec } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ImageFacts } from '../image/facts.ts'
import { decided, type StagePlan } from '../plan/plan.ts'
import { type Comparison, compare, compareTraces, withChecks } from './checks/index.ts'
import type { FirstConditionsRequest } from './conditions/condition.ts'
import { type FirstConditions, runFirstConditions } from './conditions/index.ts'
import { writableMounts } from './conditions/writable-mounts.ts'
import { type Container, type ContainerOptions, runContainer, type Underway } from './container/container.ts'
import { logsTraced } from './container/files.ts'
import type { RunRecord } from './container/run-record.ts'
import { arbitrarySpec, besideOptions, lockedSpec } from './container/run-specs.ts'
import { type StudyOptions, stay } from './original.ts'
import type { ProveRequest } from './prove.ts'
import { withEnd } from './smoke/run-checks.ts'
import { NOT_BELIEVED } from './trace/trace.ts'

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
  readonly live: Container
  readonly record: RunRecord
  readonly comparison: Comparison
  /** Null where they were not run: what does not work in this run is not run in others. */
  readonly first: FirstConditions | null
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
  const workdir = decided(plan, 'set-workdir')[0]?.path ?? facts.config.workdir
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
  const mounts = writableMounts(
    operations,
    { grants: decided(plan, 'grant'), handed: plan.handed },
    facts,
    plan.account,
  )
  const spec = roundSpec(request, built)
  const early = await request.speculativeRuns.take(built, options.ports)
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
  const seen = await live.snapshot('logs')
  const soFar = { ...seen, smoke: withEnd(seen.smoke, traced) }
  const comparison = withChecks(compare(baseline, soFar, moved), compareTraces(original, traced, facts))
  const passed = comparison.parity && comparison.locked
  const record = passed ? soFar : await live.finish(logsTraced(original, traced))
  if (!passed) await result.tracedContainer?.remove()
  times.lap('result')
  return { hardened, image: built, moved, workdir, run: { live, record, comparison, first, ...result }, failure: null }
}

/** Ends what is left of one that is needed no more. */
export async function dropRound({ run }: Round): Promise<void> {
  await Promise.all([run?.live.remove(), run?.tracedContainer?.remove()])
}

/** Brings it up to stay; the first conditions need not wait for the end of its traced run. */
export async function bringUpWithFirst(
  request: FirstConditionsRequest,
  spec: RunSpec,
  options: ContainerOptions,
  early: Underway | null = null,
): Promise<{ readonly live: Container; readonly first: FirstConditions | null }> {
  const live = await runContainer(request.engine, spec, options, early)
  const works = hasPassed({
    run: { comparison: compare(request.baseline, await live.snapshot('seen'), request.moved) },
  })
  return { live, first: works ? await runFirstConditions(request) : null }
}

/** What the run that is compared is run with. */
export function roundSpec({ arbitraryUid }: Pick<ProveRequest, 'arbitraryUid'>, image: string): RunSpec {
  return arbitraryUid ? arbitrarySpec(image) : lockedSpec(image)
}

/** By the original's port. */
export function movedPorts(plan: Pick<StagePlan, 'decisions'>): ReadonlyMap<number, number> {
  return new Map(decided(plan, 'port').flatMap(({ from, to }) => (to === null ? [] : [[from, to] as const])))
}

/** The original came up before it: what that did within its time, this does within its own. */
export function staysBeside({ late }: Pick<ProveRequest, 'late'>): number {
  return late === null ? 0 : late.after + BEHIND
}

function userOf(plan: StagePlan): string {
  return `${plan.account?.uid ?? 0}:${plan.account?.gid ?? 0}`
}

function commandOf(plan: StagePlan, facts: ImageFacts): Pick<ImageFacts['config'], 'entrypoint' | 'cmd'> {
  const [command] = decided(plan, 'set-command')
  return {
    entrypoint: command?.entrypoint ?? facts.config.entrypoint,
    cmd: command?.cmd ?? facts.config.cmd,
  }
}

export function hasPassed({ run }: { readonly run: Pick<RoundRun, 'comparison'> | null }): boolean {
  const { parity, locked } = run?.comparison ?? { parity: false, locked: false }
  return parity && locked
}

export interface TracedResult {
  /** Null where it was not traced; `untraced` says why it could not be, where it was asked for. */
  readonly traced: RunRecord | null
  readonly untraced: string | null
  /** It, where it was started twice and is still up: what it is refused only later shows in it. */
  readonly tracedContainer: Container | null
}

/** A result, for which an untraced run would show nothing that the one beside it does not. */
export async function tracedResult(engine: Engine, spec: RunSpec, options: StudyOptions): Promise<TracedResult> {
  const live = await runContainer(engine, spec, options)
  await stay(live, options)
  // What did not come up would be waited for in vain once more.
  if ((await live.snapshot('seen')).ready) await live.restart()
  const { restart } = await live.snapshot('seen')
  // Checks of the user's own may want to see how it ends.
  const goesOn = restart?.state.running === true && options.stays === 0 && options.smoke.length === 0
  const record = await (goesOn ? live.snapshot('logs and trace') : live.finish())
  if (record.trace !== null) return { traced: record, untraced: null, tracedContainer: goesOn ? live : null }
  await live.remove()
  // What it did to its trace is a check of its own, and that fails.
  if (record.traceRefused?.startsWith(NOT_BELIEVED) === true)
    return { traced: record, untraced: record.traceRefused, tracedContainer: null }
  return { traced: null, untraced: record.traceRefused, tracedContainer: null }
}

export const NOT_TRACED: TracedResult = { traced: null, untraced: null, tracedContainer: null }
