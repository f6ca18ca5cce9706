import { setTimeout as pause } from 'node:timers/promises'
import type { Activity, Engine } from '../../engine/engine.ts'
import { calmSince } from '../ask/talk.ts'
import { isAtRest } from './readiness.ts'
import type { StopRecord } from './run-record.ts'

const SIGTERM = 15
/** Of a process that SIGKILL ended. */
const KILLED = 137
/** Between two looks at what is left, milliseconds. */
const LOOK = 250
/** What was told to end and has done nothing for so long waits for somebody, milliseconds. */
const IDLE = 500

export interface StopOptions {
  readonly graceSeconds: number
  /** As the image config has it; null means SIGTERM. */
  readonly stopSignal: string | null
  /** Signals that its first process has a handler for; null where that is not known. */
  readonly handled: readonly number[] | null
  /** How many processes of its own it has; null where it is not traced. */
  readonly traced: (() => Promise<number>) | null
  /** What its processes do now; null where that cannot be seen. */
  readonly activity: () => Activity | null
}

/**
 * A first process without a handler never sees SIGTERM (pid_namespaces(7)), and one that was told and rests, with no
 * timer that would wake it in time, does not end by itself either (Node's default): a grace would only be waited out.
 */
export async function stopContainer(
  engine: Engine,
  container: string,
  { graceSeconds, stopSignal, handled, traced, activity }: StopOptions,
): Promise<StopRecord> {
  const deaf = stopSignal === null && handled !== null && !handled.includes(SIGTERM)
  if (deaf) return { byItself: false, milliseconds: await engine.stop(container, 0) }
  const begun = Date.now()
  const isIdle = idle(activity, () => graceSeconds * 1000 - (Date.now() - begun))
  const isAlone = traced === null ? () => false : alone(traced, await traced())
  let gaveUp = false
  let over = false
  const stopping = engine.stop(container, graceSeconds).finally(() => {
    over = true
  })
  while (!over) {
    await Promise.race([stopping, pause(LOOK)])
    if (over) break
    gaveUp = isIdle()
    if ((gaveUp || (await isAlone())) && !over) {
      await engine.stop(container, 0)
      break
    }
  }
  const milliseconds = await stopping
  const inTime = !gaveUp && milliseconds < graceSeconds * 1000
  return { byItself: inTime || (await engine.state(container)).exitCode !== KILLED, milliseconds }
}

/** Nothing in it moves, and nothing will before the grace is over; `left`: milliseconds until then. */
function idle(activity: StopOptions['activity'], left: () => number): () => boolean {
  const calm = calmSince(Date.now())
  return () => {
    const now = activity()
    calm.note('', now)
    return isAtRest(now, left()) && calm.calm() >= IDLE
  }
}

/** One that ends once all its children have would wait for the tracer too, which is one of them (see tracedSpec). */
function alone(processes: () => Promise<number>, before: number): () => Promise<boolean> {
  let looks = 0
  return async () => {
    looks = before > 1 && (await processes()) === 1 ? looks + 1 : 0
    return looks >= 2
  }
}
