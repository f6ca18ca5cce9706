import { setTimeout as pause } from 'node:timers/promises'
import type { ContainerState, Engine, Listener } from '../engine/engine.ts'

const POLL = 80
/** Nothing changed for this long: a container without ports or health check is taken as settled. */
const SETTLED = 2500
const SETTLED_WITH_PORT = 400

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

/** Waits until it exits, its health check decides, or its ports are listened on and nothing moves any more. */
export async function waitUntilReady(engine: Engine, container: string, options: ReadyOptions): Promise<Ready> {
  const start = Date.now()
  let last = ''
  let since = start
  for (;;) {
    options.signal.throwIfAborted()
    const state = await engine.state(container)
    const after = Date.now() - start
    if (!state.running && state.status !== 'created') return { state, after, ready: false }
    if (state.health === 'healthy') return { state, after, ready: true }
    if (state.health === 'unhealthy' || after > options.patience) return { state, after, ready: false }
    const listeners = (await engine.listeners(container)) ?? []
    const snapshot = `${listeners.map((listener) => `${listener.protocol}${listener.port}`).join()} ${(await engine.logs(container)).length}`
    if (snapshot !== last) {
      last = snapshot
      since = Date.now()
    }
    const quiet = Date.now() - since
    if (state.health === null && isSettled(listeners, options.ports, quiet)) return { state, after, ready: true }
    await pause(POLL)
  }
}

function isSettled(listeners: readonly Listener[], ports: readonly number[], quiet: number): boolean {
  if (ports.length === 0) return quiet >= SETTLED
  const open = ports.filter((port) => listeners.some((listener) => listener.port === port))
  if (open.length === ports.length) return quiet >= SETTLED_WITH_PORT
  return open.length > 0 && quiet >= SETTLED
}
