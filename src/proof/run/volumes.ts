import { randomBytes } from 'node:crypto'
import type { Engine, Mount } from '../../engine/engine.ts'
import type { ImageConfig } from '../../image/facts.ts'
import { normalisePath } from '../../places.ts'

/** Where the image declares volumes, absolute. */
export function volumePaths(config: ImageConfig): readonly string[] {
  const paths = config.volumes.flatMap((volume) => normalisePath(volume, config.workdir) ?? [])
  return [...new Set(paths)].filter((path) => path !== '/')
}

/** A volume with a name for each one that is declared: it outlives the container, with all that a run has put there. */
export function namedVolumes(engine: Pick<Engine, 'session'>, config: ImageConfig): readonly Mount[] {
  const prefix = `harden-image-${engine.session}-${randomBytes(4).toString('hex')}`
  return volumePaths(config).map((target, index) => ({ type: 'volume', source: `${prefix}-${index}`, target }))
}

export async function removeVolumes(engine: Pick<Engine, 'removeVolume'>, volumes: readonly Mount[]): Promise<void> {
  await Promise.all(volumes.map(({ source = '' }) => engine.removeVolume(source)))
}
