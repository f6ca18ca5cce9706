import type { Cli } from './cli-process.ts'
import { sessionLabel } from './labels.ts'

/** What carries no label, or carries it by inheritance. */
export interface MadeImages {
  /** Tags that the session's builds put on. */
  readonly tags: ReadonlySet<string>
  /** Ids of images that stay; one that was built on a labelled image has its label too. */
  readonly kept: ReadonlySet<string>
}

/** Where a call was killed, the engine may still make what it began; what is in use goes once its user is gone. */
const rounds = 3

/** Removes all that carries the session's label. Never throws: what an engine that is gone left behind can't be removed. */
export async function cleanUp(cli: Cli, session: string, images: MadeImages): Promise<void> {
  const filter = `--filter=label=${sessionLabel(session)}`
  for (let round = 0; round < rounds; round += 1) {
    const [containers, labelled, volumes, networks] = await Promise.all([
      ids(cli, ['ps', '--all', '--quiet', '--no-trunc', filter]),
      ids(cli, ['image', 'ls', '--quiet', '--no-trunc', filter]),
      ids(cli, ['volume', 'ls', '--quiet', filter]),
      ids(cli, ['network', 'ls', '--quiet', filter]),
    ])
    const gone = labelled.filter((id) => !images.kept.has(id))
    // Containers hold on to all the others.
    const done = await remove(cli, ['rm', '--force', '--volumes'], containers)
    const others = await Promise.all([
      remove(cli, ['image', 'rm', '--force'], [...(round === 0 ? images.tags : []), ...gone]),
      remove(cli, ['volume', 'rm', '--force'], volumes),
      remove(cli, ['network', 'rm'], networks),
    ])
    const nothing = [containers, gone, volumes, networks].every((found) => found.length === 0)
    if (nothing || (done && !others.includes(false) && !cli.killed())) return
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

/** Whether all of them are gone now. */
async function remove(cli: Cli, args: readonly string[], names: readonly string[]): Promise<boolean> {
  if (names.length === 0) return true
  try {
    const { exitCode } = await cli.run([...args, '--', ...names], { timeoutMs: 120_000 })
    return exitCode === 0
  } catch {
    // As above.
    return false
  }
}
