import { HardenError } from '../../../errors.ts'
import type { ImageFacts, Platform } from '../../facts.ts'
import { parseImageReference } from '../../reference.ts'
import type { openRegistry } from './open-registry.ts'

export interface Registries {
  /**
   * The facts of an image as its registry has it now. Throws HardenError `no-image`, `unreadable` or `no-registry`. `say`:
   * what people have to know of how it was asked.
   */
  facts(
    reference: string,
    platform: Platform | null,
    signal: AbortSignal,
    say?: (note: string) => void,
  ): Promise<ImageFacts>
}

/**
 * One value serves a whole call: a registry that cannot be reached is not waited for again. Most calls ask none, and do
 * without what asks. `open`: in its place.
 */
export function openRegistries(open?: typeof openRegistry): Registries {
  const unreachable = new Map<string, HardenError>()
  return {
    async facts(text, platform, signal, say = () => {}) {
      const reference = parseImageReference(text)
      const before = unreachable.get(reference.domain)
      if (before !== undefined) throw before
      try {
        const ask = open ?? (await import('./open-registry.ts')).openRegistry
        const { blobs, image } = await ask({ reference, platform, signal, say })
        const { factsFromLayers } = await import('../stored/facts.ts')
        return await factsFromLayers(blobs, image, text, 'registry')
      } catch (error) {
        if (error instanceof HardenError && error.code === 'no-registry') unreachable.set(reference.domain, error)
        throw error
      }
    },
  }
}
