import type { ContainerProcess, ContainerState, DiffEntry, Engine, Listener, RunSpec } from '../engine/engine.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { Operation } from '../plan/operation.ts'
import type { SmokeCheck } from '../smoke-check.ts'
import { kindsOf } from './added-kinds.ts'
import { type AnswerBook, answerBook } from './answer-book.ts'
import { askPorts } from './ask-ports.ts'
import { stateWithHealth } from './health.ts'
import { logsLeft, readLogFiles } from './log-files.ts'
import { mergeDiffs } from './observe.ts'
import { type ReadyOptions, waitUntilReady } from './ready.ts'
import type {
  AddedKind,
  PortAnswer,
  RestartRecord,
  RunRecord,
  SmokeResult,
  StopRecord,
  TraceRecord,
} from './run-record.ts'
import { lookAfterwards, runChecks, type SmokeTarget } from './smoke/run-checks.ts'
import { type TracedRun, traceRun } from './trace/trace.ts'
import { isTracer } from './trace/traced-spec.ts'

/** As long as `docker stop` waits. */
const GRACE_SECONDS = 10
/** Where nobody judges how it ends. */
const SHORT_GRACE_SECONDS = 5
const SIGTERM = 15
/** Of a process that SIGKILL ended. */
const KILLED = 137
/** Further requests of one look: an answer that only comes sometimes must show. */
const ASKED_AGAIN = 2

export interface LiveOptions extends ReadyOptions {
  readonly smoke: readonly SmokeCheck[]
  /** For the smoke test: the original port and the one to use now. */
  readonly portNames: ReadonlyMap<number, number>
  /** As the image config has it; null means SIGTERM. */
  readonly stopSignal: string | null
  /** Trace it; the config says what the image starts. */
  readonly trace?: ImageConfig
  /** What each port answered in another run, so that nothing is waited for that will not come. */
  readonly known?: ReadonlyMap<number, PortAnswer['kind']>
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
  isUp(): Promise<boolean>
  /** Milliseconds until one of its processes goes on by itself, at the earliest; 0 where that is not known. */
  wakesIn(): number
  /** Asks everything again. */
  look(): Promise<void>
  /** Stops it, starts the same container again and asks once more. */
  restart(): Promise<void>
  /** All that was seen so far; what only shows after the end is left out. */
  peek(): Promise<RunRecord>
  /** Stops and removes it, and tells all that was seen. `logPaths`: the log files to read, where that is known. */
  finish(logPaths?: readonly string[] | null): Promise<RunRecord>
}

export async function bringUp(engine: Engine, spec: RunSpec, options: LiveOptions): Promise<Live> {
  const started = Date.now()
  const { container, traced, refused } = await start(engine, spec, options)
  const ready = await waitUntilReady(engine, container, options)
  const upSince = Date.now()
  const readyAt = (upSince - TRACE_MARGIN) / 1000
  const book: AnswerBook = answerBook()
  const processes: ContainerProcess[] = []
  let { state } = ready
  let watched = Date.now() - started
  let listeners: readonly Listener[] | null = null
  let smoke: readonly SmokeResult[] = []
  let restarted: RestartRecord | null = null
  let exercised: readonly Operation[] | null = null

  const smokeTarget = (): SmokeTarget => ({
    engine,
    container,
    state,
    ports: options.portNames,
    signal: options.signal,
  })
  /** A first process without a handler never sees SIGTERM (pid_namespaces(7)): a grace would only be waited out. */
  const stop = async (): Promise<StopRecord> => {
    const handled = processes.findLast((process) => process.pid === state.pid)?.handled
    const deaf = options.stopSignal === null && handled != null && !handled.includes(SIGTERM)
    const grace = traced === null ? GRACE_SECONDS : SHORT_GRACE_SECONDS
    const milliseconds = await engine.stop(container, deaf ? 0 : grace)
    if (deaf) return { byItself: false, milliseconds }
    const { exitCode } = await engine.state(container)
    return { byItself: exitCode !== KILLED || milliseconds < grace * 1000, milliseconds }
  }
  const kinds = new Map(options.known)
  const askAll = async (now: ContainerState, open: readonly Listener[] | null): Promise<readonly PortAnswer[]> => {
    const answers = await askPorts(engine, now, open, options.ports, kinds)
    for (const { port, protocol, kind } of answers) if (protocol === 'tcp' && kind !== 'closed') kinds.set(port, kind)
    return answers
  }
  const ask = async (): Promise<void> => book.add(await askAll(state, listeners))
  const look = async (): Promise<void> => {
    options.signal.throwIfAborted()
    state = await stateWithHealth(engine, container)
    watched = Date.now() - started
    if (state.running) {
      processes.push(...(await engine.processes(container)).filter((process) => !isTracer(process)))
      listeners = (await engine.listeners(container, state.pid || undefined)) ?? listeners
    }
    await ask()
    await Promise.all(Array.from({ length: ASKED_AGAIN }, ask))
    if (smoke.length === 0) smoke = await runChecks(options.smoke, smokeTarget())
    state = await stateWithHealth(engine, container)
  }
  await look()
  const soFar = (): RunRecord => ({
    image: spec.image,
    container,
    state,
    listeners,
    processes,
    answers: book.all(),
    logs: '',
    logFiles: '',
    diff: [],
    kinds: new Map(),
    smoke,
    trace: null,
    traceRefused: refused,
    restart: restarted,
    readyAfter: ready.after,
    ready: ready.ready,
    watched,
    stop: null,
  })

  return {
    readyAfter: ready.after,
    upSince,
    isUp: async () =>
      engine.activity(container, Date.now() - started) !== null || (await engine.state(container)).running,
    wakesIn: () => engine.activity(container, Date.now() - started)?.wakesIn ?? 0,
    look,
    async restart() {
      if (!state.running) return
      const before = state
      // Starting again is no work that a connection asks for.
      exercised = traced === null ? null : await exercisedSince(traced, readyAt)
      await stop()
      await engine.start(container)
      const again = await waitUntilReady(engine, container, options)
      state = again.state
      const answers = await askAll(state, await engine.listeners(container))
      if (state.running) processes.push(...(await engine.processes(container)).filter((process) => !isTracer(process)))
      restarted = {
        state: await engine.state(container),
        answers,
        smoke: await runChecks(options.smoke, smokeTarget()),
      }
      state = before
    },
    peek: async () => ({ ...soFar(), logs: await engine.logs(container) }),
    async finish(logPaths = null) {
      const now = await engine.state(container)
      const exercisedNow = traced === null ? null : (exercised ?? (await exercisedSince(traced, readyAt)))
      const leavings = exercisedNow !== null ? 'none' : (options.leavings ?? 'logs')
      const all = leavings === 'all'
      const up = now.running && all ? await leftBy(engine, container) : nothingLeft
      const stopped = now.running ? await stop() : null
      smoke = await lookAfterwards(options.smoke, smoke, smokeTarget())
      const down = all ? await leftBy(engine, container) : nothingLeft
      const diff = mergeDiffs(up.diff, down.diff)
      const logs = await engine.logs(container)
      const paths = leavings === 'none' ? [] : (logPaths ?? logsLeft(all ? diff : await engine.diff(container)))
      const logFiles = await readLogFiles(engine, container, paths)
      const trace = traced === null ? null : await traceOf(traced, exercisedNow ?? [])
      await engine.remove(container)
      return {
        ...soFar(),
        diff,
        kinds: new Map([...up.kinds, ...down.kinds]),
        logs,
        logFiles,
        stop: stopped,
        trace: trace !== null && typeof trace !== 'string' ? trace : null,
        traceRefused: typeof trace === 'string' ? trace : refused,
      }
    },
  }
}

/** Clocks of the engine and of this process differ by little where both are on one machine. */
const TRACE_MARGIN = 50

/** Runs one container from start to stop. */
export async function runOnce(engine: Engine, spec: RunSpec, options: LiveOptions): Promise<RunRecord> {
  return (await bringUp(engine, spec, options)).finish()
}

/** The same with a second start in between: whether it can use what it wrote shows only then. */
export async function runTwice(engine: Engine, spec: RunSpec, options: LiveOptions): Promise<RunRecord> {
  const live = await bringUp(engine, spec, options)
  await live.restart()
  return live.finish()
}

interface Started {
  readonly container: string
  readonly traced: TracedRun | null
  readonly refused: string | null
}

async function start(engine: Engine, spec: RunSpec, options: LiveOptions): Promise<Started> {
  let refused: string | null = null
  if (options.trace !== undefined) {
    const traced = await traceRun(engine, options.trace, spec)
    if (traced.known) return { container: traced.value.container, traced: traced.value, refused }
    refused = traced.reason
  }
  const container = await engine.create(spec)
  await engine.start(container)
  return { container, traced: null, refused }
}

/** A trace with holes is none: what it does not show would pass for what was not done. */
async function traceOf(traced: TracedRun, exercised: readonly Operation[]): Promise<TraceRecord | string> {
  const all = await traced.read()
  if (!all.known) return all.reason
  if (all.value.lost > 0) return `${all.value.lost} calls of the trace could not be read`
  return { operations: all.value.operations, exercised, timers: all.value.timers }
}

/** What it did after it was up: what a connection or a request makes it do. Null where the trace cannot be read. */
async function exercisedSince(traced: TracedRun, since: number): Promise<readonly Operation[] | null> {
  const trace = await traced.read({ since })
  return trace.known && trace.value.lost === 0 ? trace.value.operations : null
}

interface Left {
  readonly diff: readonly DiffEntry[]
  readonly kinds: ReadonlyMap<string, AddedKind>
}

const nothingLeft: Left = { diff: [], kinds: new Map() }

async function leftBy(engine: Engine, container: string): Promise<Left> {
  const diff = await engine.diff(container)
  return { diff, kinds: await kindsOf(engine, container, diff) }
}
