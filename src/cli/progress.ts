import { visibleLine } from '../borders/terminal.ts'
import type { Output } from './io.ts'

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
