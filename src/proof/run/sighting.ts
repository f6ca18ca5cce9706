import type { Activity, ContainerProcess, ContainerState, Engine, Listener, RunSpec } from '../../engine/engine.ts'
import { type Questions, questionsTo } from '../ask/questions.ts'
import { lookAfterwards, runChecks, type SmokeTarget } from '../smoke/run-checks.ts'
import { isTracer } from '../trace/trace.ts'
import type { LiveOptions } from './live.ts'
import type { RestartRecord, RunRecord, SmokeResult } from './run-record.ts'
import type { Begun, Up } from './stand-up.ts'
import { stateAtEnd, stateNow } from './state-now.ts'

/** For the user's own checks, where it is not known how long they take to pass, milliseconds. */
const SMOKE_PATIENCE = 10_000
/** Until the engine has noticed that a container's processes have ended, milliseconds at most. */
const NOTICED = 2000

/** One container, and all that was seen of it since it was started. */
export class Sighting {
  readonly engine: Engine
  readonly options: LiveOptions
  readonly begun: Begun
  readonly up: Up
  readonly processes: ProcessLooks
  /** What a second start has shown; null before that. */
  restarted: RestartRecord | null = null
  /** See RunRecord. */
  sizes: ReadonlyMap<string, number> = new Map()
  /** As it was at the last look. */
  state: ContainerState
  readonly #image: string
  readonly #questions: Questions
  #watched: number
  #wasSeen = false
  #listeners: readonly Listener[] | null = null
  #smoke: readonly SmokeResult[] = []
  #smokeAfter = 0

  constructor(engine: Engine, { image }: Pick<RunSpec, 'image'>, options: LiveOptions, begun: Begun, up: Up) {
    this.engine = engine
    this.options = options
    this.begun = begun
    this.up = up
    this.state = up.ready.state
    this.processes = processLooks(engine, begun.container)
    this.#image = image
    this.#questions = questionsTo(engine, options, () => this.activity())
    this.#watched = Date.now() - begun.since
  }

  /** What its processes do at this moment; null where that cannot be seen. */
  activity(): Activity | null {
    const { container, since } = this.begun
    const one = this.engine.activity(container, Date.now() - since)
    this.#wasSeen ||= one !== null
    return one
  }

  async now(): Promise<ContainerState> {
    const { container, since } = this.begun
    const found = await stateNow(this.engine, container, this.state, Date.now() - since)
    // The engine takes its time to notice an end; where the last state holds, processes were just seen.
    const isOver = found !== this.state && found.running && this.#wasSeen && this.activity() === null
    return isOver ? stateAtEnd(this.engine, container, NOTICED) : found
  }

  /** Who runs, what is open, what is answered, and the user's own checks. */
  async look(): Promise<void> {
    this.options.signal.throwIfAborted()
    this.state = await this.now()
    this.#watched = Date.now() - this.begun.since
    if (this.state.running) {
      await this.processes.glance()
      this.#listeners = (await this.begun.listens.now(this.state.pid, this.activity())) ?? this.#listeners
    }
    await this.#questions.ask(this.state, this.#listeners)
    if (this.#smoke.length === 0) {
      const asked = Date.now()
      this.#smoke = await runChecks(this.options.smoke, this.#smokeTarget())
      this.#smokeAfter = Date.now() - asked
    }
    this.state = await this.now()
  }

  async askOften(): Promise<void> {
    await this.#questions.askOften(this.state)
  }

  /** What a second start shows, apart from what the first did. */
  async lookAgain(state: ContainerState): Promise<void> {
    const before = this.state
    this.state = state
    const answers = await this.#questions.once(state, await this.begun.listens.now(state.pid, this.activity()))
    if (state.running) await this.processes.glanceAgain()
    this.restarted = {
      state: await this.now(),
      answers,
      // What did not pass at the first start would be waited for in vain once more.
      smoke: await runChecks(this.options.smoke, {
        ...this.#smokeTarget(),
        ...(this.#smoke.every(({ passed }) => passed) ? {} : { patience: 0 }),
      }),
    }
    this.state = before
  }

  /** The checks that look at what it leaves. */
  async lookAfterwards(): Promise<void> {
    this.#smoke = await lookAfterwards(this.options.smoke, this.#smoke, this.#smokeTarget())
  }

  /** Without what it printed, its trace and its files. */
  record(): RunRecord {
    return {
      image: this.#image,
      container: this.begun.container,
      state: this.state,
      listeners: this.#listeners,
      processes: this.processes.seen,
      looks: this.processes.looks,
      answers: this.#questions.answers(),
      pages: this.#questions.pages(),
      logs: '',
      logFiles: '',
      diff: [],
      unread: [],
      kinds: new Map(),
      smoke: this.#smoke,
      smokeAfter: this.#smokeAfter,
      trace: null,
      traceRefused: this.begun.refused,
      sizes: this.sizes,
      restart: this.restarted,
      readyAfter: this.up.ready.after,
      ready: this.up.ready.ready,
      watched: this.#watched,
      stop: null,
    }
  }

  #smokeTarget(): SmokeTarget {
    return {
      engine: this.engine,
      container: this.begun.container,
      state: this.state,
      ports: this.options.portNames,
      signal: this.options.signal,
      patience: this.options.smokePatience ?? SMOKE_PATIENCE,
    }
  }
}

/** Who runs in a container, without what traces it. */
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

function processLooks(engine: Engine, container: string): ProcessLooks {
  const seen: ContainerProcess[] = []
  const looks: (readonly ContainerProcess[])[] = []
  const now = async (): Promise<readonly ContainerProcess[]> =>
    (await engine.processes(container)).filter((process) => !isTracer(process))
  const running = async (): Promise<readonly ContainerProcess[]> => {
    const processes = await now()
    seen.push(...processes)
    return processes
  }
  return {
    seen,
    looks,
    count: async () => (await now()).length,
    async glance() {
      looks.push(await running())
    },
    async glanceAgain() {
      await running()
    },
  }
}
