import { setTimeout as pause } from 'node:timers/promises'
import type { Activity, ContainerState, Engine, Listener } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import { type Calm, calmSince } from '../ask/talk.ts'
import type { StopRecord } from './run-record.ts'

const POLL = 20
/** For a program that is not up after a second: looking at the threads of a JVM costs it more than waiting. */
const POLL_LATER = 80
/** Nothing changed for this long: a container without ports or health check is taken as settled. */
const SETTLED = 2500
/** A working job is waited for, but not to the end: it counts as up then. */
const SPARED = 500
/** With all its ports open, where the engine does not tell what its processes do. */
const SETTLED_WITH_PORT = 400
/** With all its ports open its processes have been off the CPU for so long. */
const CALM = 120
/** The same, where nothing in it will happen by itself: it is not between two steps, but waits for its clients. */
const CALM_AT_REST = 40

export interface ReadyOptions {
  /** Ports that should be listened on before it counts as ready; empty where none is known. */
  readonly ports: readonly number[]
  /** Longest wait until ready, milliseconds. */
  readonly patience: number
  readonly signal: AbortSignal
}

export interface Ready {
  readonly state: ContainerState
  readonly after: number
  readonly ready: boolean
}

/**
 * Waits until it exits, its health check decides, or its ports are listened on and nothing moves any more: by what its
 * processes do where the engine tells, else by ports and logs that stay as they are.
 */
export async function waitUntilReady(
  engine: Engine,
  container: string,
  options: ReadyOptions,
  listens: Listening = listening(engine, container),
): Promise<Ready> {
  const { ports } = options
  let { patience } = options
  const start = Date.now()
  const calm = calmSince(start)
  let state = await stateWithHealth(engine, container)
  for (;;) {
    options.signal.throwIfAborted()
    const after = Date.now() - start
    if (!state.running && state.status !== 'created') return { state, after, ready: false }
    if (state.health === 'healthy') return { state, after, ready: true }
    if (state.health === 'unhealthy' || after > patience) return { state, after, ready: false }
    const activity = state.running ? engine.activity(container, after) : null
    const listeners = (await listens.now(state.pid, activity)) ?? []
    const told = activity === null ? (await engine.logs(container)).length : 0
    calm.note(`${listeners.map(({ protocol, port }) => `${protocol}${port}`).join()} ${told}`, activity)
    const open = ports.filter((port) => listeners.some((listener) => listener.port === port)).length
    const asleep = sleepsFor({ open, calm, activity }, ports.length)
    // Only once: a loop that looks for another service sleeps again and again.
    if (asleep !== null && patience === options.patience)
      patience = Math.max(patience, after + asleep + options.patience / 2)
    const sight = { open, calm, activity, left: patience - after, listens: listeners.length > 0 }
    if (state.health === null && isSettled(sight, ports.length)) {
      // It may have ended since.
      const last = await stateNow(engine, container, state, after)
      return { state: last, after, ready: last.running }
    }
    if (state.health === null && isStuck(sight, ports.length)) return { state, after, ready: false }
    await pause(after < 1000 ? POLL : POLL_LATER)
    if (activity === null || state.health !== null) state = await stateWithHealth(engine, container)
  }
}

/** A container at one moment of the wait for it. */
interface Sight {
  /** How many of the ports that it should open are open. */
  readonly open: number
  readonly calm: Pick<Calm, 'calm' | 'unchanged' | 'works'>
  /** What its processes do; null where that cannot be seen. */
  readonly activity: Activity | null
  /** For how long it would still be waited, milliseconds. */
  readonly left: number
  /** It listens on any port. */
  readonly listens: boolean
}

/** Nothing more will happen in it. `ports`: how many it should open; 0 where none is known. */
export function isSettled({ open, calm, activity, left, listens }: Sight, ports: number): boolean {
  const rests = isAtRest(activity, left)
  if (ports > 0 && open === ports)
    return activity === null
      ? calm.unchanged() >= SETTLED_WITH_PORT
      : calm.calm() >= (rests ? CALM_AT_REST : CALM) || calm.unchanged() >= SETTLED
  if (ports > 0 && open === 0) return false
  // Between its first port and its last a program works: an idle one opens no more.
  if (ports > 0 && activity !== null) return calm.calm() >= (rests ? CALM : SETTLED)
  if (rests && calm.calm() >= CALM) return true
  // A conversion or a backup may be silent for seconds, and ends.
  const isAtWork = !listens && calm.works() && left > SPARED
  return calm.unchanged() >= SETTLED && !isAtWork
}

/** It has opened none of its ports, and will not by itself. */
export function isStuck({ open, calm, activity, left }: Omit<Sight, 'listens'>, ports: number): boolean {
  return open === 0 && ports > 0 && isAtRest(activity, left) && calm.calm() >= SETTLED
}

/** A sleep of that many milliseconds is no pause between two looks at something; a longer one is not waited for. */
const LONG_SLEEP = { from: 10_000, to: 60_000 }

/** Before it opens any of its ports it sleeps, as one that warns its user: for so long, milliseconds. Null where it does not. */
export function sleepsFor(
  { open, calm, activity }: Pick<Sight, 'open' | 'calm' | 'activity'>,
  ports: number,
): number | null {
  if (open > 0 || ports === 0 || activity === null || calm.calm() < SETTLED) return null
  const { wakesIn } = activity
  return wakesIn > LONG_SLEEP.from && wakesIn <= LONG_SLEEP.to ? wakesIn : null
}

/** No process works, and none will within the time that would be waited. */
function isAtRest(activity: Activity | null, left: number): boolean {
  return activity !== null && activity.wakesIn > left
}

/** The ports of one container, looked at repeatedly. */
export interface Listening {
  /**
   * Read anew only where its processes have done anything since it was read: the kernel goes through the connections of
   * the whole machine for it. `activity`: from just before; null where that cannot be seen.
   */
  now(pid: number, activity: Activity | null): Promise<readonly Listener[] | null>
}

export function listening(engine: Pick<Engine, 'listeners'>, container: string): Listening {
  let last: { readonly pid: number; readonly cpu: number; readonly listeners: readonly Listener[] | null } | null = null
  return {
    async now(pid, activity) {
      const atRest = activity !== null && !activity.running
      if (atRest && last?.pid === pid && last.cpu === activity.cpu) return last.listeners
      const listeners = await engine.listeners(container, pid > 0 ? pid : undefined)
      last = atRest ? { pid, cpu: activity.cpu, listeners } : null
      return listeners
    },
  }
}

/** The engine's own default for one probe, milliseconds. Source: Dockerfile reference, HEALTHCHECK. */
const TIMEOUT = 30_000

/**
 * The state with its health asked for now: the engine itself asks for the first time after an interval, which is 30
 * seconds where nobody set it. A probe that fails says nothing while the engine still calls it `starting`.
 */
async function stateWithHealth(engine: Engine, container: string): Promise<ContainerState> {
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

/** The state of a container whose processes have ended, once the engine knows; the last known after `patience` milliseconds. */
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

/** As long as `docker stop` waits. */
export const GRACE_SECONDS = 10

const SIGTERM = 15
/** Of a process that SIGKILL ended. */
const KILLED = 137
/** Between two looks at what is left, milliseconds. */
const STOP_LOOK = 250
/** A process that was told to end and has been idle this long waits for something, milliseconds: some notice it at their next tick. */
const STOP_IDLE = 2000

export interface StopOptions {
  readonly graceSeconds: number
  /** As the image config has it; null means SIGTERM. */
  readonly stopSignal: string | null
  /** Signals that its first process has a handler for or blocks; null where that is not known. */
  readonly handled: readonly number[] | null
  /** How many processes of its own it has; null where it is not traced. */
  readonly traced: (() => Promise<number>) | null
  /** What its processes do now; null where that cannot be seen. */
  readonly activity: () => Activity | null
}

/**
 * Whether a grace would only be waited out: a first process that neither handles nor blocks SIGTERM never sees it (pid_namespaces(7)).
 * `handled`: null or undefined where that is not known.
 */
export function isDeaf(stopSignal: string | null, handled: readonly number[] | null | undefined): boolean {
  return stopSignal === null && handled != null && !handled.includes(SIGTERM)
}

/**
 * Kills a deaf program at once. One that was told and rests, with no timer that would wake it in time, does not end by itself
 * either (Node's default), and is not waited for.
 */
export async function stopContainer(
  engine: Engine,
  container: string,
  { graceSeconds, stopSignal, handled, traced, activity }: StopOptions,
): Promise<StopRecord> {
  if (isDeaf(stopSignal, handled)) return { byItself: false, milliseconds: await engine.stop(container, 0) }
  const begun = Date.now()
  const isIdle = idle(activity, () => graceSeconds * 1000 - (Date.now() - begun))
  const isAlone = traced === null ? () => false : alone(traced, await traced())
  let gaveUp = false
  let over = false
  const stopping = engine.stop(container, graceSeconds).finally(() => {
    over = true
  })
  while (!over) {
    await Promise.race([stopping, pause(STOP_LOOK)])
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
    return isAtRest(now, left()) && calm.calm() >= STOP_IDLE
  }
}

/** A program that ends once all its children have would wait for the tracer too, which is one of them (see tracedSpec). */
function alone(processes: () => Promise<number>, before: number): () => Promise<boolean> {
  let looks = 0
  return async () => {
    looks = before > 1 && (await processes()) === 1 ? looks + 1 : 0
    return looks >= 2
  }
}
