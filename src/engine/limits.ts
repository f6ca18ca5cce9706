import type { RunSpec } from './engine.ts'

/** Enough for PostgreSQL or a JVM, and no danger to the machine. */
const defaultMemory = 2 * 1024 ** 3
const defaultPids = 512

/** A container that logs without end must not fill the disk; `logs` must work whatever driver the engine defaults to. */
export const logLimits = { driver: 'json-file', options: { 'max-size': '8m', 'max-file': '2' } } as const

export function limitsOf(spec: RunSpec): { readonly memoryBytes: number; readonly pids: number } {
  return { memoryBytes: spec.memoryBytes ?? defaultMemory, pids: spec.pidsLimit ?? defaultPids }
}
