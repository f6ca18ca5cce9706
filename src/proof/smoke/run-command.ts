import { shellQuoted } from '../../borders/shell.ts'
import { runShell } from '../../engine/cli/process.ts'
import type { ExecCheck } from '../../smoke-check.ts'
import { hostOf } from './address.ts'
import { type Forwarded, forwardPorts } from './forward.ts'
import type { Outcome, SmokeTarget } from './run-checks.ts'

const PATIENCE = 60_000
/** Of those that it listens on. */
const MOST_PORTS = 64

/** In the container as its own user, or on this machine, where HOST, PORT_<n> and CONTAINER say where the container is. */
export async function runCommand(check: ExecCheck, target: SmokeTarget): Promise<Outcome> {
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
