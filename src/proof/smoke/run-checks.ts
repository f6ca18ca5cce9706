import { setTimeout as pause } from 'node:timers/promises'
import { shellQuoted } from '../../borders/shell.ts'
import { runShell } from '../../engine/cli/process.ts'
import type { ContainerState, Engine } from '../../engine/engine.ts'
import type { ExecCheck, LearnedRequest, SmokeCheck } from '../../smoke-check.ts'
import { isWeb, type PortAnswer, withOtherRun } from '../ask/answers.ts'
import type { RouteAnswer, RunRecord } from '../container/run-record.ts'
import { ask as askHttp, checkFile, checkHttp, checkLog, checkTcp, hostOf } from './ask-checks.ts'
import { type Forwarded, forwardPorts } from './forward.ts'

/** What one look gave. */
export interface SmokeOutcome {
  readonly passed: boolean
  readonly value: string
  readonly output?: string
}

export interface SmokeTarget {
  readonly engine: Engine
  readonly container: string
  readonly state: ContainerState
  /** Port of the original → port to use now. */
  readonly ports: ReadonlyMap<number, number>
  readonly signal: AbortSignal
  /** A server that is up may still be getting ready for what is asked of it: how long, milliseconds. */
  readonly patience: number
  /** For a command on this machine, beside what says where the container is. */
  readonly env?: Readonly<Record<string, string>>
}

const POLL = 100

/** Asks everything, in the order of the configuration, each at least once, until it passes or the patience for all ends. */
export async function runChecks(checks: readonly SmokeCheck[], target: SmokeTarget): Promise<readonly SmokeResult[]> {
  const end = Date.now() + (target.state.running ? target.patience : 0)
  const results: SmokeResult[] = []
  for (const check of checks) results.push(resultOf(check, await untilPassed(check, target, end)))
  return results
}

async function untilPassed(check: SmokeCheck, target: SmokeTarget, end: number): Promise<SmokeOutcome> {
  for (;;) {
    target.signal.throwIfAborted()
    const outcome = await ask(check, target)
    // What has appeared in a log does not go away again.
    if (outcome.passed || Date.now() >= end || (check.kind === 'log' && check.not !== null)) return outcome
    await pause(POLL)
  }
}

/** After the stop: what the log says in the end, and the files that are left. What was asked while it was up stays. */
export async function lookAfterwards(
  checks: readonly SmokeCheck[],
  before: readonly SmokeResult[],
  target: SmokeTarget,
): Promise<readonly SmokeResult[]> {
  return Promise.all(
    before.map(async (result) => {
      const check = checks.find(({ name }) => name === result.name)
      if (check === undefined || result.counts === 'up') return result
      return joined(result, resultOf(check, await ask(check, target)))
    }),
  )
}

/** The results of a run that still goes on, with what another run of the same image showed by its end. */
export function withEnd(
  results: readonly SmokeResult[],
  whole: { readonly smoke: readonly SmokeResult[] } | null,
): readonly SmokeResult[] {
  return results.map((result) => {
    const other = whole?.smoke.find(({ name }) => name === result.name)
    return other === undefined ? result : joined(result, other)
  })
}

function joined(result: SmokeResult, other: SmokeResult): SmokeResult {
  if (result.counts === 'once') return other.passed ? other : result
  if (result.counts === 'always') return other.passed ? result : other
  return result
}

function ask(check: SmokeCheck, target: SmokeTarget): Promise<SmokeOutcome> {
  if (check.kind === 'log') return checkLog(check, target)
  if (check.kind === 'file') return checkFile(check, target)
  if (!target.state.running) return Promise.resolve({ passed: false, value: 'the container was not running any more' })
  if (check.kind === 'http') return checkHttp(check, target)
  if (check.kind === 'tcp') return checkTcp(check, target)
  return runCommand(check, target)
}

function resultOf(check: SmokeCheck, { passed, value, output = '' }: SmokeOutcome): SmokeResult {
  const counts = check.kind === 'file' ? 'once' : check.kind !== 'log' ? 'up' : check.not === null ? 'once' : 'always'
  const same = check.kind === 'http' && check.status === null
  return { name: check.name, passed, value, output: output.slice(-2000), same, counts }
}

const PATIENCE = 60_000

/** Of those that it listens on. */
const MOST_PORTS = 64

/** In the container as its own user, or on this machine, where HOST, PORT_<n> and CONTAINER say where the container is. */
async function runCommand(check: ExecCheck, target: SmokeTarget): Promise<SmokeOutcome> {
  const { exitCode, output } = check.in === 'host' ? await onHost(check, target) : await inside(check, target)
  return { passed: exitCode === check.exitCode, value: `exit ${exitCode}`, output }
}

interface Ended {
  readonly exitCode: number
  readonly output: string
}

async function inside({ command }: ExecCheck, { engine, container }: SmokeTarget): Promise<Ended> {
  const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : command
  const { exitCode, stdout, stderr } = await engine.exec(container, argv, { timeoutMs: PATIENCE })
  return { exitCode, output: `${stdout}${stderr}` }
}

async function onHost({ command }: ExecCheck, target: SmokeTarget): Promise<Ended> {
  const { host, port, close } = await onThisMachine(target)
  const env: Record<string, string> = { ...target.env, HOST: host, CONTAINER: target.container }
  for (const [from, to] of target.ports) {
    env[`PORT_${from}`] = String(port(to))
    env[`PORT_${to}`] ??= String(port(to))
    env.PORT ??= String(port(to))
  }
  const text = typeof command === 'string' ? command : command.map(shellQuoted).join(' ')
  return runShell(text, { env, timeoutMs: PATIENCE, signal: target.signal }).finally(close)
}

/** Where its ports are for a program of this machine: those that are known, and those that it listens on now. */
export async function onThisMachine(target: SmokeTarget): Promise<Forwarded> {
  const { engine, container, state, ports } = target
  const host = hostOf(target) ?? '127.0.0.1'
  if (engine.reach?.forwards() !== true || state.address === '')
    return { host, port: (port) => port, close: () => undefined }
  const open = ((await engine.listeners(container, state.pid)) ?? []).filter(({ loopback }) => !loopback)
  const known = [...ports.values()].map((port) => ({ protocol: 'tcp', port }) as const)
  const all = new Map([...open, ...known].map((one) => [`${one.protocol} ${one.port}`, one]))
  return forwardPorts(engine.reach, { container, address: host }, [...all.values()].slice(0, MOST_PORTS))
}

/** What one check of the user's own gave. */
export interface SmokeResult {
  readonly name: string
  readonly passed: boolean
  /** `200 text/html`, `exit 1`, `missing`: for a table, without what differs from run to run. */
  readonly value: string
  /** What it said, for a message; '' for nothing. */
  readonly output: string
  /** Whether both must give the same value, beside passing. */
  readonly same: boolean
  /** `once`: seen at any time is enough; `always`: what counts is the whole run; `up`: asked while it is up. */
  readonly counts: 'up' | 'once' | 'always'
}

/** A request that nobody has asked for, to be made once the ports are known. */
export interface RouteQuestion {
  readonly request: LearnedRequest
  /** The original's, which is where it was asked; null: one that answers HTTP. */
  readonly port: number | null
  /** What the original gave: it is waited for a moment. */
  readonly usual?: readonly string[]
}

/** For all of them, milliseconds. */
const ROUTES_TIME = 10_000
const ROUTE_WAIT = 3000
/** One that gives another answer each time is not compared. */
const ROUTE_TIMES = 2

/** Asks what the files around an image show of a port that answers HTTP; what has no answer in time is left out. */
export async function askRoutes(
  questions: readonly RouteQuestion[],
  answers: readonly PortAnswer[],
  target: SmokeTarget,
): Promise<readonly RouteAnswer[]> {
  const host = hostOf(target)
  if (host === null || !target.state.running || questions.length === 0) return []
  const originals = new Map([...target.ports].map(([original, port]) => [port, original]))
  const web = answers
    .filter(({ kind, detail }) => isWeb(kind) || (kind === 'unsteady' && /^\d{3}/.test(detail)))
    .map(({ port, kind }) => ({ port, original: originals.get(port) ?? port, tls: kind === 'https' }))
  const end = Date.now() + ROUTES_TIME
  const given: RouteAnswer[] = []
  for (const { request, port, usual = null } of questions) {
    target.signal.throwIfAborted()
    const at = web.find(({ original }) => original === (port ?? request.port)) ?? (port === null ? web[0] : undefined)
    if (at === undefined) continue
    const values: string[] = []
    const times = request.method === 'POST' ? 1 : ROUTE_TIMES
    const patience = Date.now() + ROUTE_WAIT
    for (let asked = 0; asked < times && Date.now() < end; ) {
      const value = await routeValue(request, { ...at, host }, target)
      if (value === null) break
      const isEarly = usual !== null && !usual.includes(value) && request.method !== 'POST' && Date.now() < patience
      if (isEarly) await pause(POLL)
      else {
        values.push(value)
        asked += 1
      }
    }
    if (values.length === times) given.push({ request, port: at.original, values })
  }
  return given
}

async function routeValue(
  { method, path, data, headers }: LearnedRequest,
  { host, port, tls }: { readonly host: string; readonly port: number; readonly tls: boolean },
  { signal, engine }: SmokeTarget,
): Promise<string | null> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(ROUTE_WAIT)])
  const answer = await askHttp({ method, path, data, tls, sends: headers }, host, port, until, engine.reach).catch(
    () => null,
  )
  if (answer === null) return null
  const type = answer.headers['content-type']?.split(';')[0]?.trim()
  return type === undefined ? String(answer.status) : `${answer.status} ${type}`
}

/** What two runs of the original answer otherwise is no measure: routes are left out, and a port may answer as in either. */
export function steadyIn<Record extends Pick<RunRecord, 'routes' | 'answers'>>(
  record: Record,
  other: Pick<RunRecord, 'routes' | 'answers'>,
): Record {
  const isSteady = ({ request, values }: RouteAnswer): boolean => {
    const twin = other.routes.find((one) => one.request === request)
    return [...values, ...(twin?.values ?? [])].every((value) => value === values[0])
  }
  return { ...record, routes: record.routes.filter(isSteady), answers: withOtherRun(record.answers, other.answers) }
}

/** It did what it is for: what was answered with an error says nothing. */
export function isExercised({ values }: RouteAnswer): boolean {
  return values.every((value) => /^[123]/.test(value))
}
