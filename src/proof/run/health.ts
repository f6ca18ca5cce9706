import type { ContainerState, Engine } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'

/** The engine's own default for one probe, milliseconds. Source: Dockerfile reference, HEALTHCHECK. */
const TIMEOUT = 30_000

/**
 * The state with its health asked for now: the engine itself asks for the first time after an interval, which is 30
 * seconds where nobody set it. A probe that fails says nothing while the engine still calls it `starting`.
 */
export async function stateWithHealth(engine: Engine, container: string): Promise<ContainerState> {
  const state = await engine.state(container)
  if (!state.running || state.health !== 'starting' || state.healthcheck === null) return state
  const healthy = await engine
    .exec(container, state.healthcheck, { timeoutMs: TIMEOUT })
    .then(({ exitCode }) => exitCode === 0)
    .catch((error: unknown) => {
      // It ended meanwhile, or the probe hangs.
      if (error instanceof HardenError) return false
      throw error
    })
  return healthy ? { ...state, health: 'healthy' } : state
}
