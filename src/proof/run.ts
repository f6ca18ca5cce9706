import { setTimeout as pause } from 'node:timers/promises'
import type { ContainerProcess, ContainerState, DiffEntry, Engine, Listener, RunSpec } from '../engine/engine.ts'
import { kindsOf } from './added-kinds.ts'
import { askPort } from './ask-port.ts'
import { readLogFiles } from './log-files.ts'
import type { AddedKind, PortAnswer, RunRecord, SmokeResult } from './run-record.ts'
import { runSmoke } from './smoke.ts'

const POLL = 80
/** Nothing changed for this long: a container without ports or health check is taken as settled. */
const SETTLED = 2500
const SETTLED_WITH_PORT = 600
/** A first process that installs no handler never sees SIGTERM: a longer grace would only be waited out. */
const GRACE_SECONDS = 3

export interface RunOptions {
  /** Ports that should be listened on before it counts as ready; empty where none is known. */
  readonly ports: readonly number[]
  /** Longest wait until ready, milliseconds. */
  readonly patience: number
  readonly smoke: string | null
  /** For the smoke test: the original port and the one to use now. */
  readonly portNames: ReadonlyMap<number, number>
  readonly signal: AbortSignal
  /** Look at what the added paths are, while it is up and after it stopped. */
  readonly kinds?: boolean
}

/** Runs one container from start to stop and records all that can be seen from outside. */
export async function runOnce(engine: Engine, spec: RunSpec, options: RunOptions): Promise<RunRecord> {
  const container = await engine.create(spec)
  try {
    await engine.start(container)
    const ready = await waitUntilReady(engine, container, options)
    const processes: ContainerProcess[] = []
    const look = async (): Promise<void> => void processes.push(...(await engine.processes(container)))
    if (ready.state.running) await look()
    const listeners = ready.state.running ? await engine.listeners(container) : null
    const answers = await askAll(engine, ready.state, listeners, options.ports)
    const smoke = options.smoke === null ? null : await smokeFor(engine, container, ready.state, options)
    const state = await engine.state(container)
    if (state.running) await look()
    const up = state.running ? await engine.diff(container) : []
    const kinds = options.kinds === true ? await kindsOf(engine, container, up) : new Map<string, AddedKind>()
    if (state.running) await engine.stop(container, GRACE_SECONDS)
    const down = await engine.diff(container)
    if (options.kinds === true) for (const [path, kind] of await kindsOf(engine, container, down)) kinds.set(path, kind)
    const diff = merge(up, down)
    const logs = await engine.logs(container)
    const logFiles = await readLogFiles(engine, container, diff)
    return {
      image: spec.image,
      container,
      state,
      listeners,
      processes,
      answers,
      logs,
      logFiles,
      diff,
      kinds,
      smoke,
      readyAfter: ready.after,
      ready: ready.ready,
    }
  } finally {
    await engine.remove(container)
  }
}

interface Ready {
  readonly state: ContainerState
  readonly after: number
  readonly ready: boolean
}

/** Waits until it exits, its health check decides, or its ports are listened on and nothing moves any more. */
async function waitUntilReady(engine: Engine, container: string, options: RunOptions): Promise<Ready> {
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

async function askAll(
  engine: Engine,
  state: ContainerState,
  listeners: readonly Listener[] | null,
  ports: readonly number[],
): Promise<readonly PortAnswer[]> {
  const bound = (listeners ?? []).filter((listener) => !listener.loopback)
  const tcp = new Set([
    ...ports,
    ...bound.filter((listener) => listener.protocol === 'tcp').map((listener) => listener.port),
  ])
  const udp = new Set(bound.filter((listener) => listener.protocol === 'udp').map((listener) => listener.port))
  const answers: PortAnswer[] = []
  for (const port of [...tcp].sort((a, b) => a - b)) {
    if (state.running && engine.local && state.address !== '') answers.push(await askPort(state.address, port))
    else
      answers.push({
        port,
        protocol: 'tcp',
        kind: bound.some((listener) => listener.port === port) ? 'bound' : 'closed',
        detail: '',
      })
  }
  for (const port of udp) answers.push({ port, protocol: 'udp', kind: 'bound', detail: '' })
  return answers
}

async function smokeFor(
  engine: Engine,
  container: string,
  state: ContainerState,
  options: RunOptions,
): Promise<SmokeResult> {
  if (!state.running) return { exitCode: 1, output: 'the container was not running any more' }
  return runSmoke(options.smoke ?? '', {
    host: engine.local && state.address !== '' ? state.address : '127.0.0.1',
    ports: options.portNames,
    container,
    signal: options.signal,
  })
}

function merge(a: readonly DiffEntry[], b: readonly DiffEntry[]): readonly DiffEntry[] {
  const byPath = new Map<string, DiffEntry>()
  for (const entry of [...b, ...a]) byPath.set(entry.path, entry)
  return [...byPath.values()].sort((x, y) => (x.path < y.path ? -1 : 1))
}
