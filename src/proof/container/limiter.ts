import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'

/** Runs it as soon as there is room: containers that wait for nothing but a core would only make each other late. */
export type Limiter = <T>(run: () => Promise<T>) => Promise<T>

/** Runs a wait in which no core has anything to do: other targets may be at work meanwhile. */
export type Idle = <T>(wait: () => Promise<T>) => Promise<T>

/** `jobs`: at most so many at a time; null for what the machine is good for, since a container mostly waits. */
export function limiterFor(jobs: number | null): Limiter {
  return pLimit(jobs ?? 2 * availableParallelism())
}
