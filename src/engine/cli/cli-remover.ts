import { type Kind, type Labelled, type LeftoverPort, labelOf, type Remover, sessionLabel } from '../clean-up.ts'
import { answerOf } from '../inspect.ts'
import { ENGINES } from '../kinds.ts'
import type { Cli } from './process.ts'

const listCommands: Readonly<Record<Kind, readonly string[]>> = {
  pod: ['pod', 'ls', '--quiet', '--no-trunc'],
  container: ['ps', '--all', '--quiet', '--no-trunc'],
  image: ['image', 'ls', '--quiet', '--no-trunc'],
  volume: ['volume', 'ls', '--quiet'],
  network: ['network', 'ls', '--quiet'],
}

const removeCommands: Readonly<Record<Kind, readonly string[]>> = {
  pod: ['pod', 'rm', '--force', '--time=0'],
  container: ['rm', '--force', '--volumes'],
  image: ['image', 'rm', '--force'],
  volume: ['volume', 'rm', '--force'],
  network: ['network', 'rm'],
}

export function cliRemover(cli: Cli, session: string): Remover {
  return {
    list: (kind) => listed(cli, kind, sessionLabel(session)),
    remove: async (kind, ids) => {
      const { exitCode } = await cli.run([...removeCommands[kind], '--', ...ids], { timeoutMs: 120_000 })
      return exitCode === 0
    },
    killed: cli.killed,
    answers: (withinMs) =>
      cli.run(['version'], { timeoutMs: withinMs }).then(
        ({ exitCode }) => exitCode === 0,
        () => false,
      ),
  }
}

/** What `inspect` gives of each kind; podman writes networks in lower case. */
interface Inspected {
  readonly Id?: string
  readonly id?: string
  readonly Name?: string
  readonly name?: string
  readonly RepoTags?: readonly string[] | null
  readonly Labels?: Labels
  readonly labels?: Labels
  readonly Config?: { readonly Labels?: Labels } | null
}

type Labels = Readonly<Record<string, string>> | null

export function cliLeftovers(cli: Cli): LeftoverPort {
  return {
    labelled: async (kind) => {
      const ids = await listed(cli, kind, labelOf(kind))
      if (ids.length === 0) return []
      // What goes meanwhile makes it fail, and is told of beside the others.
      const { stdout } = await cli.run([kind, 'inspect', '--', ...ids])
      const found = answerOf<Inspected | readonly Inspected[]>(stdout)
      // podman before 5 gives one pod as itself.
      return [found].flat().map((one): Labelled => {
        const name = (one.Name ?? one.name ?? '').replace(/^\//, '')
        return {
          id: kind === 'volume' ? name : (one.Id ?? one.id ?? ''),
          name,
          tags: one.RepoTags ?? [],
          labels: one.Config?.Labels ?? one.Labels ?? one.labels ?? {},
        }
      })
    },
    remove: async (kind, id) => {
      const command = removeCommands[kind].filter(
        (word) => word !== '--force' || kind === 'container' || kind === 'pod',
      )
      return (await cli.run([...command, '--', id])).exitCode === 0
    },
  }
}

async function listed(cli: Cli, kind: Kind, label: string): Promise<readonly string[]> {
  if (kind === 'pod' && !ENGINES[cli.name].hasPods) return []
  const { exitCode, stdout } = await cli.run([...listCommands[kind], `--filter=label=${label}`])
  const lines = stdout.split('\n').map((line) => line.trim())
  return exitCode === 0 ? [...new Set(lines.filter(Boolean))] : []
}
