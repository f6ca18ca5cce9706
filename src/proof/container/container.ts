import { bounds } from '../../bounds.ts'
import type { Engine, RunSpec } from '../../engine/engine.ts'
import type { ImageConfig } from '../../image/facts.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import type { QuestionOptions } from '../ask/questions.ts'
import type { RouteQuestion } from '../smoke/run-checks.ts'
import type { ReadOptions } from '../trace/growing-trace.ts'
import type { TracedProcess } from '../trace/processes.ts'
import { NOT_BELIEVED, type TracedRun, type TraceMode, traceRun } from '../trace/trace.ts'
import {
  type LogFiles,
  leftBy,
  logsLeft,
  mergeDiffs,
  noLogFiles,
  nothingLeft,
  readLogFiles,
  sizesOf,
  unreadOf,
} from './files.ts'
import {
  GRACE_SECONDS,
  type Listening,
  listening,
  type Ready,
  type ReadyOptions,
  stopContainer,
  waitUntilReady,
} from './lifecycle.ts'
import { observeContainer } from './observer.ts'
import type { Acceptor, RunRecord, StopRecord, TraceRecord } from './run-record.ts'

/** Where nobody judges its end; the second time, where it had to be killed the first time. */
const SHORT_GRACE_SECONDS = 5
const AGAIN_GRACE_SECONDS = 1
/** For what was killed in another run, after more time than that. */
const DEAF_GRACE_SECONDS = 2
/** For the second start of what did not come up at the first, milliseconds. */
const PATIENCE_AGAIN = 5000
/** Clocks of the engine and of this process differ by little where both are on one machine. */
const TRACE_MARGIN = 50

export interface ContainerOptions extends ReadyOptions, QuestionOptions {
  readonly smoke: readonly SmokeCheck[]
  /** Asked once all ports were; of a result with what the original gave. */
  readonly routes?: readonly RouteQuestion[]
  /** How long they are repeated until they pass, milliseconds. */
  readonly smokePatience?: number
  /** As the image config has it; null means SIGTERM. */
  readonly stopSignal: string | null
  /** Trace it; the config says what the image starts. */
  readonly trace?: ImageConfig
  readonly traceMode?: TraceMode
  /**
   * What to look at of what it leaves in its file system; default its log files. `all`, where no trace tells it: also
   * what was there while it was up, and of which kind each path is.
   */
  readonly leavings?: 'none' | 'logs' | 'all'
}

/** How much a snapshot holds: what was seen; its output too; its trace so far; or both. What shows only after the end is in none. */
type SnapshotLevel = 'seen' | 'logs' | 'trace' | 'logs and trace'

/** A container that is up, or has ended, and can be looked at again. */
export interface Container {
  /** Everything was asked once. */
  readonly asked: Promise<void>
  readonly readyAfter: number
  /** When it was up, milliseconds since 1970. */
  readonly upSince: number
  /** When it was started for the second time, milliseconds since 1970; 0 before that. */
  startedAgain(): number
  isUp(): Promise<boolean>
  /** Milliseconds until one of its processes goes on by itself, at the earliest; 0 where that is not known. */
  wakesIn(): number
  /** Only looks who runs. */
  glance(): Promise<void>
  /** Asks everything again, and what answers HTTP many times. */
  look(): Promise<void>
  /** Stops it, starts the same container again and asks once more. `begun` is told what its trace had shown by then. */
  restart(begun?: (record: RunRecord) => void): Promise<void>
  snapshot(level: SnapshotLevel): Promise<RunRecord>
  /** Removes it as it is. */
  remove(): Promise<void>
  /** Stops and removes it, and tells all that was seen. */
  finish(ending?: Ending): Promise<RunRecord>
}

interface Ending {
  /** The log files to read; absent or null where that is not known. */
  readonly logPaths?: readonly string[] | null
  /** Another run has shown that the program does not end when it is asked to: it is not waited for again. */
  readonly isDeaf?: boolean
}

/** A container that was started. */
export interface Started {
  readonly container: string
  readonly traced: TracedRun | null
  /** Why it is not traced, where that was asked for. */
  readonly refused: string | null
  /** When, milliseconds since 1970. */
  readonly since: number
  readonly listens: Listening
}

/** The outcome of waiting for it. */
export interface Up {
  /** When it was up, or given up, milliseconds since 1970. */
  readonly since: number
  readonly ready: Ready
}

/** A start that is under way; `up` is null where it is still to be waited for. */
export interface Underway {
  readonly started: Started
  readonly up: Up | null
}

/** Starts a container, waits until it is ready, and asks it everything once. */
export async function runContainer(
  engine: Engine,
  spec: RunSpec,
  options: ContainerOptions,
  underway: Underway | null = null,
): Promise<Container> {
  const container = await openContainer(engine, spec, options, underway)
  await container.asked
  return container
}

export async function removeAll(containers: readonly (Container | null | undefined)[]): Promise<void> {
  await Promise.all(containers.map((container) => container?.remove()))
}

/** Runs one container from start to stop. */
export async function runOnce(engine: Engine, spec: RunSpec, options: ContainerOptions): Promise<RunRecord> {
  return (await runContainer(engine, spec, options)).finish()
}

/** `trace`: starts it under the tracer, where there is one; the config says what the image starts. */
export async function start(
  engine: Engine,
  spec: RunSpec,
  { trace, traceMode }: Pick<ContainerOptions, 'trace' | 'traceMode'> = {},
): Promise<Started> {
  const since = Date.now()
  const run = trace === undefined ? null : await traceRun(engine, trace, spec, traceMode)
  const traced = run?.known === true ? run.value : null
  const container = traced?.container ?? (await engine.run(spec))
  const refused = run?.known === false ? run.reason : null
  return { container, traced, refused, since, listens: listening(engine, container) }
}

export async function waitFor(engine: Engine, { container, listens }: Started, options: ReadyOptions): Promise<Up> {
  const ready = await waitUntilReady(engine, container, options, listens)
  return { since: Date.now(), ready }
}

/** As runContainer, and is given while it is still asked. */
export async function openContainer(
  engine: Engine,
  spec: RunSpec,
  options: ContainerOptions,
  underway: Underway | null = null,
): Promise<Container> {
  const started = underway?.started ?? (await start(engine, spec, options))
  const up = underway?.up ?? (await waitFor(engine, started, options))
  const { container, traced } = started
  const observer = observeContainer(engine, spec.image, options, started, up)
  const { processes } = observer
  let graceSeconds = traced === null ? GRACE_SECONDS : SHORT_GRACE_SECONDS
  let startedAgain = 0
  /** Neither its end nor its second start is work that a connection asks for. Seconds since 1970. */
  let exercisedUntil = Number.POSITIVE_INFINITY
  let sizes: RunRecord['sizes'] = new Map()

  const seen = (): RunRecord => ({ ...observer.record(), sizes })
  const logs = (): Promise<string> => engine.logs(container)
  const traceSoFar = async (): Promise<Pick<RunRecord, 'trace' | 'traceRefused'>> => {
    const since = (up.since - TRACE_MARGIN) / 1000
    const trace = traced === null ? null : await traceOf(traced, { since, until: exercisedUntil })
    return typeof trace === 'string' ? { trace: null, traceRefused: trace } : { trace, traceRefused: started.refused }
  }
  const measure = async ({ operations }: TraceRecord): Promise<void> => {
    sizes = await sizesOf(engine, container, operations)
  }
  const stop = async (): Promise<StopRecord> => {
    exercisedUntil = Math.min(exercisedUntil, Date.now() / 1000)
    const { pid } = observer.state()
    const stopped = await stopContainer(engine, container, {
      graceSeconds,
      stopSignal: options.stopSignal,
      traced: traced === null ? null : processes.count,
      activity: observer.activity,
      handled: processes.seen.findLast((process) => process.pid === pid)?.handled ?? null,
    })
    if (traced !== null && !stopped.byItself) graceSeconds = AGAIN_GRACE_SECONDS
    return stopped
  }
  const remove = (): Promise<void> => traced?.remove() ?? engine.remove(container)
  const logFiles = async (paths: readonly string[] | null): Promise<LogFiles> => {
    if (paths !== null) return readLogFiles(engine, container, paths)
    const { entries, more } = await engine.diff(container)
    const { texts, unread } = await readLogFiles(engine, container, logsLeft(entries))
    return { texts, unread: [...unreadOf(more), ...unread] }
  }
  const snapshot = async (level: SnapshotLevel): Promise<RunRecord> => {
    const [printed, trace] = await Promise.all([
      level === 'logs' || level === 'logs and trace' ? logs() : '',
      level === 'trace' || level === 'logs and trace' ? traceSoFar() : {},
    ])
    return { ...seen(), ...trace, logs: printed }
  }

  const asked = observer.look()
  // Whoever waits for it is told.
  asked.catch(() => undefined)
  return {
    asked,
    readyAfter: up.ready.after,
    upSince: up.since,
    startedAgain: () => startedAgain,
    isUp: async () => observer.activity() !== null || (await engine.state(container)).running,
    wakesIn: () => observer.activity()?.wakesIn ?? 0,
    glance: processes.glance,
    async look() {
      await observer.look()
      await observer.askOften()
    },
    async restart(begun) {
      if (!observer.state().running) return
      const record = await snapshot('trace')
      if (record.trace !== null) begun?.(record)
      await stop()
      // A second start may fill files that the first left empty, without making them.
      if (record.trace !== null) await measure(record.trace)
      await engine.start(container)
      startedAgain = Date.now()
      const patience = up.ready.ready ? options.patience : Math.min(options.patience, PATIENCE_AGAIN)
      const again = await waitUntilReady(engine, container, { ...options, patience }, started.listens)
      await observer.lookAgain(again.state)
    },
    snapshot,
    remove,
    async finish({ logPaths = null, isDeaf = false } = {}) {
      if (isDeaf) graceSeconds = Math.min(graceSeconds, DEAF_GRACE_SECONDS)
      const last = await observer.lookLast()
      const isTraced = traced !== null && typeof (await traceOf(traced)) !== 'string'
      const all = options.leavings === 'all' && !isTraced
      const atWork = last.running && all ? await leftBy(engine, container) : nothingLeft
      const stopped = last.running ? await stop() : null
      await observer.lookAfterwards()
      const down = all ? await leftBy(engine, container) : nothingLeft
      const diff = mergeDiffs(atWork.diff, down.diff)
      const [printed, shown] = await Promise.all([logs(), traceSoFar()])
      if (shown.trace !== null && !observer.wasRestarted()) await measure(shown.trace)
      const isTold = options.leavings === 'none' || shown.trace !== null
      const written = isTold ? noLogFiles : await logFiles(logPaths ?? (all ? logsLeft(diff) : null))
      await remove()
      const kinds = new Map([...atWork.kinds, ...down.kinds])
      const unread = [...atWork.unread, ...down.unread, ...written.unread]
      return { ...seen(), diff, unread, kinds, logs: printed, logFiles: written.texts, stop: stopped, ...shown }
    },
  }
}

/** Who took connections, by the processes that their threads belong to. */
export function acceptorsOf(
  processes: readonly TracedProcess[],
  accepted: ReadonlyMap<number, number | null>,
): readonly Acceptor[] {
  const byPid = new Map(processes.map((process) => [process.pid, process]))
  // Numbers are given anew, so that a line may come back to where it began.
  const lineOf = (pid: number): readonly TracedProcess[] => {
    const line = new Set<TracedProcess>()
    let process = byPid.get(pid)
    while (process !== undefined && !line.has(process)) {
      line.add(process)
      process = byPid.get(process.parent ?? -1)
    }
    return [...line].filter(({ thread }) => !thread)
  }
  const all = new Set([...accepted.keys()].map((pid) => lineOf(pid)[0]?.pid))
  return [...accepted].map(([pid, as]) => {
    const above = lineOf(pid).filter((process) => !all.has(process.pid))
    return { as, program: lineOf(pid)[0]?.program ?? null, above: above.flatMap(({ program }) => program ?? []) }
  })
}

/** A trace with holes counts as none: a call that it lacks would pass for one that was not made. */
async function traceOf(traced: TracedRun, exercised: ReadOptions = {}): Promise<TraceRecord | string> {
  const all = await traced.read(exercised)
  if (!all.known) return all.reason
  if (all.value.tampered !== null) return `${NOT_BELIEVED}: ${all.value.tampered}`
  if (all.value.cut)
    return `the trace is larger than ${bounds.traceBytes / 1024 ** 2} MB, or has more than ${bounds.traceRows} different accesses, or a line of more than ${bounds.traceLine} characters`
  if (all.value.lost > 0) return `${all.value.lost} calls of the trace could not be read`
  if (all.value.hidden) return 'it works through io_uring, of which a trace shows nothing'
  const { operations, within, processes, accepted, timers, unmade, outlived } = all.value
  const { since = 0, until = Number.POSITIVE_INFINITY } = exercised
  const made = processes.filter(
    ({ parent, thread, startedAt }) => parent !== null && !thread && startedAt >= since && startedAt < until,
  )
  return {
    operations,
    exercised: within,
    forked: made.length,
    forkedAsRoot: made.filter(({ madeBy }) => madeBy === null || madeBy === 0).length,
    acceptors: acceptorsOf(processes, accepted),
    timers,
    ...(unmade === null ? {} : { unmade }),
    ...(outlived.length === 0 ? {} : { outlived }),
  }
}
