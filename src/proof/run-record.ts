import type { ContainerProcess, ContainerState, DiffEntry, Listener } from '../engine/engine.ts'

/** What one port answered. */
export interface PortAnswer {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly kind: 'http' | 'greeting' | 'open' | 'bound' | 'closed'
  /** `200 text/html` for HTTP, the first word of a greeting, '' otherwise. */
  readonly detail: string
}

export interface SmokeResult {
  readonly exitCode: number
  readonly output: string
}

export type AddedKind = 'file' | 'directory' | 'other'

/** All that was seen of one container, from start to stop. */
export interface RunRecord {
  readonly image: string
  readonly container: string
  /** As it was when everything had been asked, before it was stopped. */
  readonly state: ContainerState
  /** Null where they can't be read. */
  readonly listeners: readonly Listener[] | null
  /** Every process of every look. */
  readonly processes: readonly ContainerProcess[]
  readonly answers: readonly PortAnswer[]
  readonly logs: string
  /** Text of log files that the run wrote inside the container. */
  readonly logFiles: string
  readonly diff: readonly DiffEntry[]
  /** What the added paths are, where that was asked for; a path that is in no tar is a socket. */
  readonly kinds: ReadonlyMap<string, AddedKind>
  readonly smoke: SmokeResult | null
  /** Milliseconds until it was ready, or until the wait was given up. */
  readonly readyAfter: number
  readonly ready: boolean
}
