import { visible, visibleLine, visiblePainted } from '../borders/terminal.ts'

/** What the command line touches of the process: real in cli.ts, made up in tests. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean }
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

/** FORCE_COLOR, then NO_COLOR (no-color.org, force-color.org: set and not empty), then whether it is a terminal. */
export function wantsColour(output: Output, env: Io['env']): boolean {
  const { FORCE_COLOR: force = '', NO_COLOR: no = '', TERM: term } = env
  if (force !== '') return force !== '0' && force !== 'false'
  if (no !== '') return false
  return output.isTTY === true && term !== 'dumb'
}

/**
 * The same streams with a border before whoever looks at them: names, logs and what an engine says hold escape sequences that
 * a terminal would obey. stderr is for people; what stdout carries is data, byte for byte, unless it is a terminal.
 */
export function withVisibleText(io: Io): Io {
  return {
    stdout: io.stdout.isTTY === true ? seen(io.stdout, io.env) : io.stdout,
    stderr: seen(io.stderr, io.env),
    get stdin() {
      return io.stdin
    },
    env: io.env,
    cwd: io.cwd,
    signals: io.signals,
  }
}

function seen(output: Output, env: Io['env']): Output {
  const shown = wantsColour(output, env) ? visiblePainted : visible
  return {
    ...(output.isTTY === undefined ? {} : { isTTY: output.isTTY }),
    get columns() {
      return output.columns ?? 80
    },
    write: (text) => output.write(shown(text)),
  }
}

export function tellBug(stack: string, io: Io): void {
  io.stderr.write(`harden-image: this is a bug, please report it with the lines below\n${stack}\n`)
}

/** What was thrown may quote what was read. */
export function stackOf(error: unknown): string {
  return visible(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

/** What is being done now: a line that changes on a terminal, one line after the other elsewhere. */
export interface Progress {
  show(line: string): void
  /** Of the many short steps, which only a terminal shows. */
  step(line: string): void
  /** Before anything else is written to a terminal. */
  clear(): void
}

const eraseLine = '\r\u001b[2K'

export function openProgress(output: Output): Progress {
  let shown = ''
  const live = output.isTTY === true
  const put = (text: string) => {
    const line = visibleLine(text)
    if (line === shown) return
    shown = line
    output.write(live ? `${eraseLine}${cut(line, (output.columns ?? 80) - 1)}` : `${line}\n`)
  }
  return {
    show: put,
    step: (line) => {
      if (live) put(line)
    },
    clear: () => {
      if (live && shown !== '') output.write(eraseLine)
      shown = ''
    },
  }
}

/** A line that wraps could not be erased again. */
function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}
