import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { type Clock, type ReadMemory, wakesIn } from './blocked-call.ts'
import { orGone, pidsOf } from './container-pids.ts'
import type { Activity } from './engine.ts'

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
