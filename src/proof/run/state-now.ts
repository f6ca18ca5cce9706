import { setTimeout as pause } from 'node:timers/promises'
import type { ContainerState, Engine } from '../../engine/engine.ts'
import { stateWithHealth } from './health.ts'

/**
 * The state, with its health asked for. The last one still holds while /proc shows processes of a container without a
 * health check: the first of them cannot end before the others do. `age`: milliseconds since the start that `last` tells of.
 */
export async function stateNow(
  engine: Engine,
  container: string,
  last: ContainerState | null,
  age: number,
): Promise<ContainerState> {
  const holds = last?.running === true && last.health === null && engine.activity(container, age) !== null
  return holds ? last : stateWithHealth(engine, container)
}

/** Of one whose processes have ended, once the engine has it too; as it then is after `patience` milliseconds. */
export async function stateAtEnd(
  engine: Pick<Engine, 'state'>,
  container: string,
  patience: number,
): Promise<ContainerState> {
  const end = Date.now() + patience
  for (;;) {
    const state = await engine.state(container)
    if (!state.running || Date.now() > end) return state
    await pause(20)
  }
}
