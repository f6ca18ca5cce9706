import type { Activity, ContainerProcess, ContainerState, Engine, Listener } from '../../engine/engine.ts'
import { questionsTo } from '../ask/questions.ts'
import { askRoutes, lookAfterwards, runChecks, type SmokeResult, type SmokeTarget } from '../smoke/run-checks.ts'
import { tracerAmong } from '../trace/trace.ts'
import type { ContainerOptions, Started, Up } from './container.ts'
import { stateAtEnd, stateNow } from './lifecycle.ts'
import type { RestartRecord, RouteAnswer, RunRecord } from './run-record.ts'

/** For the user's own checks, where it is not known how long they take to pass, milliseconds. */
const SMOKE_PATIENCE = 10_000
/** Until the engine has noticed that a container's processes have ended, milliseconds at most. */
const NOTICED = 2000

/** Looks at one container and keeps everything seen since its start. */
export interface ContainerObserver {
  readonly processes: ProcessLooks
  /** As it was at the last look. */
  state(): ContainerState
  wasRestarted(): boolean
  /** What its processes do at this moment; null where that cannot be seen. */
  activity(): Activity | null
  /** Who runs, what is open, what is answered, and the user's own checks. */
  look(): Promise<void>
  askOften(): Promise<void>
  /** What a second start shows, kept apart from the first. */
  lookAgain(state: ContainerState): Promise<void>
  /** Whether it still runs: what ended since the last look did not stay up. Of a second start that is told apart. */
  lookLast(): Promise<ContainerState>
  /** The checks that look at what it leaves. */
  lookAfterwards(): Promise<void>
  /** Without what it printed, its trace and its files. */
  record(): RunRecord
}

export function observeContainer(
  engine: Engine,
  image: string,
  options: ContainerOptions,
  { container, traced, refused, since, listens }: Started,
  { ready }: Up,
): ContainerObserver {
  let { state } = ready
  let restart: RestartRecord | null = null
  let watched = Date.now() - since
  let wasSeen = false
  let listeners: readonly Listener[] | null = null
  let smoke: readonly SmokeResult[] = []
  let smokeAfter = 0
  let routes: readonly RouteAnswer[] | null = null

  const activity = (): Activity | null => {
    const one = engine.activity(container, Date.now() - since)
    wasSeen ||= one !== null
    return one
  }
  const processes = processLooks(engine, container, traced !== null)
  const isOver = async (): Promise<boolean> =>
    activity() === null && (wasSeen || !(await engine.state(container)).running)
  const questions = questionsTo(engine, options, { watched: activity, isOver })
  const now = async (): Promise<ContainerState> => {
    const found = await stateNow(engine, container, state, Date.now() - since)
    // The engine notices an end late; while its last state holds, processes were just seen.
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

  return {
    processes,
    state: () => state,
    wasRestarted: () => restart !== null,
    activity,
    async look() {
      options.signal.throwIfAborted()
      state = await now()
      watched = Date.now() - since
      if (state.running) {
        await processes.glance()
        listeners = (await listens.now(state.pid, activity())) ?? listeners
      }
      await questions.ask(state, listeners)
      routes ??= await askRoutes(options.routes ?? [], questions.answers(), smokeTarget())
      if (smoke.length === 0) {
        const asked = Date.now()
        smoke = await runChecks(options.smoke, smokeTarget())
        smokeAfter = Date.now() - asked
      }
      state = await now()
    },
    askOften: () => questions.askOften(state),
    async lookAgain(after) {
      const before = state
      state = after
      const answers = await questions.once(state, await listens.now(state.pid, activity()))
      if (state.running) await processes.glanceAgain()
      restart = {
        state: await now(),
        answers,
        // A check that did not pass at the first start is not waited for again.
        smoke: await runChecks(options.smoke, {
          ...smokeTarget(),
          ...(smoke.every(({ passed }) => passed) ? {} : { patience: 0 }),
        }),
      }
      state = before
    },
    async lookLast() {
      const last = await now()
      if (restart === null) state = last
      return last
    },
    async lookAfterwards() {
      smoke = await lookAfterwards(options.smoke, smoke, smokeTarget())
    },
    record: () => ({
      image,
      container,
      state,
      listeners,
      processes: processes.seen,
      looks: processes.looks,
      answers: questions.answers(),
      pages: questions.pages(),
      logs: '',
      logFiles: new Map(),
      diff: [],
      unread: [],
      kinds: new Map(),
      smoke,
      routes: routes ?? [],
      smokeAfter,
      trace: null,
      traceRefused: refused,
      sizes: new Map(),
      restart,
      readyAfter: ready.after,
      ready: ready.ready,
      watched,
      stop: null,
    }),
  }
}

/** The processes of a container, without its tracer. */
interface ProcessLooks {
  /** Of all looks. */
  readonly seen: readonly ContainerProcess[]
  /** Of one start, one after the other. */
  readonly looks: readonly (readonly ContainerProcess[])[]
  /** How many there are now. */
  count(): Promise<number>
  glance(): Promise<void>
  /** Sees who runs after another start, which is not to be compared with the looks before. */
  glanceAgain(): Promise<void>
}

function processLooks(engine: Engine, container: string, isTraced: boolean): ProcessLooks {
  const seen: ContainerProcess[] = []
  const looks: (readonly ContainerProcess[])[] = []
  /** It stays the same for as long as the first process does. */
  let tracer: { readonly of: number | null; readonly pid: number } | null = null
  const now = async (): Promise<readonly ContainerProcess[]> => {
    const all = await engine.processes(container)
    if (!isTraced) return all
    const of = all.find(({ first }) => first)?.pid ?? null
    const pid = tracerAmong(all)
    if (pid !== null && tracer?.of !== of) tracer = { of, pid }
    return all.filter((process) => process.pid !== tracer?.pid)
  }
  const running = async (): Promise<readonly ContainerProcess[]> => {
    const processes = await now()
    seen.push(...processes)
    return processes
  }
  return {
    seen,
    looks,
    count: async () => new Set((await now()).map(({ pid }) => pid)).size,
    async glance() {
      looks.push(await running())
    },
    async glanceAgain() {
      await running()
    },
  }
}
