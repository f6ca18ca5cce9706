import { setTimeout as pause } from 'node:timers/promises'
import type { Mount } from '../engine/engine.ts'
import type { Operation } from '../evidence/operation.ts'
import type { WatchRecord } from './checks/check.ts'
import { compare, compareTraces, compareWatched, withChecks } from './checks/index.ts'
import { heldBy, lateFiles, operationsOfHeld, stillMissing } from './checks/late-files.ts'
import { isUnseen } from './checks/watch.ts'
import type { ConditionsRequest } from './conditions/condition.ts'
import {
  type Conditions,
  failingConditions,
  runConditions,
  runFirstConditions,
  withMounts,
} from './conditions/index.ts'
import type { Container } from './container/container.ts'
import { logsTraced } from './container/files.ts'
import type { Idle } from './container/limiter.ts'
import type { RestartRecord, RunRecord } from './container/run-record.ts'
import { type LaterWork, laterWork } from './observation.ts'
import type { ProvenRun, Stopwatch } from './proof-report.ts'
import type { ResultRun } from './round.ts'
import { steadyIn, withEnd } from './smoke/run-checks.ts'
import { hasPassed } from './tried.ts'

/** How long a service is watched once it is up, milliseconds: some die after ten seconds. */
const WATCH = 10_250
/** The same for one that nothing could be asked: some sleep before they open an undeclared port. */
const WATCH_UNSEEN = 30_000
/** The same for a traced run, whose refusals show only in the trace; a second start takes time too. */
const WATCH_TRACED = 8500
/** The longest pending timer or sleep that is waited for, milliseconds, with a moment for its work. */
const WATCH_TIMER = 60_000
const AFTER_TIMER = 1500
/** A shorter timer has gone off within the watch. */
const SHORTEST_SLEEP = 5000
/** A longer one is not waited for. */
const LONGEST_SLEEP = 24 * 3600 * 1000
/** The time before the end of the watch at which the last questions are asked, milliseconds. */
const LAST_LOOK = 500
/** The pause between two looks whether it is still up, milliseconds. */
const LOOK_AGAIN = 250
/** Between two looks at its processes. */
const GLANCE = 3000

export interface Judged {
  readonly baseline: RunRecord
  readonly run: ProvenRun
  /** It passed the round, and the difference showed only later. Otherwise null. */
  readonly late: Late | null
  /** Later work of its own that nobody waited for, one sentence each. */
  readonly pending: readonly string[]
}

export interface Late {
  /** How long the original had been up by then, milliseconds. */
  readonly after: number
  /** Files that it made, changed or removed by then, and the result did not. */
  readonly missed: readonly string[]
}

export interface JudgeRequest extends Omit<ConditionsRequest, 'baseline' | 'mounts'> {
  /** The paths that must be writable under a read-only root, as far as is known, and where it wrote more. */
  readonly mountsFor: (more: readonly Operation[]) => readonly Mount[]
  /** See WatchRecord. */
  readonly disarmed?: readonly string[]
  readonly progress: (line: string) => void
  readonly times: Stopwatch
  readonly idle: Idle
  /** From earlier runs: its traced runs stayed up this long. Null where there were none. */
  readonly late: Late | null
}

/**
 * The last word on a result that is up beside the original: one that does what the original does is run under the other
 * conditions, watched to the end and started again; of one that does not it is said which condition it cannot stand.
 */
export async function judge(
  request: JudgeRequest,
  live: Container,
  original: RunRecord,
  { live: result, record: early, comparison, traced, tracedContainer, first }: ResultRun,
): Promise<Judged> {
  const { engine, facts, image, moved, times } = request
  const seen = await live.snapshot('logs')
  const baselineSoFar = { ...steadyIn(seen, original), smoke: withEnd(seen.smoke, original) }
  const conditions = { ...request, mounts: request.mountsFor([]), baseline: baselineSoFar }
  const works = hasPassed({ run: { comparison } })
  const since = live.upSince - live.readyAfter
  const seconds = secondStarts(request, original, traced)
  let cells: Conditions
  let lost: readonly string[] = []
  let unread: readonly string[] = []
  let traces: WatchRecord['traces'] = null
  let pending: readonly string[] = []
  if (works) {
    request.progress('running it under other conditions, and watching both')
    const conditionsMet = async (): Promise<Conditions> =>
      runConditions(conditions, first ?? (await runFirstConditions(conditions)))
    const dues = duesOf(request, original, [seen.container, early.container])
    pending = pendingIn(dues)
    const watched = {
      ...{ baseline: seen, live, result, tracedContainer, traces: [original, traced] },
      due: Math.max(0, ...dues.flatMap(({ milliseconds }) => (milliseconds <= WATCH_TIMER ? [milliseconds] : []))),
    }
    const watching = watch(request.signal, watched, LAST_LOOK)
    const meeting = conditionsMet()
    const [met, atRest] = await Promise.all([meeting, meeting.then(() => request.idle(() => watching)), watching])
    cells = met
    times.lap('conditions')
    const [later] = await Promise.all([tracedContainer?.snapshot('logs and trace'), live.look(), result.look()])
    // It is not waited for; the end of the session does what it leaves undone.
    tracedContainer?.remove().catch(() => undefined)
    if (later !== undefined && traced !== null) traces = { before: traced, later }
    // Traces of equal length tell more.
    const [left, made] = await Promise.all([
      heldBy(engine, seen.container, facts),
      heldBy(engine, early.container, facts),
    ])
    unread = [...left.unread, ...made.unread]
    const { container } = seen
    lost =
      request.late === null
        ? await lateFiles({ engine, container, facts, original, since }, left, made)
        : stillMissing({ facts, original }, request.late.missed, made)
    cells = await withMounts(conditions, cells, request.mountsFor(operationsOfHeld(made, facts)))
    if (!atRest) await request.idle(() => watch(request.signal, { ...watched, tracedContainer: null, due: 0 }))
    if (seconds === null) await Promise.all([live.restart(), result.restart()])
  } else {
    request.progress('finding the condition that breaks it')
    cells = await failingConditions(conditions, early, first)
    times.lap('conditions')
  }
  const seenFor = Date.now() - live.upSince
  const ending = { logPaths: logsTraced(original, traced), isDeaf: original.stop?.byItself === false }
  const [originalRun, resultRun, before, after] = await Promise.all([
    live.finish(ending),
    works ? result.finish(ending) : early,
    engine.inspectImage(seen.image),
    engine.inspectImage(image),
  ])
  times.lap('end')
  const baseline = {
    ...steadyIn(originalRun, original),
    unread: [...unread, ...originalRun.unread],
    restart: seconds?.baseline ?? originalRun.restart,
  }
  const record = { ...resultRun, restart: seconds?.result ?? resultRun.restart }
  const final = withChecks(
    compare(baseline, record, moved),
    compareTraces(original, traced, facts),
    compareWatched(baseline, record, {
      study: original,
      before: early,
      traces,
      missed: lost,
      disarmed: request.disarmed ?? [],
    }),
  )
  return {
    baseline,
    run: { image, record, comparison: final, addedBytes: (after?.size ?? 0) - (before?.size ?? 0), cells },
    late: works && !final.parity ? { after: seenFor, missed: lost } : null,
    pending,
  }
}

/** The timers that its sources set and its current sleeps: both go off after a known time at most. */
function duesOf(
  { engine, facts }: Pick<JudgeRequest, 'engine' | 'facts'>,
  original: RunRecord,
  containers: readonly string[],
): readonly LaterWork[] {
  const sleeps = containers.flatMap((container) =>
    engine.sleeps(container).map(({ program, most }) => ({ at: `a sleep of ${program}`, milliseconds: most })),
  )
  return [...laterWork(original, facts), ...sleeps].filter(
    ({ milliseconds }) => milliseconds >= SHORTEST_SLEEP && milliseconds <= LONGEST_SLEEP,
  )
}

const MOST_PENDING = 3

/** Timers that go off later than anyone waits, soonest first, for the report. */
export function pendingIn(dues: readonly LaterWork[]): readonly string[] {
  const late = dues
    .filter(({ milliseconds }) => milliseconds > WATCH_TIMER)
    .toSorted((one, other) => one.milliseconds - other.milliseconds)
  const byPlace = new Map(late.toReversed().map((one) => [one.at, one]))
  return [...byPlace.values()]
    .toReversed()
    .slice(0, MOST_PENDING)
    .map(({ at, milliseconds }) => `what it does after ${durationOf(milliseconds)} (${at}): that was not waited for`)
}

function durationOf(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds < 120) return `${seconds} seconds`
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`
}

interface SecondStarts {
  readonly baseline: RestartRecord
  readonly result: RestartRecord
}

/** Traced runs are started twice anyway; null where they do not show everything. */
function secondStarts({ smoke }: JudgeRequest, { restart }: RunRecord, traced: RunRecord | null): SecondStarts | null {
  if (smoke.length > 0 || restart === null || traced === null || traced.restart === null) return null
  return { baseline: restart, result: traced.restart }
}

/**
 * Waits until the result has been up for long enough, or has ended. Gives true, and waits no longer, once nothing will
 * happen by itself any more, in the original or the traced run either: all threads wait for something from outside, and
 * no timer runs. `before`: so long before that end, milliseconds.
 */
async function watch(
  signal: AbortSignal,
  { baseline, live, result, tracedContainer, traces, due }: Watched,
  before = 0,
): Promise<boolean> {
  const whole = Math.max(
    result.upSince + (isUnseen(baseline) ? WATCH_UNSEEN : WATCH),
    (tracedContainer?.startedAgain() ?? 0) + WATCH_TRACED,
    due === 0 ? 0 : Math.max(Date.now(), result.upSince, tracedContainer?.startedAgain() ?? 0) + due + AFTER_TIMER,
  )
  const end = whole - before
  // An interval timer does not show in /proc, only in a trace.
  const timed = traces.some((record) => record?.trace?.timers ?? true)
  const runs = [live, result, ...(tracedContainer === null ? [] : [tracedContainer])]
  let glanced = Date.now()
  while (Date.now() < end && (await result.isUp())) {
    if (!timed && Math.min(...runs.map((run) => run.wakesIn())) > whole - Date.now()) return true
    await pause(Math.max(0, Math.min(LOOK_AGAIN, end - Date.now())), undefined, { signal })
    if (Date.now() - glanced < GLANCE) continue
    await result.glance()
    glanced = Date.now()
  }
  return false
}

interface Watched {
  /** The original as it was seen so far. */
  readonly baseline: RunRecord
  readonly live: Container
  readonly result: Container
  /** The traced run of the result. */
  readonly tracedContainer: Container | null
  /** Its own timed work is done after so many milliseconds; 0 where none is known. */
  readonly due: number
  /** Of both. */
  readonly traces: readonly (RunRecord | null)[]
}
