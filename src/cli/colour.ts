import { visible, visiblePainted } from '../borders/terminal.ts'
import type { Io, Output } from './io.ts'

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
