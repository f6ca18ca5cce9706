import type { Activity, ContainerState, Engine, Listener, RunSpec } from '../../engine/engine.ts'
import { questionsTo } from '../ask/questions.ts'
import { lookAfterwards, runChecks, type SmokeTarget } from '../smoke/run-checks.ts'
import type { EarlyRun } from './begin-early.ts'
import { sizesOf } from './filled-files.ts'
import { leftBy, nothingLeft } from './left-behind.ts'
import type { Live, LiveOptions } from './live.ts'
import { logsLeft, readLogFiles } from './log-files.ts'
import { mergeDiffs } from './observe.ts'
import { processLooks } from './process-looks.ts'
import { waitUntilReady } from './ready.ts'
import type { RestartRecord, RunRecord, SmokeResult, StopRecord } from './run-record.ts'
import { begin, waitFor } from './stand-up.ts'
import { traceOf } from './started.ts'
import { stateAtEnd, stateNow } from './state-now.ts'
import { stopContainer } from './stop.ts'
import { tellEarly } from './tell-early.ts'

/** As long as `docker stop` waits. */
const GRACE_SECONDS = 10
/** Where nobody judges how it ends; the second time, where it had to be killed the first. */
const SHORT_GRACE_SECONDS = 5
const AGAIN_GRACE_SECONDS = 1
/** For the user's own checks, where it is not known how long they take to pass, milliseconds. */
const SMOKE_PATIENCE = 10_000
/** For the second start of what did not come up at the first, milliseconds. */
const PATIENCE_AGAIN = 5000
/** Until the engine has noticed that a container's processes have ended, milliseconds at most. */
const NOTICED = 2000
/** Clocks of the engine and of this process differ by little where both are on one machine. */
const TRACE_MARGIN = 50

/** Starts a container, waits until it is ready, and asks it everything once. `early`: what was done of that before. */
export async function bringUp(
  engine: Engine,
  spec: RunSpec,
  options: LiveOptions,
  early: EarlyRun | null = null,
): Promise<Live> {
  const begun = early?.begun ?? (await begin(engine, spec, options.trace))
  const { container, traced, refused, since: started, listens } = begun
  const { since: upSince, ready } = early?.up ?? (await waitFor(engine, begun, options))
  const readyAt = (upSince - TRACE_MARGIN) / 1000
  let wasSeen = false
  const activity = (): Activity | null => {
    const one = engine.activity(container, Date.now() - started)
    wasSeen ||= one !== null
    return one
  }
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

  const traceSoFar = async (): Promise<Pick<RunRecord, 'trace' | 'traceRefused'>> => {
    const trace = traced === null ? null : await traceOf(traced, { since: readyAt, until: exercisedUntil })
    return typeof trace === 'string' ? { trace: null, traceRefused: trace } : { trace, traceRefused: refused }
  }
  const now = async (): Promise<ContainerState> => {
    const found = await stateNow(engine, container, state, Date.now() - started)
    // The engine takes its time to notice an end; where the last state holds, processes were just seen.
    const isOver = found !== state && found.running && wasSeen && activity() === null
    return isOver ? stateAtEnd(engine, container, NOTICED) : found
  }
  const smokeTarget = (): SmokeTarget => ({
    engine,
    container,
    state,
    ports: options.portNames,
    signal: options.signal,
    patience: options.smokePatience ?? SMOKE_PATIENCE,
  })
  let graceSeconds = traced === null ? GRACE_SECONDS : SHORT_GRACE_SECONDS
  const stop = async (): Promise<StopRecord> => {
    exercisedUntil = Math.min(exercisedUntil, Date.now() / 1000)
    const stopped = await stopContainer(engine, container, {
      graceSeconds,
      stopSignal: options.stopSignal,
      traced: traced === null ? null : processes.count,
      activity,
      handled: processes.seen.findLast((process) => process.pid === state.pid)?.handled ?? null,
    })
    if (traced !== null && !stopped.byItself) graceSeconds = AGAIN_GRACE_SECONDS
    return stopped
  }
  const look = async (): Promise<void> => {
    options.signal.throwIfAborted()
    state = await now()
    watched = Date.now() - started
    if (state.running) {
      await processes.glance()
      listeners = (await listens.now(state.pid, activity())) ?? listeners
    }
    await questions.ask(state, listeners)
    if (smoke.length === 0) {
      const asked = Date.now()
      smoke = await runChecks(options.smoke, smokeTarget())
      smokeAfter = Date.now() - asked
    }
    state = await now()
  }
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

  const told = async (): Promise<RunRecord | null> => {
    const { trace } = await traceSoFar()
    return trace === null ? null : { ...soFar(), trace }
  }
  const asked = look()
  await Promise.all([asked, options.early === undefined ? null : tellEarly(asked, told, options.early)])

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
      const record = await told()
      if (record !== null) begun?.(record)
      await stop()
      // A second start may well fill what the first has left empty: it need not make it.
      if (record?.trace != null) sizes = await sizesOf(engine, container, record.trace.operations)
      await engine.start(container)
      startedAgain = Date.now()
      const patience = ready.ready ? options.patience : Math.min(options.patience, PATIENCE_AGAIN)
      const again = await waitUntilReady(engine, container, { ...options, patience }, listens)
      state = again.state
      const answers = await questions.once(state, await listens.now(state.pid, activity()))
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
      const [logs, trace] = await Promise.all([engine.logs(container), traceSoFar()])
      return { ...soFar(), ...trace, logs }
    },
    async finish(logPaths = null) {
      const last = await now()
      // What ended since the last look did not stay up; of a second start that is told apart.
      if (restarted === null) state = last
      const isRunning = last.running
      const { leavings = 'logs' } = options
      const all = leavings === 'all' && (traced === null || typeof (await traceOf(traced)) === 'string')
      const up = isRunning && all ? await leftBy(engine, container) : nothingLeft
      const stopped = isRunning ? await stop() : null
      smoke = await lookAfterwards(options.smoke, smoke, smokeTarget())
      const down = all ? await leftBy(engine, container) : nothingLeft
      const diff = mergeDiffs(up.diff, down.diff)
      const [logs, shown] = await Promise.all([engine.logs(container), traceSoFar()])
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
