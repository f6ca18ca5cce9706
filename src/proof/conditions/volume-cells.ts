import { setTimeout as pause } from 'node:timers/promises'
import type { Mount, RunSpec } from '../../engine/engine.ts'
import { hasCommand, toolsOf } from '../../plan/tools.ts'
import { giveVolume, type ProfileUser } from '../../profile/profile.ts'
import type { ReportCell } from '../../report/report.ts'
import { tail } from '../container/files.ts'
import { limits } from '../container/run-specs.ts'
import { type Beside, notAsked, runCell } from './cell.ts'

export const FILLED = 'volume that a root run filled'
export const MIGRATED = 'the same volume, given to the user once'

export interface VolumeCellsRequest extends Beside {
  /** The result, locked down. */
  readonly spec: RunSpec
  /** Who it runs as; null where no number is known. */
  readonly user: Pick<ProfileUser, 'uid' | 'gid'> | null
  /** Volumes that a root run of the original has filled. */
  readonly filled: readonly Mount[]
  /** The original as people call it; null where it was only built here. */
  readonly reference: string | null
}

/**
 * What those meet who have the original running and keep its volumes: an existing volume keeps its owners (FACTS 11).
 * Where that breaks, the one command that mends it is run, and the result once more.
 */
export async function volumeCells(request: VolumeCellsRequest): Promise<readonly ReportCell[]> {
  const { filled, spec, user, baseline } = request
  if (filled.length === 0) return [FILLED, MIGRATED].map((name) => notAsked(name, 'the original declares no volume'))
  const mounted = { ...spec, mounts: [...(spec.mounts ?? []), ...filled] }
  const { cell } = await runCell(request, mounted, FILLED, false)
  if (cell.outcome !== 'fail')
    return [cell, notAsked(MIGRATED, cell.outcome === 'pass' ? 'it works as it is' : 'the cell above was not run')]
  if (user === null) return [cell, notAsked(MIGRATED, 'the user has no number that is known here')]
  const chown = hasCommand(toolsOf(request.facts), 'chown')
  const image = { chown: chown ? (request.reference ?? 'IMAGE') : 'busybox:musl' }
  const { name } = request.engine
  const command = filled
    .map(({ target }) => giveVolume({ image }, 'VOLUME', { path: target, ...user }, name))
    .join(' && ')
  const broken = { ...cell, command }
  if (!chown) return [broken, notAsked(MIGRATED, 'the image has no chown to try the command with')]
  const refused = await give(request, baseline.image, user)
  if (refused !== null) return [broken, { name: MIGRATED, required: false, outcome: 'fail', reason: refused, command }]
  const again = await runCell(request, mounted, MIGRATED, false)
  return [broken, { ...again.cell, command }]
}

/** Runs the command as it is told; null, or why it did not work. */
async function give(
  { engine, filled, signal }: VolumeCellsRequest,
  image: string,
  { uid, gid }: Pick<ProfileUser, 'uid' | 'gid'>,
): Promise<string | null> {
  const container = await engine.run(
    limits({
      image,
      user: '0:0',
      entrypoint: 'chown',
      command: ['-R', `${uid}:${gid}`, ...filled.map(({ target }) => target)],
      mounts: filled,
      network: 'none',
    }),
  )
  try {
    for (;;) {
      signal.throwIfAborted()
      const { running, exitCode, error } = await engine.state(container)
      if (!running && exitCode === 0) return null
      if (!running)
        return `chown ended with exit code ${exitCode ?? '?'}: ${error || tail(await engine.logs(container))}`
      await pause(50, undefined, { signal })
    }
  } finally {
    await engine.remove(container)
  }
}
