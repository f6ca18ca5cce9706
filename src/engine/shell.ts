import { execa } from 'execa'

/** Runs a user's shell command on this machine; stdout and stderr come back together. Never throws for its exit code. */
export async function runShell(
  command: string,
  options: { readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const result = await execa(command, {
    shell: true,
    all: true,
    reject: false,
    env: options.env,
    timeout: options.timeoutMs,
    cancelSignal: options.signal,
    stdin: 'ignore',
  })
  const timedOut = result.timedOut ? `\nno end after ${options.timeoutMs / 1000} s` : ''
  return { exitCode: result.exitCode ?? 124, output: `${result.all ?? ''}${timedOut}` }
}
