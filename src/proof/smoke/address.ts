import type { SmokeTarget } from './run-checks.ts'

/** Where a container is reached from here; null where it is not: what answers on this machine's own ports is another. */
export function hostOf({ engine, state }: Pick<SmokeTarget, 'engine' | 'state'>): string | null {
  return engine.local && state.address !== '' ? state.address : null
}

export const NOT_REACHED = 'not asked: the container has no address that is reached from here'

/** A port of the original, where it is now. */
export function portOf(port: number, { ports }: Pick<SmokeTarget, 'ports'>): number {
  return ports.get(port) ?? port
}
