import type { Readable } from 'node:stream'
import { bounds } from '../../bounds.ts'
import type { Operation } from '../../evidence/operation.ts'
import { type TraceOptions, traceReader } from './parse-trace.ts'
import type { TracedProcess } from './processes.ts'
import { MARKS } from './tracer.ts'

export interface Trace {
  /** Each kind of access to a path once, in the order in which they were seen. */
  readonly operations: readonly Operation[]
  /** The same, for the time that was asked for. */
  readonly within: readonly Operation[]
  readonly processes: readonly TracedProcess[]
  /** Calls whose path is not known, because strace was not let in: above 0 the operations are not complete. */
  readonly lost: number
  /** What the program did to the trace, after which no line is believed; null for nothing. */
  readonly tampered: string | null
  /** The trace was longer than what is kept. */
  readonly cut: boolean
  /** The program works through io_uring, which no trace shows, so the operations are not complete. */
  readonly hidden: boolean
  /** See TraceReader. */
  readonly unmade: string | null
  /** See TraceReader. */
  readonly outlived: readonly string[]
  /** See TraceReader. */
  readonly accepted: ReadonlyMap<number, number | null>
  /** An interval timer, or a wait for a socket that ends by itself, was set before the end of that time. */
  readonly timers: boolean
}

export interface ReadOptions {
  /** The time that `within` is about, in seconds since 1970 on the engine's clock. */
  readonly since?: number
  readonly until?: number
}

/** A trace that is read while it is written: each call reads what has come since the last one. */
export interface GrowingTrace {
  /** `tar` is the whole file, as the engine copies it out. Calls may not overlap: each goes on where the last one ended. */
  readOn(tar: Readable): Promise<void>
  /** strace has ended, and has not been started again. */
  hasEnded(): boolean
  tampered(why: string): void
  /** Null where nothing was ever written. A trace that was tampered with before its first line is not empty. */
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
    // Where strace could not trace at all it writes no line, and says why itself.
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
            accepted: reader.accepted(),
            timers: reader.timerAt() < until,
          },
  }
}

const BLOCK = 512

/**
 * The lines of the one file in a tar, as the engine copies a file out of a container, after its first `from` bytes. The
 * last line is left out where it has no end: the file may still be growing. Bytes are characters: strace escapes what
 * is not ASCII.
 */
export async function* linesOfFile(tar: Readable, from = 0): AsyncGenerator<string> {
  let rest = ''
  let known = from
  for await (const all of fileText(tar)) {
    const text = all.slice(known)
    known -= all.length - text.length
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

/** A tar of one file: perhaps extended headers (`x`, `g`), each with its own data, then the file's. Source: pax(1). */
async function* fileText(tar: Readable): AsyncGenerator<string> {
  let held = Buffer.alloc(0)
  let skip = 0
  let left: number | null = null
  for await (const chunk of tar) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, Buffer.from(chunk)])
    while (left === null && held.length >= skip + BLOCK) {
      const header = held.subarray(skip, skip + BLOCK)
      const size = sizeOf(header)
      held = held.subarray(skip + BLOCK)
      const isFile = header[156] === 0 || header[156] === 0x30
      if (isFile) left = size
      else skip = Math.ceil(size / BLOCK) * BLOCK
    }
    if (left === null) continue
    const text = held.subarray(0, left)
    left -= text.length
    held = Buffer.alloc(0)
    if (text.length > 0) yield text.toString('latin1')
  }
}

/** Octal, or binary where the first bit is set (8 GB and more). */
function sizeOf(header: Buffer): number {
  if ((header[124] ?? 0) & 0x80) return Number(header.readBigUInt64BE(128))
  return Number.parseInt(header.toString('latin1', 124, 136).replace(/\0.*$/s, '').trim() || '0', 8)
}

/** These are counted for each process, since work that is repeated for every connection differs from work that is done once. */
const PER_PROCESS = new Set<Operation['access']>(['switch-user', 'chroot', 'mount', 'use-capability'])

interface Summary {
  add(operation: Operation): void
  /** How many are kept. */
  size(): number
  /** In the order in which they were first seen. */
  all(): readonly Operation[]
  /** What was done from `since` until before `until`, seconds since 1970, counted in that time alone. */
  within(since: number, until: number): readonly Operation[]
}

/** Keeps one row for what is the same but for its time; a JVM asks the same thousand files a million times. */
export function summary(): Summary {
  const rows = new Map<string, Operation>()
  // The row, the time and the count: nothing else is kept of each of a million operations.
  const seen: Operation[] = []
  const at: number[] = []
  const times: number[] = []
  const within = (since: number, until: number): readonly Operation[] => {
    const counts = new Map<Operation, number>()
    for (const [index, row] of seen.entries()) {
      const when = at[index] ?? 0
      if (when >= since && when < until) counts.set(row, (counts.get(row) ?? 0) + (times[index] ?? 1))
    }
    return [...counts].map(([row, count]) => (count === 1 ? row : { ...row, times: count }))
  }
  return {
    add(operation) {
      const key = keyOf(operation)
      const row = rows.get(key) ?? operation
      rows.set(key, row)
      seen.push(row)
      at.push(operation.at ?? 0)
      times.push(operation.times ?? 1)
    },
    size: () => rows.size,
    all: () => within(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    within,
  }
}

export function summarise(operations: Iterable<Operation>): readonly Operation[] {
  const rows = summary()
  for (const operation of operations) rows.add(operation)
  return rows.all()
}

function keyOf(o: Operation): string {
  const pid = PER_PROCESS.has(o.access) ? o.pid : ''
  const what = [o.access, o.path, o.to, o.link, o.asked, o.mayCreate, o.made, o.fromStart, o.outcome, o.by, o.as]
  return [...what, o.port, o.protocol, o.uid, o.gid, o.groups?.join(), o.mode, o.capability, pid].join('\0')
}
