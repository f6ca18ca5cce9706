import { sizesOf } from './filled-files.ts'
import { leftBy, nothingLeft, unreadOf } from './left-behind.ts'
import type { Live } from './live.ts'
import { type LogFiles, logsLeft, noLogFiles, readLogFiles } from './log-files.ts'
import { mergeDiffs } from './observe.ts'
import { waitUntilReady } from './ready.ts'
import type { RunRecord, StopRecord, TraceRecord } from './run-record.ts'
import type { Sighting } from './sighting.ts'
import { traceOf } from './started.ts'
import { stopContainer } from './stop.ts'

/** As long as `docker stop` waits. */
const GRACE_SECONDS = 10
/** Where nobody judges how it ends; the second time, where it had to be killed the first. */
const SHORT_GRACE_SECONDS = 5
const AGAIN_GRACE_SECONDS = 1
/** For the second start of what did not come up at the first, milliseconds. */
const PATIENCE_AGAIN = 5000
/** Clocks of the engine and of this process differ by little where both are on one machine. */
const TRACE_MARGIN = 50

export class LiveRun implements Live {
  readonly #sighting: Sighting
  #graceSeconds: number
  #startedAgain = 0
  /** Neither how it ends nor that it starts again is work that a connection asks for. Seconds since 1970. */
  #exercisedUntil = Number.POSITIVE_INFINITY

  constructor(sighting: Sighting) {
    this.#sighting = sighting
    this.#graceSeconds = sighting.begun.traced === null ? GRACE_SECONDS : SHORT_GRACE_SECONDS
  }

  get readyAfter(): number {
    return this.#sighting.up.ready.after
  }

  get upSince(): number {
    return this.#sighting.up.since
  }

  startedAgain(): number {
    return this.#startedAgain
  }

  async isUp(): Promise<boolean> {
    const { engine, begun } = this.#sighting
    return this.#sighting.activity() !== null || (await engine.state(begun.container)).running
  }

  wakesIn(): number {
    return this.#sighting.activity()?.wakesIn ?? 0
  }

  glance(): Promise<void> {
    return this.#sighting.processes.glance()
  }

  async look(): Promise<void> {
    await this.#sighting.look()
    await this.#sighting.askOften()
  }

  seen(): RunRecord {
    return this.#sighting.record()
  }

  async peek(): Promise<RunRecord> {
    return { ...this.seen(), logs: await this.#logs() }
  }

  async study(): Promise<RunRecord> {
    const [logs, trace] = await Promise.all([this.#logs(), this.#traceSoFar()])
    return { ...this.seen(), ...trace, logs }
  }

  /** What its trace shows so far; null where there is none. */
  async told(): Promise<RunRecord | null> {
    const { trace } = await this.#traceSoFar()
    return trace === null ? null : { ...this.seen(), trace }
  }

  async restart(begun?: (record: RunRecord) => void): Promise<void> {
    const { engine, options, begun: started, up, state } = this.#sighting
    if (!state.running) return
    const record = await this.told()
    if (record !== null) begun?.(record)
    await this.#stop()
    // A second start may well fill what the first has left empty: it need not make it.
    if (record?.trace != null) await this.#measure(record.trace)
    await engine.start(started.container)
    this.#startedAgain = Date.now()
    const patience = up.ready.ready ? options.patience : Math.min(options.patience, PATIENCE_AGAIN)
    const again = await waitUntilReady(engine, started.container, { ...options, patience }, started.listens)
    await this.#sighting.lookAgain(again.state)
  }

  async drop(): Promise<void> {
    await this.#sighting.engine.remove(this.#sighting.begun.container)
  }

  async finish(logPaths: readonly string[] | null = null): Promise<RunRecord> {
    const sighting = this.#sighting
    const { engine, options, begun } = sighting
    const last = await sighting.now()
    // What ended since the last look did not stay up; of a second start that is told apart.
    if (sighting.restarted === null) sighting.state = last
    const all = options.leavings === 'all' && !(await this.#isTraced())
    const up = last.running && all ? await leftBy(engine, begun.container) : nothingLeft
    const stop = last.running ? await this.#stop() : null
    await sighting.lookAfterwards()
    const down = all ? await leftBy(engine, begun.container) : nothingLeft
    const diff = mergeDiffs(up.diff, down.diff)
    const [logs, shown] = await Promise.all([this.#logs(), this.#traceSoFar()])
    if (shown.trace !== null && sighting.restarted === null) await this.#measure(shown.trace)
    const isTold = options.leavings === 'none' || shown.trace !== null
    const written = isTold ? noLogFiles : await this.#logFiles(logPaths ?? (all ? logsLeft(diff) : null))
    await this.drop()
    const kinds = new Map([...up.kinds, ...down.kinds])
    const unread = [...up.unread, ...down.unread, ...written.unread]
    return { ...this.seen(), diff, unread, kinds, logs, logFiles: written.text, stop, ...shown }
  }

  async #stop(): Promise<StopRecord> {
    const { engine, options, begun, processes, state } = this.#sighting
    this.#exercisedUntil = Math.min(this.#exercisedUntil, Date.now() / 1000)
    const stopped = await stopContainer(engine, begun.container, {
      graceSeconds: this.#graceSeconds,
      stopSignal: options.stopSignal,
      traced: begun.traced === null ? null : processes.count,
      activity: () => this.#sighting.activity(),
      handled: processes.seen.findLast((process) => process.pid === state.pid)?.handled ?? null,
    })
    if (begun.traced !== null && !stopped.byItself) this.#graceSeconds = AGAIN_GRACE_SECONDS
    return stopped
  }

  async #traceSoFar(): Promise<Pick<RunRecord, 'trace' | 'traceRefused'>> {
    const { traced, refused } = this.#sighting.begun
    const since = (this.upSince - TRACE_MARGIN) / 1000
    const trace = traced === null ? null : await traceOf(traced, { since, until: this.#exercisedUntil })
    return typeof trace === 'string' ? { trace: null, traceRefused: trace } : { trace, traceRefused: refused }
  }

  async #isTraced(): Promise<boolean> {
    const { traced } = this.#sighting.begun
    return traced !== null && typeof (await traceOf(traced)) !== 'string'
  }

  async #measure({ operations }: TraceRecord): Promise<void> {
    const { engine, begun } = this.#sighting
    this.#sighting.sizes = await sizesOf(engine, begun.container, operations)
  }

  async #logs(): Promise<string> {
    return this.#sighting.engine.logs(this.#sighting.begun.container)
  }

  async #logFiles(paths: readonly string[] | null): Promise<LogFiles> {
    const { engine, begun } = this.#sighting
    if (paths !== null) return readLogFiles(engine, begun.container, paths)
    const { entries, more } = await engine.diff(begun.container)
    const { text, unread } = await readLogFiles(engine, begun.container, logsLeft(entries))
    return { text, unread: [...unreadOf(more), ...unread] }
  }
}
