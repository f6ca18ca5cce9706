import type { Mount } from '../../engine/engine.ts'
import type { ImageConfig, ImageFacts } from '../../image/facts.ts'
import { normalisePath } from '../../places.ts'
import type { ProfileUser } from '../../profile/profile.ts'
import type { ReportCell } from '../../report/report.ts'
import { lockedSpec } from '../run/specs.ts'
import { volumePaths } from '../run/volumes.ts'
import { type Beside, runCell } from './cell.ts'

/** A Kubernetes profile speaks of it too. */
const POD = 'volume of a pod (fsGroup)'

export interface PodRequest extends Beside {
  /** The result as an image of the engine. */
  readonly image: string
  readonly user: Pick<ProfileUser, 'uid' | 'gid'> | null
}

/**
 * As Kubernetes mounts volumes with fsGroup: the user may write in them by its group, and does not own them, which a
 * program that sets their mode or owner (initdb) cannot do without. `arbitrary`: any uid that passed has shown it already.
 */
export async function podCells(request: PodRequest, arbitrary: ReportCell): Promise<readonly ReportCell[]> {
  const { facts, image, user } = request
  const mounts = user === null || arbitrary.outcome === 'pass' ? [] : groupVolumes(facts, user.gid)
  if (mounts.length === 0) return []
  const spec = { ...lockedSpec(image), mounts }
  const { cell } = await runCell(request, spec, POD, false)
  if (cell.outcome !== 'fail') return [cell]
  const env = foldersBelow(facts.config, mounts)
  const names = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  if (names.length === 0) return [cell]
  const below = await runCell(request, { ...spec, env }, POD, false)
  return [
    below.cell.outcome === 'pass' ? { ...cell, reason: `with ${names.join(' ')} it works; ${cell.reason}` } : cell,
  ]
}

/** What a platform mounts is empty, root's, and writable for the pod's group, which new files inherit. */
export function groupVolumes({ config, files }: ImageFacts, group: number): readonly Mount[] {
  return volumePaths(config)
    .filter((path) => files.known && files.value.list(path).length === 0)
    .map((target) => ({ type: 'tmpfs', target, options: `uid=0,gid=${group},mode=2775,size=256m` }))
}

/** Variables of the image that name a volume, with a folder in it that is the program's own: `PGDATA`. */
export function foldersBelow(
  { env, workdir }: Pick<ImageConfig, 'env' | 'workdir'>,
  mounts: readonly Pick<Mount, 'target'>[],
): Readonly<Record<string, string>> {
  const targets = new Set(mounts.map(({ target }) => target))
  return Object.fromEntries(
    [...env].flatMap(([name, value]) => {
      const path = value.startsWith('/') ? normalisePath(value, workdir) : null
      return path !== null && path !== undefined && targets.has(path) && name !== 'HOME' ? [[name, `${path}/data`]] : []
    }),
  )
}
