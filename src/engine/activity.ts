import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { table } from '../table.ts'
import type { Activity, Sleep } from './engine.ts'

/** Where each container's control group was found; looking through all of /proc for it takes a hundred times as long. */
const found = new Map<string, readonly string[]>()

/**
 * Pids of a container on this machine, by its control group, which a process cannot leave; none where it has ended or
 * this machine's /proc is not the engine's.
 */
export function pidsOf(container: string): readonly string[] {
  const groups = found.get(container)
  if (groups !== undefined) return groups.flatMap(pidsIn)
  const processes = readdirSync('/proc').flatMap((pid) => {
    const text = /^\d+$/.test(pid) ? (orGone(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? '') : ''
    return text.includes(container) ? [{ pid, group: groupOf(text, container) }] : []
  })
  const folders = processes.flatMap(({ group }) => group ?? [])
  // Where control groups are not mounted, or seen from inside one, /proc is all there is.
  if (folders.length > 0 && folders.length === processes.length) found.set(container, [...new Set(folders)])
  return processes.map(({ pid }) => pid)
}

/**
 * `/sys/fs/cgroup/pids/docker/ID`: the folder named after the container, below which a program may have made others. Lines
 * of proc_pid_cgroup(5) are `hierarchy:controllers:path`; the unified one has neither number nor controllers.
 */
function groupOf(text: string, container: string): string | null {
  for (const line of text.split('\n')) {
    const [, , controllers = '', path = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
    const end = path.indexOf('/', path.indexOf(container))
    const own = end < 0 ? path : path.slice(0, end)
    const folder = join('/sys/fs/cgroup', controllers.replace(/^name=/, ''), own)
    if (own.includes(container) && existsSync(join(folder, 'cgroup.procs'))) return folder
  }
  return null
}

function pidsIn(folder: string): readonly string[] {
  const own = orGone(() => readFileSync(join(folder, 'cgroup.procs'), 'utf8')) ?? ''
  const below = orGone(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return [
    ...own.split('\n').filter(Boolean),
    ...below.filter((entry) => entry.isDirectory()).flatMap((entry) => pidsIn(join(folder, entry.name))),
  ]
}

/** Also what has threads of one process in groups of their own: the group above lists the process (cgroups(7)). */
const gone = new Set(['ENOENT', 'ESRCH', 'ENODEV', 'ENOTSUP', 'EOPNOTSUPP'])

/** Undefined for what has ended meanwhile. */
function orGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (gone.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** A process more was wanted than the container may have: pids.events of its control group, in either version. */
export function reachedPids(container: string): boolean {
  return (found.get(container) ?? []).some((folder) => {
    const ofPids = folder.replace(/^\/sys\/fs\/cgroup\/[^/]+(?=\/)/, '/sys/fs/cgroup/pids')
    return [folder, ofPids].some((place) => {
      const events = orGone(() => readFileSync(join(place, 'pids.events'), 'utf8')) ?? ''
      return Number(/^max (\d+)/m.exec(events)?.[1] ?? 0) > 0
    })
  })
}

/**
 * What the processes of a container do at this moment, from this machine's /proc. Null where that cannot be read, or the
 * container has ended. `age`: milliseconds since its start.
 */
export function activityOf(container: string, age: number): Activity | null {
  const clock: Clock = { age, monotonic: Number(process.hrtime.bigint() / 1000n) / 1000, realtime: Date.now() }
  let seen = 0
  let cpu = 0
  let running = false
  let wakes = Number.POSITIVE_INFINITY
  try {
    for (const pid of pidsOf(container)) {
      const one = processActivity(pid, clock, wakes > 0)
      if (one === null) continue
      seen += 1
      cpu += one.cpu
      running ||= one.running
      wakes = Math.min(wakes, one.wakesIn)
    }
  } catch (error) {
    if (isFault(error)) return null
    throw error
  }
  return seen === 0 ? null : { cpu, running, wakesIn: wakes }
}

/** Small files of the kernel's memory: reading them is no waiting. */
const text = (path: string): string => readFileSync(path, 'utf8')

/** Null for one that has ended. With `timers` also when it wakes up; else only what it does. */
function processActivity(pid: string, clock: Clock, timers: boolean): Activity | null {
  const folder = `/proc/${pid}`
  let cpu = 0
  let running = false
  let seen = false
  let wakes = Number.POSITIVE_INFINITY
  const read = memoryOf(pid)
  for (const thread of orGone(() => readdirSync(`${folder}/task`)) ?? []) {
    const task = `${folder}/task/${thread}`
    const state = orGone(() => /\) (\S)/.exec(text(`${task}/stat`))?.[1])
    if (state === undefined || state === 'Z' || state === 'X') continue
    seen = true
    running ||= state === 'R' || state === 'D'
    // Nanoseconds on the CPU: proc_pid_schedstat(5).
    cpu += Number((orGone(() => text(`${task}/schedstat`)) ?? '0').split(' ')[0])
    if (!timers || wakes === 0) continue
    const call = orGone(() => text(`${task}/syscall`))
    // Ended since, or a kernel that does not tell.
    wakes = call === undefined ? 0 : Math.min(wakes, wakesIn(call, process.arch, read, clock))
  }
  if (timers && wakes > 0) wakes = Math.min(wakes, nextTimer(folder))
  return seen ? { cpu, running, wakesIn: wakes } : null
}

/** Timers that are no thread's wait: POSIX timers, of which the kernel tells no time if it tells of them, and timerfds. */
function nextTimer(folder: string): number {
  if (orGone(() => text(`${folder}/timers`)) !== '') return 0
  let next = Number.POSITIVE_INFINITY
  for (const fd of orGone(() => readdirSync(`${folder}/fd`)) ?? []) {
    if (orGone(() => readlinkSync(`${folder}/fd/${fd}`)) !== 'anon_inode:[timerfd]') continue
    const [, seconds, nanoseconds] =
      /it_value: \((\d+), (\d+)\)/.exec(orGone(() => text(`${folder}/fdinfo/${fd}`)) ?? '') ?? []
    const value = Number(seconds ?? 0) * 1000 + Number(nanoseconds ?? 0) / 1e6
    if (value > 0) next = Math.min(next, value)
  }
  return next
}

function memoryOf(pid: string): ReadMemory {
  return (address, bytes) => {
    try {
      const file = openSync(`/proc/${pid}/mem`, 'r')
      try {
        const buffer = Buffer.alloc(bytes)
        return readSync(file, buffer, { position: address }) === bytes ? buffer : null
      } finally {
        closeSync(file)
      }
    } catch (error) {
      if (isFault(error)) return null
      throw error
    }
  }
}

function isFault(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string'
}

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

/** The sleeps that the processes of a container are in, from this machine's /proc. */
export function sleepsOf(container: string): readonly Sleep[] {
  const clock = { monotonic: Number(process.hrtime.bigint() / 1000n) / 1000, realtime: Date.now() }
  try {
    return pidsOf(container).flatMap((pid) => {
      const read = memoryOf(pid)
      return (orGone(() => readdirSync(`/proc/${pid}/task`)) ?? []).flatMap((thread) => {
        const task = `/proc/${pid}/task/${thread}`
        const most = sleepLeft(orGone(() => text(`${task}/syscall`)) ?? '', process.arch, read, clock)
        return most === null ? [] : [{ program: (orGone(() => text(`/proc/${pid}/comm`)) ?? '').trim(), most }]
      })
    })
  } catch (error) {
    if (isFault(error)) return []
    throw error
  }
}

/** Of calls that wait for descriptors: which argument counts them. Without any they only sleep. */
const DESCRIPTORS: Readonly<Record<string, ReadonlyMap<number, number>>> = table({
  x64: new Map([
    [7, 1],
    [23, 0],
    [270, 0],
    [271, 1],
  ]),
  arm64: new Map([
    [72, 0],
    [73, 1],
  ]),
})
const NANOSLEEP: Readonly<Record<string, number>> = table({ x64: 35, arm64: 101 })

/**
 * Milliseconds until a thread that sleeps goes on, at most: how much of it is over the kernel does not tell. Null where it
 * does anything else. `line`: see wakesIn.
 */
export function sleepLeft(
  line: string,
  architecture: string,
  read: ReadMemory,
  clock: Omit<Clock, 'age'>,
): number | null {
  const fields = line.trim().split(/\s+/)
  const number = Number(fields[0])
  const kind = CALLS[architecture]?.get(number)?.kind
  const descriptors = DESCRIPTORS[architecture]?.get(number)
  const count = descriptors === undefined ? null : Number(fields[descriptors + 1] ?? 1)
  const isSleep = kind === 'clock' || number === NANOSLEEP[architecture] || count === 0
  if (fields.length < 7 || !isSleep) return null
  const most = wakesIn(line, architecture, read, { ...clock, age: 0 })
  return most > 0 && Number.isFinite(most) ? most : null
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
