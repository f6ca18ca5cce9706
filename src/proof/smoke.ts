import { runShell } from '../engine/shell.ts'
import type { SmokeResult } from './run-record.ts'

const PATIENCE = 60_000

export interface SmokeTarget {
  readonly host: string
  /** Port of the original → port to use now. */
  readonly ports: ReadonlyMap<number, number>
  readonly container: string
  readonly signal: AbortSignal
}

/** The user's own check: a shell command that finds the container through HOST, PORT_<n> and CONTAINER. */
export async function runSmoke(command: string, target: SmokeTarget): Promise<SmokeResult> {
  const env: Record<string, string> = { HOST: target.host, CONTAINER: target.container }
  for (const [from, to] of target.ports) {
    env[`PORT_${from}`] = String(to)
    env[`PORT_${to}`] ??= String(to)
    env.PORT ??= String(to)
  }
  const { exitCode, output } = await runShell(command, { env, timeoutMs: PATIENCE, signal: target.signal })
  return { exitCode, output: output.slice(-2000) }
}
