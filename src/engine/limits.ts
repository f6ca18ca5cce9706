import type { Enforced, RunSpec } from './engine.ts'

/** Enough for PostgreSQL or a JVM, and no danger to the machine. Swap is none of it. */
const defaultMemory = 2 * 1024 ** 3
const defaultPids = 512

/** A container that logs without end must not fill the disk; `logs` must work whatever driver the engine defaults to. */
export const logLimits = { driver: 'json-file', options: { 'max-size': '8m', 'max-file': '2' } } as const
export const logBytes = 16 * 1024 ** 2

/** The limit on the files that the kernel writes of a program that crashes: as large as its memory, each time. */
export const noCoreDumps = 'core'

export interface Limits {
  /** Each null where the engine cannot hold a container to it. */
  readonly memoryBytes: number | null
  readonly pids: number | null
  readonly cpus: number | null
}

export function limitsOf(spec: Pick<RunSpec, 'memoryBytes' | 'pidsLimit'>, enforces: Enforced): Limits {
  return {
    memoryBytes: enforces.memory ? (spec.memoryBytes ?? defaultMemory) : null,
    pids: enforces.pids ? (spec.pidsLimit ?? defaultPids) : null,
    cpus: enforces.cpus === null ? null : cpusOf(enforces.cpus),
  }
}

/** All but half of one, so that whoever sits at the machine can still stop it. */
function cpusOf(all: number): number {
  return Math.max(all - 0.5, all * 0.75)
}
