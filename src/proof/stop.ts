import type { Engine } from '../engine/engine.ts'
import type { StopRecord } from './run-record.ts'

const SIGTERM = 15
/** Of a process that SIGKILL ended. */
const KILLED = 137

export interface StopOptions {
  readonly graceSeconds: number
  /** As the image config has it; null means SIGTERM. */
  readonly stopSignal: string | null
  /** Signals that its first process has a handler for; null where that is not known. */
  readonly handled: readonly number[] | null
}

/** A first process without a handler never sees SIGTERM (pid_namespaces(7)): a grace would only be waited out. */
export async function stopContainer(
  engine: Engine,
  container: string,
  { graceSeconds, stopSignal, handled }: StopOptions,
): Promise<StopRecord> {
  const deaf = stopSignal === null && handled !== null && !handled.includes(SIGTERM)
  const milliseconds = await engine.stop(container, deaf ? 0 : graceSeconds)
  if (deaf) return { byItself: false, milliseconds }
  const inTime = milliseconds < graceSeconds * 1000
  return { byItself: inTime || (await engine.state(container)).exitCode !== KILLED, milliseconds }
}
