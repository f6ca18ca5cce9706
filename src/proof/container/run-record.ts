import type { ContainerProcess, ContainerState, DiffEntry, Listener } from '../../engine/engine.ts'
import type { Operation } from '../../evidence/operation.ts'
import type { LearnedRequest } from '../../smoke-check.ts'
import type { PortAnswer } from '../ask/answers.ts'
import type { SmokeResult } from '../smoke/run-checks.ts'

export type AddedKind = 'file' | 'directory' | 'other'

/** A process that took connections from outside. */
export interface Acceptor {
  /** Its effective uid: root's where it was that at any of them; null where it is not known. */
  readonly as: number | null
  /** Null where it is not known. */
  readonly program: string | null
  /** Programs of the processes that it descends from and that take none themselves, nearest first. */
  readonly above: readonly string[]
}

/** What a trace shows of a run. */
export interface TraceRecord {
  readonly operations: readonly Operation[]
  /** Only what was done after it was up: what a connection or a request makes it do. */
  readonly exercised: readonly Operation[]
  /** How many processes (not threads) were made after it was up. */
  readonly forked: number
  /** How many of them by who was root then; absent: all. */
  readonly forkedAsRoot?: number
  /** Programs that took connections; absent: none was seen to. */
  readonly acceptors?: readonly Acceptor[]
  /** What it wanted to make last in a folder that is not there; absent: nothing. */
  readonly unmade?: string
  /** Programs that it had in the background when its first process ended, and the container with it; absent: none. */
  readonly outlived?: readonly string[]
  /** It set an interval timer (alarm, setitimer, SO_RCVTIMEO) before it was asked to stop. */
  readonly timers: boolean
}

/** What a request gave that the files around an image show; `port` is that of the original. */
export interface RouteAnswer {
  readonly request: LearnedRequest
  readonly port: number
  /** `200 application/json`: one each time that it was asked. */
  readonly values: readonly string[]
}

/** What was seen after the same container was stopped and started again. */
export interface RestartRecord {
  readonly state: ContainerState
  readonly answers: readonly PortAnswer[]
  readonly smoke: readonly SmokeResult[]
}

/** The effect of the stop signal. */
export interface StopRecord {
  /** It ended before the engine killed it. */
  readonly byItself: boolean
  readonly milliseconds: number
}

/** Everything seen of one container, from start to stop. */
export interface RunRecord {
  readonly image: string
  readonly container: string
  /** As it was at the last look, before it was stopped. */
  readonly state: ContainerState
  /** Null where they can't be read. */
  readonly listeners: readonly Listener[] | null
  /** Every process of every look. */
  readonly processes: readonly ContainerProcess[]
  /** The same, look by look, of the first start. */
  readonly looks: readonly (readonly ContainerProcess[])[]
  readonly answers: readonly PortAnswer[]
  /** What `/` answered, by the port of the original; null where that is not always the same. */
  readonly pages: ReadonlyMap<number, string | null>
  readonly logs: string
  /** Texts of log files that the run wrote inside the container, by path. */
  readonly logFiles: ReadonlyMap<string, string>
  readonly diff: readonly DiffEntry[]
  /** What of its files was looked for and could not be read whole: what, and why, a sentence each. */
  readonly unread: readonly string[]
  /** What the added paths are, where that was asked for; a path that is in no tar is a socket. */
  readonly kinds: ReadonlyMap<string, AddedKind>
  readonly smoke: readonly SmokeResult[]
  /** Files that another run of the same image has not made, though it was up for longer. Absent: nobody compared. */
  readonly unsteady?: ReadonlySet<string>
  /** What was asked because the files around the image show it. */
  readonly routes: readonly RouteAnswer[]
  /** How long they took to pass, milliseconds. */
  readonly smokeAfter: number
  /** Null where it was not traced; `traceRefused` says why it could not be. */
  readonly trace: TraceRecord | null
  readonly traceRefused: string | null
  /** Bytes of files that the first start of a traced run made and left, of those that it did more with than write them. */
  readonly sizes: ReadonlyMap<string, number>
  /** Null where that was not asked for. */
  readonly restart: RestartRecord | null
  /** Milliseconds until it was ready, or until the wait was given up. */
  readonly readyAfter: number
  readonly ready: boolean
  /** Milliseconds from the start to the last look. */
  readonly watched: number
  /** Null where it had ended before it was asked to. */
  readonly stop: StopRecord | null
}
