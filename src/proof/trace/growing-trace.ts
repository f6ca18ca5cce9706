import type { Readable } from 'node:stream'
import { bounds } from '../../bounds.ts'
import type { Operation } from '../../plan/operation.ts'
import { MARKS } from './keeper.ts'
import { type TraceOptions, traceReader } from './parse-trace.ts'
import type { TracedProcess } from './processes.ts'
import { summary } from './summarise.ts'
import { linesOfFile } from './trace-file.ts'

export interface Trace {
  /** Each kind of access to a path once, in the order of first sight. */
  readonly operations: readonly Operation[]
  /** The same of the time that was asked for. */
  readonly within: readonly Operation[]
  readonly processes: readonly TracedProcess[]
  /** Calls whose path is not known, because strace was not let in: above 0 the operations are not complete. */
  readonly lost: number
  /** What the program did to it, after which no line is believed; null for nothing. */
  readonly tampered: string | null
  /** There was more of it than is kept. */
  readonly cut: boolean
  /** It works through io_uring, which no trace shows: the operations are not complete. */
  readonly hidden: boolean
  /** See TraceReader. */
  readonly unmade: string | null
  /** See TraceReader. */
  readonly outlived: readonly string[]
  /** An interval timer, or a wait for a socket that ends by itself, was set before the end of that time. */
  readonly timers: boolean
}

export interface ReadOptions {
  /** What `within` tells of, seconds since 1970 on the engine's clock. */
  readonly since?: number
  readonly until?: number
}

/** A trace that is read while it is still written: each time only what has come since. */
export interface GrowingTrace {
  /** `tar`: the whole file, as the engine copies it out. One after the other only: each goes on where the last one ended. */
  readOn(tar: Readable): Promise<void>
  /** strace has ended, and has not been started again. */
  hasEnded(): boolean
  tampered(why: string): void
  /** Null where nothing was ever written; what was tampered with before its first line is none that is empty. */
  soFar(options: ReadOptions): Trace | null
}

export function growingTrace(options: TraceOptions): GrowingTrace {
  const reader = traceReader(options)
  const rows = summary()
  let bytes = 0
  let isEmpty = true
  let ended = false
  let cut = false
  let tampered: string | null = null
  return {
    async readOn(tar) {
      for await (const line of linesOfFile(tar, bytes)) {
        bytes += line.length + 1
        if (line.startsWith('\0')) {
          ended = line === MARKS.end
          if (line === MARKS.foreign) tampered ??= 'the program opened the output of strace'
          if (line === MARKS.full) cut = true
          continue
        }
        cut ||= rows.size() > bounds.traceRows || line.length > bounds.traceLine
        if (line === '' || tampered !== null || cut) continue
        isEmpty = false
        for (const operation of reader.read(line)) rows.add(operation)
        tampered ??= reader.tampered()
      }
    },
    // Without a line it could not trace at all, and says so itself.
    hasEnded: () => ended && !isEmpty,
    tampered: (why) => {
      tampered ??= why
    },
    soFar: ({ since = 0, until = Number.POSITIVE_INFINITY }) =>
      isEmpty && tampered === null
        ? null
        : {
            operations: rows.all(),
            within: rows.within(since, until),
            processes: reader.processes(),
            lost: reader.lost(),
            tampered,
            cut,
            hidden: reader.hidden(),
            unmade: reader.unmade(),
            outlived: reader.outlived(),
            timers: reader.timerAt() < until,
          },
  }
}
