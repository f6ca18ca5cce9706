import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import { isInside, isSharedFolder } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import { stateNeed } from '../plan/grants/need.ts'

/**
 * Repositories that a RUN makes and the image serves: its program changes files all over them, git refuses one that
 * belongs to somebody else (safe.directory), and Mercurial does not heed its configuration.
 */
export function repositoryNeeds({ actions }: Pick<Shipped, 'actions'>, config: ImageConfig): readonly Need[] {
  const words = argvOf(config).flatMap((word) => word.split(/[\s=]+/))
  const named = words.filter((word) => word.startsWith('/') && !isSharedFolder(word))
  const served = [...config.volumes, ...named]
  return actions.flatMap(({ tool, paths, line }) =>
    tool !== 'repository'
      ? []
      : paths
          .filter((path) => config.workdir === path || served.some((folder) => isInside(path, folder)))
          .map((path) => ({
            ...stateNeed(path, 'declared', `the repository that RUN in line ${line} makes`),
            tree: true as const,
          })),
  )
}
