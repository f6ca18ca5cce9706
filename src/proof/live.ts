import type { Activity, ContainerState, Engine, Listener, RunSpec } from '../engine/engine.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { SmokeCheck } from '../smoke-check.ts'
import { sizesOf } from './filled-files.ts'
import { leftBy, nothingLeft } from './left-behind.ts'
import { logsLeft, readLogFiles } from './log-files.ts'
import { mergeDiffs } from './observe.ts'
import { processLooks } from './process-looks.ts'
import { type QuestionOptions, questionsTo } from './questions.ts'
import { type ReadyOptions, waitUntilReady } from './ready.ts'
import type { RestartRecord, RunRecord, SmokeResult, StopRecord, TraceRecord } from './run-record.ts'
import { lookAfterwards, runChecks, type SmokeTarget } from './smoke/run-checks.ts'
import { start, traceOf } from './started.ts'
import { stateNow } from './state-now.ts'
import { stopContainer } from './stop.ts'
import type { TracedRun } from './trace/trace.ts'

/** As long as `docker stop` waits. */
const GRACE_SECONDS = 10
/** Where nobody judges how it ends. */
const SHORT_GRACE_SECONDS = 5
/** For the user's own checks, where it is not known how long they take to pass, milliseconds. */
const SMOKE_PATIENCE = 10_000
/** For the second start of what did not come up at the first, milliseconds. */
const PATIENCE_AGAIN = 5000

export interface LiveOptions extends ReadyOptions, QuestionOptions {
  readonly smoke: readonly SmokeCheck[]
  /** How long they are repeated until they pass, milliseconds. */
  readonly smokePatience?: number
  /** As the image config has it; null means SIGTERM. */
  readonly stopSignal: string | null
  /** Trace it; the config says what the image starts. */
  readonly trace?: ImageConfig
  /**
   * What to look at of what it leaves in its file system; default its log files. `all`, where no trace tells it: also
   * what was there while it was up, and of which kind each path is.
   */
  readonly leavings?: 'none' | 'logs' | 'all'
}

/** A container that is up, or has ended, and can be looked at again. */
export interface Live {
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
  /** Stops it, starts the same container again and asks once more. `begun` is told what was seen by then. */
  restart(begun?: (record: RunRecord) => void): Promise<void>
  /** All that was seen so far, without what it printed. */
  seen(): RunRecord
  /** The same with what it printed; what only shows after the end is left out. */
  peek(): Promise<RunRecord>
  /** The same with its trace as far as it goes. */
  study(): Promise<RunRecord>
  /** Removes it as it is. */
  drop(): Promise<void>
  /** Stops and removes it, and tells all that was seen. `logPaths`: the log files to read, where that is known. */
  finish(logPaths?: readonly string[] | null): Promise<RunRecord>
}

export async function bringUp(engine: Engine, spec: RunSpec, options: LiveOptions): Promise<Live> {
  const started = Date.now()
  const { container, traced, refused } = await start(engine, spec, options.trace)
  const ready = await waitUntilReady(engine, container, options)
  const upSince = Date.now()
  const readyAt = (upSince - TRACE_MARGIN) / 1000
  const activity = (): Activity | null => engine.activity(container, Date.now() - started)
  const questions = questionsTo(engine, options, activity)
  const processes = processLooks(engine, container)
  let { state } = ready
  let watched = Date.now() - started
  let listeners: readonly Listener[] | null = null
  let smoke: readonly SmokeResult[] = []
  let smokeAfter = 0
  let restarted: RestartRecord | null = null
  let startedAgain = 0
  let sizes: ReadonlyMap<string, number> = new Map()
  // Neither how it ends nor that it starts again is work that a connection asks for.
  let exercisedUntil = Number.POSITIVE_INFINITY

  const traceNow = (run: TracedRun): Promise<TraceRecord | string> =>
    traceOf(run, { since: readyAt, until: exercisedUntil })
  const told = async (): Promise<Pick<RunRecord, 'trace' | 'traceRefused'>> => {
    const trace = traced === null ? null : await traceNow(traced)
    return typeof trace === 'string' ? { trace: null, traceRefused: trace } : { trace, traceRefused: refused }
  }
  const now = (): Promise<ContainerState> => stateNow(engine, container, state, Date.now() - started)
  const smokeTarget = (): SmokeTarget => ({
    engine,
    container,
    state,
    ports: options.portNames,
    signal: options.signal,
    patience: options.smokePatience ?? SMOKE_PATIENCE,
  })
  const stop = (): Promise<StopRecord> => {
    exercisedUntil = Math.min(exercisedUntil, Date.now() / 1000)
    return stopContainer(engine, container, {
      graceSeconds: traced === null ? GRACE_SECONDS : SHORT_GRACE_SECONDS,
      stopSignal: options.stopSignal,
      traced: traced === null ? null : processes.count,
      handled: processes.seen.findLast((process) => process.pid === state.pid)?.handled ?? null,
    })
  }
  const look = async (): Promise<void> => {
    options.signal.throwIfAborted()
    state = await now()
    watched = Date.now() - started
    if (state.running) {
      await processes.glance()
      listeners = (await engine.listeners(container, state.pid || undefined)) ?? listeners
    }
    await questions.ask(state, listeners)
    if (smoke.length === 0) {
      const asked = Date.now()
      smoke = await runChecks(options.smoke, smokeTarget())
      smokeAfter = Date.now() - asked
    }
    state = await now()
  }
  await look()
  const logFilesOf = async (paths: readonly string[] | null): Promise<string> =>
    readLogFiles(engine, container, paths ?? logsLeft(await engine.diff(container)))
  const soFar = (): RunRecord => ({
    image: spec.image,
    container,
    state,
    listeners,
    processes: processes.seen,
    looks: processes.looks,
    answers: questions.answers(),
    pages: questions.pages(),
    logs: '',
    logFiles: '',
    diff: [],
    kinds: new Map(),
    smoke,
    smokeAfter,
    trace: null,
    traceRefused: refused,
    sizes,
    restart: restarted,
    readyAfter: ready.after,
    ready: ready.ready,
    watched,
    stop: null,
  })

  return {
    readyAfter: ready.after,
    upSince,
    startedAgain: () => startedAgain,
    isUp: async () => activity() !== null || (await engine.state(container)).running,
    wakesIn: () => activity()?.wakesIn ?? 0,
    glance: processes.glance,
    async look() {
      await look()
      await questions.askOften(state)
    },
    async restart(begun) {
      if (!state.running) return
      const before = state
      const shown = traced === null ? null : await traceNow(traced)
      if (shown !== null && typeof shown !== 'string') begun?.({ ...soFar(), trace: shown })
      await stop()
      // A second start may well fill what the first has left empty: it need not make it.
      if (shown !== null && typeof shown !== 'string') sizes = await sizesOf(engine, container, shown.operations)
      await engine.start(container)
      startedAgain = Date.now()
      const patience = ready.ready ? options.patience : Math.min(options.patience, PATIENCE_AGAIN)
      const again = await waitUntilReady(engine, container, { ...options, patience })
      state = again.state
      const answers = await questions.once(state, await engine.listeners(container, state.pid || undefined))
      if (state.running) await processes.glanceAgain()
      restarted = {
        state: await now(),
        answers,
        // What did not pass at the first start would be waited for in vain once more.
        smoke: await runChecks(options.smoke, {
          ...smokeTarget(),
          ...(smoke.every(({ passed }) => passed) ? {} : { patience: 0 }),
        }),
      }
      state = before
    },
    seen: soFar,
    drop: () => engine.remove(container),
    peek: async () => ({ ...soFar(), logs: await engine.logs(container) }),
    study: async () => {
      const [logs, trace] = await Promise.all([engine.logs(container), told()])
      return { ...soFar(), ...trace, logs }
    },
    async finish(logPaths = null) {
      const isRunning = (await now()).running
      const { leavings = 'logs' } = options
      const all = leavings === 'all' && (traced === null || typeof (await traceOf(traced)) === 'string')
      const up = isRunning && all ? await leftBy(engine, container) : nothingLeft
      const stopped = isRunning ? await stop() : null
      smoke = await lookAfterwards(options.smoke, smoke, smokeTarget())
      const down = all ? await leftBy(engine, container) : nothingLeft
      const diff = mergeDiffs(up.diff, down.diff)
      const [logs, shown] = await Promise.all([engine.logs(container), told()])
      if (shown.trace !== null && restarted === null) sizes = await sizesOf(engine, container, shown.trace.operations)
      const isTold = leavings === 'none' || shown.trace !== null
      const logFiles = isTold ? '' : await logFilesOf(logPaths ?? (all ? logsLeft(diff) : null))
      await engine.remove(container)
      return {
        ...soFar(),
        diff,
        kinds: new Map([...up.kinds, ...down.kinds]),
        logs,
        logFiles,
        stop: stopped,
        ...shown,
      }
    },
  }
}

/** Clocks of the engine and of this process differ by little where both are on one machine. */
const TRACE_MARGIN = 50
