import type { ContainerProcess, ContainerState } from '../../../src/engine/engine.ts'
import type { Operation } from '../../../src/evidence/operation.ts'
import type { PortAnswer } from '../../../src/proof/ask/answers.ts'
import type { RouteAnswer, RunRecord } from '../../../src/proof/container/run-record.ts'

/** What the user's own check gave where it passed. */
export const passedSmoke: RunRecord['smoke'] = [
  { name: 'ping', value: 'ok', output: '', passed: true, same: false, counts: 'up' },
]

export const running: ContainerState = {
  status: 'running',
  running: true,
  exitCode: null,
  oomKilled: false,
  error: '',
  pid: 1,
  address: '192.0.2.1',
  health: null,
  healthcheck: null,
  restartCount: 0,
}

export function ended(exitCode: number): ContainerState {
  return { ...running, status: 'exited', running: false, exitCode, pid: 0, address: '' }
}

export function process(uid: number, capabilities: readonly string[] | null = []): ContainerProcess {
  return {
    pid: 7,
    command: 'server',
    uids: [uid, uid, uid, uid],
    gids: [uid, uid, uid, uid],
    groups: [],
    capabilities,
    bounding: [],
    noNewPrivileges: true,
    handled: [],
    first: true,
    tracer: 0,
  }
}

export function http(port: number, detail = '200 text/html'): PortAnswer {
  return { port, protocol: 'tcp', kind: 'http', detail }
}

/** An answer to `GET /notes` that a README shows. */
export function route(...values: readonly string[]): RouteAnswer {
  return { request: NOTES, port: 8000, values }
}

const NOTES = { method: 'GET', path: '/notes', port: null, data: null, headers: {}, by: 'README.md' }

export function closed(port: number): PortAnswer {
  return { port, protocol: 'tcp', kind: 'closed', detail: '' }
}

export function record(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    image: 'image',
    container: 'container',
    state: running,
    listeners: [],
    processes: [process(33)],
    looks: [],
    answers: [],
    pages: new Map(),
    logs: '',
    logFiles: new Map(),
    diff: [],
    unread: [],
    kinds: new Map(),
    smoke: [],
    routes: [],
    smokeAfter: 0,
    trace: null,
    traceRefused: null,
    sizes: new Map(),
    restart: null,
    readyAfter: 100,
    ready: true,
    watched: 12_000,
    stop: null,
    ...changes,
  }
}

export function traced(operations: readonly Operation[], exercised: readonly Operation[] = []): RunRecord {
  return record({ trace: { operations, exercised, forked: 0, timers: false } })
}

export function operation(
  access: Operation['access'],
  path: string | null,
  changes: Partial<Operation> = {},
): Operation {
  return { access, path, outcome: 'done', source: 'traced', detail: `${access}(${path ?? ''})`, ...changes }
}
