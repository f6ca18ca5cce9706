import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from '../../engine/engine.ts'
import type { StopRecord } from './run-record.ts'

const SIGTERM = 15
/** Of a process that SIGKILL ended. */
const KILLED = 137
/** Between two looks at what is left, milliseconds. */
const LOOK = 250

export interface StopOptions {
  readonly graceSeconds: number
  /** As the image config has it; null means SIGTERM. */
  readonly stopSignal: string | null
  /** Signals that its first process has a handler for; null where that is not known. */
  readonly handled: readonly number[] | null
  /** How many processes of its own it has; null where it is not traced. */
  readonly traced: (() => Promise<number>) | null
}

/** A first process without a handler never sees SIGTERM (pid_namespaces(7)): a grace would only be waited out. */
export async function stopContainer(
  engine: Engine,
  container: string,
  { graceSeconds, stopSignal, handled, traced }: StopOptions,
): Promise<StopRecord> {
  const deaf = stopSignal === null && handled !== null && !handled.includes(SIGTERM)
  const grace = deaf ? 0 : graceSeconds
  const milliseconds = await (traced === null
    ? engine.stop(container, grace)
    : stopTraced(engine, container, grace, traced))
  if (deaf) return { byItself: false, milliseconds }
  const inTime = milliseconds < graceSeconds * 1000
  return { byItself: inTime || (await engine.state(container)).exitCode !== KILLED, milliseconds }
}

/** One that ends once all its children have would wait for the tracer too, which is one of them (see tracedSpec). */
async function stopTraced(
  engine: Engine,
  container: string,
  grace: number,
  processes: () => Promise<number>,
): Promise<number> {
  if ((await processes()) < 2) return engine.stop(container, grace)
  let stopped = false
  const stopping = engine.stop(container, grace).finally(() => {
    stopped = true
  })
  for (let alone = 0; !stopped && alone < 2; ) {
    await Promise.race([stopping, pause(LOOK)])
    alone = stopped || (await processes()) !== 1 ? 0 : alone + 1
  }
  if (!stopped) await engine.stop(container, 0)
  return stopping
}
