import { shellQuoted } from '../../borders/shell.ts'
import { runShell } from '../../engine/shell.ts'
import type { ExecCheck } from '../../smoke-check.ts'
import { hostOf } from './address.ts'
import type { Outcome, SmokeTarget } from './run-checks.ts'

const PATIENCE = 60_000

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

function onHost({ command }: ExecCheck, target: SmokeTarget): Promise<Ended> {
  const env: Record<string, string> = { HOST: hostOf(target), CONTAINER: target.container }
  for (const [from, to] of target.ports) {
    env[`PORT_${from}`] = String(to)
    env[`PORT_${to}`] ??= String(to)
    env.PORT ??= String(to)
  }
  const text = typeof command === 'string' ? command : command.map(shellQuoted).join(' ')
  return runShell(text, { env, timeoutMs: PATIENCE, signal: target.signal })
}
