import { setTimeout as pause } from 'node:timers/promises'
import type { Mount, RunSpec } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { Operation } from '../evidence/operation.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import { decided, type StagePlan } from '../plan/plan.ts'
import type { Hardened } from '../report/report.ts'
import { leavesFiles } from './checks/files.ts'
import { compare, compareTraces, isPassed, withChecks } from './checks/index.ts'
import { refusals } from './checks/watch.ts'
import type { FirstConditions } from './conditions/index.ts'
import { ownPlaces, writableMounts } from './conditions/writable-mounts.ts'
import { type Container, removeAll, runContainer } from './container/container.ts'
import { isOptional, logsTraced } from './container/files.ts'
import type { RunRecord } from './container/run-record.ts'
import { arbitrarySpec, besideOptions, type KeptPorts, limits, lockedSpec } from './container/run-specs.ts'
import { type StudyOptions, stay } from './original.ts'
import type { ProveRequest } from './request.ts'
import type { Unrefused } from './rounds.ts'
import { steadyIn, withEnd } from './smoke/run-checks.ts'
import { runWithFirst, type SpeculativeRuns } from './speculation.ts'
import { NOT_BELIEVED } from './trace/trace.ts'
import { OPENING_CAPABILITIES } from './trace/tracer.ts'
import type { Tried, TriedRun } from './tried.ts'

/** The original came up before the result: each shows its work within the same time of its own. Milliseconds. */
const BEHIND = 1500

/** One turn of the loop: a plan, built and run beside the baseline. */
export interface Round extends Tried {
  readonly hardened: Hardened
  readonly plan: StagePlan
  readonly image: string
  readonly moved: ReadonlyMap<number, number>
  readonly keepsLowPort: boolean
  readonly run: ResultRun | null
  /** Why it did not build; null where it did. */
  readonly failure: string | null
}

/** The run of a result that is compared, and the same traced, from start to stop. */
export interface ResultRun extends TracedRuns, TriedRun {
  /** Still up where it passed. */
  readonly live: Container
  /** Null where they were not run: a result that fails here is not run in others. */
  readonly first: FirstConditions | null
}

interface TracedRuns {
  /** Null where it was not traced; `untraced` says why it could not be, where it was asked for. */
  readonly traced: RunRecord | null
  readonly untraced: string | null
  /** The traced container, where it was started twice and is still up: late refusals show in it. */
  readonly tracedContainer: Container | null
}

/** The state that a round starts from. */
export interface Seen {
  /** The untraced run of the original. */
  readonly baseline: RunRecord
  /** Operations of the original, as far as observed. */
  readonly operations: readonly Operation[]
  /** Its traced run, at its end. */
  readonly original: Promise<RunRecord> | RunRecord
}

type Run = 'engine' | 'facts' | 'smoke' | 'signal' | 'limiter' | 'arbitraryUid' | 'trace' | 'late' | 'times'

/** A result that is there as an image: of a round, or one that somebody else has made. `facts`: of what it was made from. */
export interface ResultRequest extends Pick<ProveRequest, Run>, Pick<Seen, 'baseline' | 'original'>, KeptPorts {
  readonly image: string
  /** What it starts, for the tracer. */
  readonly config: ImageConfig
  /** As whom, `uid:gid`; absent: as the image says. */
  readonly user?: string
  /** The new number of each port of the original. */
  readonly moved: ReadonlyMap<number, number>
  /** Paths that are expected to be writable under a read-only root. */
  readonly mounts: readonly Mount[]
  readonly speculativeRuns?: Pick<SpeculativeRuns, 'take'>
}

/** Builds what is planned and runs it. */
export async function runRound(
  request: ProveRequest,
  { baseline, operations, original }: Seen,
  hardened: Hardened,
  plan: StagePlan,
  round: number,
): Promise<Round> {
  const { facts } = request
  request.progress(`round ${round}: building`)
  const [moved, keepsLowPort] = [movedPorts(plan), hasLowPort(plan)]
  const workdir = decided(plan, 'set-workdir')[0]?.path ?? facts.config.workdir
  const built = await request.build(hardened.selfContained).catch((error: unknown) => {
    if (error instanceof HardenError && error.code === 'build-failed') return error
    throw error
  })
  request.times.lap('build')
  if (typeof built !== 'string')
    return {
      hardened,
      plan,
      image: '',
      moved,
      keepsLowPort,
      workdir,
      run: null,
      failure: `the result does not build: ${built.message}`,
    }
  request.progress(`round ${round}: running it without root, capabilities or new privileges`)
  const own = ownPlaces(plan)
  const run = await runResult({
    ...request,
    image: built,
    baseline,
    original,
    moved,
    keepsLowPort,
    config: { ...facts.config, ...commandOf(plan, facts), workdir },
    user: `${plan.account?.uid ?? 0}:${plan.account?.gid ?? 0}`,
    mounts: writableMounts(operations, own, facts, plan.account),
  })
  return { hardened, plan, image: built, moved, keepsLowPort, workdir, run, failure: null }
}

/** Runs a result beside the baseline, locked down, and once more traced; it stays up where it does what that does. */
export async function runResult(request: ResultRequest): Promise<ResultRun> {
  const { engine, facts, image, user, config, moved, baseline, late } = request
  const options = besideOptions(request, baseline, moved)
  const spec = resultSpec(request, image)
  const traced = { ...(user === undefined ? {} : { user }), ...spec }
  const stays = late === null ? 0 : late.after + BEHIND
  const underway = (await request.speculativeRuns?.take(spec, options.ports)) ?? null
  const [{ live, first }, runs] = await Promise.all([
    runWithFirst(request, spec, options, underway),
    request.trace
      ? runTraced({ engine, spec: traced, options: { ...options, trace: config, stays } })
      : { traced: null, untraced: null, tracedContainer: null },
  ])
  const original = await request.original
  const asLong = await untilMade(request, original, runs)
  if (late !== null) await live.look()
  const seen = await live.snapshot('logs')
  const soFar = { ...seen, smoke: withEnd(seen.smoke, asLong.traced) }
  const comparison = withChecks(
    compare(steadyIn(baseline, original), soFar, moved),
    compareTraces(original, asLong.traced, facts),
    refusals.compare(baseline, soFar, { study: original }),
  )
  const passed = isPassed(comparison)
  const record = passed
    ? soFar
    : await live.finish({
        logPaths: logsTraced(original, asLong.traced),
        isDeaf: original.stop?.byItself === false,
      })
  if (!passed) await asLong.tracedContainer?.remove()
  request.times.lap('result')
  return { live, record, comparison, first, ...asLong }
}

/** The pause between two looks at its files, milliseconds. */
const MADE_BY_NOW = 2000
/** Nobody waits for longer, milliseconds. */
const MOST_BEHIND = 40_000

/**
 * An original of which a port never opened was waited for all that time, and made files meanwhile: the traced result is left
 * up for as long where it lacks any of them.
 */
async function untilMade(
  { facts, signal }: Pick<ResultRequest, 'facts' | 'signal'>,
  original: RunRecord,
  runs: TracedRuns,
): Promise<TracedRuns> {
  const { tracedContainer } = runs
  if (tracedContainer === null || runs.traced === null) return runs
  const end = tracedContainer.startedAgain() + Math.min(original.watched, MOST_BEHIND)
  const lacks = (traced: RunRecord): boolean =>
    leavesFiles.compare(original, traced, facts).some(({ passed }) => !passed)
  let traced = runs.traced
  while (Date.now() < end && lacks(traced) && (await tracedContainer.isUp())) {
    await pause(MADE_BY_NOW, undefined, { signal })
    traced = await tracedContainer.snapshot('logs and trace')
  }
  return { ...runs, traced }
}

/** An untraced run of the kind would show nothing that the one beside it does not. */
async function runTraced({
  engine,
  spec,
  options,
}: Pick<ProveRequest, 'engine'> & { readonly spec: RunSpec; readonly options: StudyOptions }): Promise<TracedRuns> {
  const live = await runContainer(engine, spec, options)
  await stay(live, options)
  // A result that did not come up is not waited for again.
  if ((await live.snapshot('seen')).ready) await live.restart()
  const { restart } = await live.snapshot('seen')
  // Checks of the user's own may want to see how it ends.
  const goesOn = restart?.state.running === true && options.stays === 0 && options.smoke.length === 0
  const record = await (goesOn ? live.snapshot('logs and trace') : live.finish())
  if (record.trace !== null) return { traced: record, untraced: null, tracedContainer: goesOn ? live : null }
  await live.remove()
  // What it did to its trace is a check of its own, and that fails.
  const isTold = record.traceRefused?.startsWith(NOT_BELIEVED) === true
  return { traced: isTold ? record : null, untraced: record.traceRefused, tracedContainer: null }
}

/**
 * The result of a round that failed as its own user, with the capabilities that open all files: a program stops at the first thing that
 * it is refused, and on its way without root there may be more. Nothing where that could not be traced.
 */
export async function runUnrefused(
  request: Pick<ProveRequest, 'engine' | 'facts' | 'smoke' | 'signal' | 'progress' | 'times'>,
  { baseline, original }: { readonly baseline: RunRecord; readonly original: RunRecord },
  { image, moved, workdir, plan }: Round,
): Promise<Unrefused> {
  const { engine, facts } = request
  const { uid = 0, gid = 0, home = '' } = plan.account ?? {}
  const said = decided(plan, 'set-env').find(({ name }) => name === 'HOME')?.value ?? facts.config.env.get('HOME')
  request.progress('running it once more as its new user, with nothing refused, to see all that it needs')
  const spec = limits({
    image,
    user: '0:0',
    capDrop: ['ALL'],
    capAdd: OPENING_CAPABILITIES,
    noNewPrivileges: true,
    env: { HOME: said ?? (home === '' ? '/' : home) },
  })
  const options = {
    ...besideOptions({ ...request, smoke: [] }, baseline, moved),
    trace: { ...facts.config, ...commandOf(plan, facts), workdir },
    traceMode: { as: { uid, gid } },
  }
  const container = await runContainer(engine, spec, options)
  const { trace, state } = await container.snapshot('trace')
  await container.remove()
  request.times.lap('result')
  return {
    operations: newlyDone(trace?.operations ?? [], original.trace?.operations ?? []),
    isWhole: state.running === original.state.running,
  }
}

/** Accesses to files in the one run and not in the other. */
function newlyDone(now: readonly Operation[], before: readonly Operation[]): readonly Operation[] {
  const key = ({ access, path, to }: Operation): string => `${access} ${path} ${to ?? ''}`
  const isDone = ({ outcome, path, access }: Operation): boolean =>
    outcome === 'done' && path !== null && access !== 'look' && !isOptional(path)
  const usual = new Set(before.filter(isDone).map(key))
  return now.filter((operation) => isDone(operation) && !usual.has(key(operation)))
}

/** Removes what is left of a round that is no longer needed. */
export function dropRound({ run }: Round): Promise<void> {
  return removeAll([run?.live, run?.tracedContainer])
}

/** What the run that is compared is run with. */
export function resultSpec(
  { arbitraryUid, ...kept }: Pick<ProveRequest, 'arbitraryUid'> & KeptPorts,
  image: string,
): RunSpec {
  return arbitraryUid ? arbitrarySpec(image, kept) : lockedSpec(image, kept)
}

/** By the original's port. */
export function movedPorts(plan: Pick<StagePlan, 'decisions'>): ReadonlyMap<number, number> {
  return new Map(decided(plan, 'port').flatMap(({ from, to }) => (to === null ? [] : [[from, to] as const])))
}

export function hasLowPort(plan: Pick<StagePlan, 'decisions'>): boolean {
  return decided(plan, 'port').some(({ to }) => to === null)
}

export function commandOf(
  plan: Pick<StagePlan, 'decisions'>,
  facts: ImageFacts,
): Pick<ImageFacts['config'], 'entrypoint' | 'cmd'> {
  const [command] = decided(plan, 'set-command')
  return {
    entrypoint: command?.entrypoint ?? facts.config.entrypoint,
    cmd: command?.cmd ?? facts.config.cmd,
  }
}
