import type { Kind, Remover } from './clean-up.ts'
import type { Cli } from './cli-process.ts'
import { sessionLabel } from './labels.ts'

const listCommands: Readonly<Record<Kind, readonly string[]>> = {
  container: ['ps', '--all', '--quiet', '--no-trunc'],
  image: ['image', 'ls', '--quiet', '--no-trunc'],
  volume: ['volume', 'ls', '--quiet'],
  network: ['network', 'ls', '--quiet'],
}

const removeCommands: Readonly<Record<Kind, readonly string[]>> = {
  container: ['rm', '--force', '--volumes'],
  image: ['image', 'rm', '--force'],
  volume: ['volume', 'rm', '--force'],
  network: ['network', 'rm'],
}

export function cliRemover(cli: Cli, session: string): Remover {
  return {
    list: async (kind) => {
      const { exitCode, stdout } = await cli.run([...listCommands[kind], `--filter=label=${sessionLabel(session)}`])
      const lines = stdout.split('\n').map((line) => line.trim())
      return exitCode === 0 ? [...new Set(lines.filter(Boolean))] : []
    },
    remove: async (kind, ids) => {
      const { exitCode } = await cli.run([...removeCommands[kind], '--', ...ids], { timeoutMs: 120_000 })
      return exitCode === 0
    },
    killed: cli.killed,
  }
}
