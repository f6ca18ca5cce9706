import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { sha256 } from './digest.ts'

/** Who made a thing: one run, told apart from any that has its pid later, or has it on another machine. */
export interface Maker {
  /** Of a machine, a boot of it and a pid namespace in it, hashed: a pid means something there alone. */
  readonly host: string
  readonly uid: number
  readonly pid: number
  /** `t` and the clock ticks from the boot to its start, in hex (proc_pid_stat(5), field 22); `r` and random where nobody tells. */
  readonly started: string
  /** Seconds since the epoch at which it began. */
  readonly since: number
}

/** `unknown`: of another machine, boot or container, or nobody can say whether the pid is still the same process. */
export type Fate = 'own' | 'alive' | 'dead' | 'unknown'

/** For what nobody here can say whether its run is over: the longest that a run is taken to last. */
export const unknownHours = 48

const pattern = /^([0-9a-f]{12})-(\d{1,10})-(\d{1,10})-([tr][0-9a-f]{1,16})-([0-9a-z]{1,8})$/
/** The same within a longer name. */
export const tokenPattern = pattern.source.slice(1, -1).replaceAll('(', '(?:')

let known: Maker | null = null

export function thisRun(): Maker {
  known ??= {
    host: hostId(),
    uid: userId(),
    pid: process.pid,
    started: startOf(process.pid) ?? `r${Math.floor(Math.random() * 2 ** 32).toString(16)}`,
    since: Math.floor(Date.now() / 1000 - process.uptime()),
  }
  return known
}

/** As labels and names have it: letters, digits and `-`, below 70 of them. */
export function tokenOf({ host, uid, pid, started, since }: Maker): string {
  return [host, uid, pid, started, since.toString(36)].join('-')
}

/** Null for what this tool has not written. */
export function makerOf(token: string): Maker | null {
  const [, host, uid, pid, started, since] = pattern.exec(token) ?? []
  if (host === undefined || started === undefined || since === undefined) return null
  return { host, uid: Number(uid), pid: Number(pid), started, since: Number.parseInt(since, 36) }
}

export function fateOf({ host, pid, started }: Maker): Fate {
  const own = thisRun()
  if (host !== own.host) return 'unknown'
  if (pid === own.pid && started === own.started) return 'own'
  if (!exists(pid)) return 'dead'
  const now = startOf(pid)
  if (now === null) return pid === own.pid ? 'dead' : 'unknown'
  return now === started ? 'alive' : 'dead'
}

/**
 * Whether what it made may go: its run is over and was this user's. What nobody can say of only after `unknownHours`, or
 * with `all`, which takes what other users' runs left too. Never what a live run of this machine made.
 */
export function isOver(maker: Maker, { all = false }: { readonly all?: boolean } = {}): boolean {
  const fate = fateOf(maker)
  if (fate === 'own' || fate === 'alive') return false
  if (all) return true
  if (maker.uid !== userId()) return false
  return fate === 'dead' || Date.now() / 1000 - maker.since > unknownHours * 3600
}

/** 0 where there are none, as on Windows. */
export function userId(): number {
  return process.getuid?.() ?? 0
}

/** This machine, in this boot and pid namespace, as one of that name. */
export function hostId(name = hostname()): string {
  const parts = [read('/etc/machine-id'), name, read('/proc/sys/kernel/random/boot_id'), pidNamespace()]
  return sha256(parts.join('\0')).slice(0, 12)
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Also of other users' processes, which /proc may hide. */
function exists(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Null where it cannot be read; one that has ended and that nobody has waited for is none that runs. */
function startOf(pid: number): string | null {
  // The name in the parentheses may hold anything.
  const [state, ...fields] = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
  const ticks = fields[18]
  if (ticks === undefined) return null
  return state === 'Z' || state === 'X' ? '' : `t${Number(ticks).toString(16)}`
}
