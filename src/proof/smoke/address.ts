import type { SmokeTarget } from './run-checks.ts'

/** Where a container is reached from here. */
export function hostOf({ engine, state }: Pick<SmokeTarget, 'engine' | 'state'>): string {
  return engine.local && state.address !== '' ? state.address : '127.0.0.1'
}

/** A port of the original, where it is now. */
export function portOf(port: number, { ports }: Pick<SmokeTarget, 'ports'>): number {
  return ports.get(port) ?? port
}
