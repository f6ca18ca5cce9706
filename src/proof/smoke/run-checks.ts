import { setTimeout as pause } from 'node:timers/promises'
import { shellQuoted } from '../../borders/shell.ts'
import { runShell } from '../../engine/cli/process.ts'
import type { ContainerState, Engine } from '../../engine/engine.ts'
import type { ExecCheck, SmokeCheck } from '../../smoke-check.ts'
import { checkFile, checkHttp, checkLog, checkTcp, hostOf } from './ask-checks.ts'
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
  const env: Record<string, string> = { HOST: host, CONTAINER: target.container }
  for (const [from, to] of target.ports) {
    env[`PORT_${from}`] = String(port(to))
    env[`PORT_${to}`] ??= String(port(to))
    env.PORT ??= String(port(to))
  }
  const text = typeof command === 'string' ? command : command.map(shellQuoted).join(' ')
  return runShell(text, { env, timeoutMs: PATIENCE, signal: target.signal }).finally(close)
}

/** Where its ports are for a program of this machine: those that are known, and those that it listens on now. */
async function onThisMachine(target: SmokeTarget): Promise<Forwarded> {
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
