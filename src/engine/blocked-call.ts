import { table } from '../table.ts'

/** Reads memory of the process; null where that is not allowed or not there. */
export type ReadMemory = (address: bigint, bytes: number) => Buffer | null

export interface Clock {
  /** Milliseconds that the thread can have been waiting at most. */
  readonly age: number
  /** CLOCK_MONOTONIC and CLOCK_REALTIME, milliseconds. */
  readonly monotonic: number
  readonly realtime: number
}

/** Where a call keeps the end of its wait: nowhere, in an argument as milliseconds, or in a timespec or timeval of the process. */
type Timeout =
  | { readonly kind: 'none' }
  | { readonly kind: 'milliseconds' | 'timespec' | 'timeval'; readonly argument: number }
  | { readonly kind: 'futex' | 'clock' }

const none: Timeout = { kind: 'none' }
const timespec = (argument: number): Timeout => ({ kind: 'timespec', argument })

/** Calls in which a thread waits, by number. Source: the kernel's syscall tables. `accept` honours SO_RCVTIMEO, which nobody sets there; `recv` is left out for it. */
const CALLS: Readonly<Record<string, ReadonlyMap<number, Timeout>>> = table({
  x64: new Map<number, Timeout>([
    ...[0, 1, 2, 19, 20, 34, 43, 61, 65, 70, 72, 73, 130, 247, 257, 288].map((call) => [call, none] as const),
    [7, { kind: 'milliseconds', argument: 2 }],
    [232, { kind: 'milliseconds', argument: 3 }],
    [281, { kind: 'milliseconds', argument: 3 }],
    [23, { kind: 'timeval', argument: 4 }],
    [35, timespec(0)],
    [128, timespec(2)],
    [208, timespec(4)],
    [220, timespec(3)],
    [270, timespec(4)],
    [271, timespec(2)],
    [441, timespec(3)],
    [202, { kind: 'futex' }],
    [230, { kind: 'clock' }],
  ]),
  arm64: new Map<number, Timeout>([
    ...[25, 32, 56, 63, 64, 65, 66, 95, 133, 188, 193, 202, 242, 260].map((call) => [call, none] as const),
    [22, { kind: 'milliseconds', argument: 3 }],
    [4, timespec(4)],
    [72, timespec(4)],
    [73, timespec(2)],
    [101, timespec(0)],
    [137, timespec(2)],
    [192, timespec(3)],
    [441, timespec(3)],
    [98, { kind: 'futex' }],
    [115, { kind: 'clock' }],
  ]),
})

const FUTEX_COMMAND = 0x7fn
const FUTEX_WAIT = 0n
const FUTEX_CLOCK_REALTIME = 256n
const TIMER_ABSTIME = 1n
const CLOCK_REALTIME = 0n

/**
 * Milliseconds from now until a thread goes on by itself, at the earliest: Infinity where it waits for something from
 * outside, 0 where it runs or that is not known. `line` is its /proc/<pid>/task/<tid>/syscall: proc_pid_syscall(5).
 */
export function wakesIn(line: string, architecture: string, read: ReadMemory, clock: Clock): number {
  const fields = line.trim().split(/\s+/)
  const number = Number(fields[0])
  const timeout = CALLS[architecture]?.get(number)
  if (fields.length < 7 || timeout === undefined) return 0
  const argument = (index: number): bigint => BigInt(fields[index + 1] ?? 0)
  switch (timeout.kind) {
    case 'none':
      return Number.POSITIVE_INFINITY
    case 'milliseconds': {
      const wait = BigInt.asIntN(32, argument(timeout.argument))
      return wait < 0n ? Number.POSITIVE_INFINITY : left(Number(wait), clock)
    }
    case 'timespec':
    case 'timeval': {
      const address = argument(timeout.argument)
      const wait = address === 0n ? Number.POSITIVE_INFINITY : timeAt(address, read, timeout.kind)
      return wait === null ? 0 : left(wait, clock)
    }
    case 'clock': {
      const wait = timeAt(argument(2), read, 'timespec')
      if (wait === null) return 0
      if ((argument(1) & TIMER_ABSTIME) === 0n) return left(wait, clock)
      return until(wait, argument(0) === CLOCK_REALTIME ? clock.realtime : clock.monotonic)
    }
    case 'futex': {
      const address = argument(3)
      if (address === 0n) return Number.POSITIVE_INFINITY
      const wait = timeAt(address, read, 'timespec')
      if (wait === null) return 0
      const operation = argument(1)
      // Only FUTEX_WAIT has a wait; all others have an end. Source: futex(2).
      if ((operation & FUTEX_COMMAND) === FUTEX_WAIT) return left(wait, clock)
      return until(wait, (operation & FUTEX_CLOCK_REALTIME) === 0n ? clock.monotonic : clock.realtime)
    }
  }
}

function left(wait: number, { age }: Clock): number {
  return Math.max(0, wait - age)
}

function until(end: number, now: number): number {
  return Math.max(0, end - now)
}

/** A struct of two 64-bit numbers: seconds, and nano- or microseconds. In milliseconds. */
function timeAt(address: bigint, read: ReadMemory, kind: 'timespec' | 'timeval'): number | null {
  const bytes = read(address, 16)
  if (bytes === null || bytes.length < 16) return null
  return Number(bytes.readBigInt64LE(0)) * 1000 + Number(bytes.readBigInt64LE(8)) / (kind === 'timespec' ? 1e6 : 1e3)
}
