/** What the command line touches of the process: real in cli.ts, made up in tests. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  readonly signals: Signals
}

export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** SIGHUP: the terminal or the connection is gone. */
export type EndSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

export interface Signals {
  on(name: EndSignal, handle: () => void): unknown
  /** Of a promise that was rejected and that nobody waits for. */
  on(name: 'unhandledRejection', handle: (reason: unknown) => void): unknown
  off(name: EndSignal, handle: () => void): unknown
  off(name: 'unhandledRejection', handle: (reason: unknown) => void): unknown
  /** As if it came once more. */
  raise(name: EndSignal): unknown
}
