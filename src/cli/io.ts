import { visible, visibleLine, visiblePainted } from '../borders/terminal.ts'
import { cut } from '../report/layout.ts'

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
  /** A rejected promise that nobody waits for. */
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

/** An error may quote text from outside. */
export function stackOf(error: unknown): string {
  return visible(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

/** What is being done now: a line that changes on a terminal, one line after the other elsewhere. */
export interface Progress {
  show(line: string): void
  /** One of many short steps, which only a terminal shows. */
  step(line: string): void
  /** How far the work on several targets is, for the front of the line on a terminal. */
  count(done: number, all: number): void
  /** A line that stays, such as one that a build prints. */
  print(line: string): void
  /** Before anything else is written to a terminal. */
  clear(): void
  /** From now on prints nothing but what a terminal shows and erases again. */
  quiet(): void
}

const eraseLine = '\r\u001b[2K'
// How often a terminal is told how long the work has gone on.
const TICK = 1000

export function openProgress(output: Output, now: () => number = () => performance.now()): Progress {
  let shown = ''
  let counted = ''
  let isQuiet = false
  let timer: NodeJS.Timeout | null = null
  const began = now()
  const live = output.isTTY === true
  const draw = (): void => {
    const line = `${live ? counted + elapsed(now() - began) : ''}${shown}`
    // One that wraps could not be erased again.
    output.write(live ? `${eraseLine}${cut(line, Math.max(1, (output.columns ?? 80) - 1))}` : `${line}\n`)
  }
  const put = (text: string): void => {
    const line = visibleLine(text)
    if (line === shown) return
    shown = line
    if (!live && isQuiet) return
    draw()
    if (live) timer ??= setInterval(draw, TICK).unref()
  }
  const clear = (): void => {
    if (timer !== null) clearInterval(timer)
    timer = null
    if (live && shown !== '') output.write(eraseLine)
    shown = ''
  }
  return {
    show: put,
    step: (line) => {
      if (live) put(line)
    },
    count: (done, all) => {
      counted = `${done}/${all} `
    },
    print: (line) => {
      const again = shown
      if (live && shown !== '') output.write(eraseLine)
      output.write(`${visibleLine(line)}\n`)
      if (live && again !== '') draw()
    },
    clear,
    quiet: () => {
      isQuiet = true
    },
  }
}

/** `1:04 `; empty in the first seconds, in which nobody asks. */
function elapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 2) return ''
  const [minutes, rest] = [Math.floor(seconds / 60), String(seconds % 60).padStart(2, '0')]
  return minutes < 60
    ? `${minutes}:${rest} `
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest} `
}
