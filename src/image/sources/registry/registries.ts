import { HardenError } from '../../../errors.ts'
import type { ImageFacts, Platform } from '../../facts.ts'
import { parseImageReference } from '../../reference.ts'
import { factsFromLayers } from '../stored/facts.ts'
import { openRegistry } from './open-registry.ts'

export interface Registries {
  /** The facts of an image as its registry has it now. Throws HardenError `no-image` or `no-registry`. */
  facts(reference: string, platform: Platform | null, signal: AbortSignal): Promise<ImageFacts>
}

/** One value serves a whole call: a registry that cannot be reached is not waited for again. */
export function openRegistries(open = openRegistry): Registries {
  const unreachable = new Map<string, HardenError>()
  return {
    async facts(reference, platform, signal) {
      const parsed = parseImageReference(reference)
      const before = unreachable.get(parsed.domain)
      if (before !== undefined) throw before
      try {
        const { blobs, image } = await open(parsed, platform, signal)
        return await factsFromLayers(blobs, image, reference, 'registry')
      } catch (error) {
        if (error instanceof HardenError && error.code === 'no-registry') unreachable.set(parsed.domain, error)
        throw error
      }
    },
  }
}
