import type { Engine } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import type { ImageFacts } from '../facts.ts'
import { factsFromTar } from './facts-from-tar.ts'

/**
 * The facts of an image that the engine has, streamed from an export. Empty /etc/hosts, /etc/hostname,
 * /etc/resolv.conf, /dev/console and the like are in every export: the engine adds them, as it does at run time.
 * Throws HardenError `no-image` when the engine does not have it; nothing is pulled here.
 */
export async function factsFromEngine(engine: Engine, reference: string): Promise<ImageFacts> {
  const image = await engine.inspectImage(reference)
  if (image === null) {
    throw new HardenError('no-image', `${engine.name} has no image ${reference}`, {
      hint: `pull or build it first: ${engine.name} pull ${reference}`,
    })
  }
  const identity = {
    reference,
    source: 'engine' as const,
    digest: image.id,
    platform: image.platform,
    config: image.config,
  }
  return engine.exportImage(reference, (tar) => factsFromTar(tar, identity))
}
