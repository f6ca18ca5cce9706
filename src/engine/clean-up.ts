import type { Cli } from './cli-process.ts'
import { sessionLabel } from './labels.ts'

/** What carries no label, or carries it by inheritance. */
export interface MadeImages {
  /** Tags that the session's builds put on. */
  readonly tags: ReadonlySet<string>
  /** Ids of images that stay; one that was built on a labelled image has its label too. */
  readonly kept: ReadonlySet<string>
}

/** A call that was killed may still have made something; so it is looked twice, and a third time never hurts. */
const rounds = 3

/** Removes all that carries the session's label. Never throws: what an engine that is gone left behind can't be removed. */
export async function cleanUp(cli: Cli, session: string, images: MadeImages): Promise<void> {
  const filter = `--filter=label=${sessionLabel(session)}`
  for (let round = 0; round < rounds; round += 1) {
    const containers = await ids(cli, ['ps', '--all', '--quiet', '--no-trunc', filter])
    await remove(cli, ['rm', '--force', '--volumes'], containers)
    const labelled = await ids(cli, ['image', 'ls', '--quiet', '--no-trunc', filter])
    const gone = labelled.filter((id) => !images.kept.has(id))
    await remove(cli, ['image', 'rm', '--force'], [...(round === 0 ? images.tags : []), ...gone])
    const volumes = await ids(cli, ['volume', 'ls', '--quiet', filter])
    await remove(cli, ['volume', 'rm', '--force'], volumes)
    const networks = await ids(cli, ['network', 'ls', '--quiet', filter])
    await remove(cli, ['network', 'rm'], networks)
    if (containers.length + gone.length + volumes.length + networks.length === 0) return
  }
}

async function ids(cli: Cli, args: readonly string[]): Promise<readonly string[]> {
  try {
    const { exitCode, stdout } = await cli.run(args)
    return exitCode === 0
      ? [
          ...new Set(
            stdout
              .split('\n')
              .map((line) => line.trim())
              .filter(Boolean),
          ),
        ]
      : []
  } catch {
    // No engine any more; see above.
    return []
  }
}

async function remove(cli: Cli, args: readonly string[], names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  try {
    // The exit code says only that one of them was gone already.
    await cli.run([...args, '--', ...names], { timeoutMs: 120_000 })
  } catch {
    // As above.
  }
}
