import type { ProvenImage } from '../attest/statement.ts'
import type { Engine, EngineImage } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'

/**
 * The image that stays, where it is the one that was proved: that one has labels of its session, and goes with it. Throws
 * HardenError `engine-failed` where they are two, as after a build whose steps do not give the same files again.
 */
export async function provenImage(
  engine: Pick<Engine, 'inspectImage'>,
  { name, proved, baseline }: { readonly name: string; readonly proved: string; readonly baseline: string },
): Promise<ProvenImage> {
  const [stays, was, compared] = await Promise.all([name, proved, baseline].map((one) => engine.inspectImage(one)))
  if (!stays || !was || !isSame(stays, was))
    throw new HardenError('engine-failed', `nothing is attested of ${name}: it is not the image that was proved`, {
      hint: `its build gave other files the second time: prove what it is now with harden-image prove ${name} --attest DIR`,
    })
  return { name, id: stays.id, baseline: compared?.id ?? null, user: stays.config.user, repoDigests: stays.repoDigests }
}

/** Compared layer by layer, and in the whole config except labels. Where the engine does not tell the layers, the id decides. */
function isSame(one: EngineImage, other: EngineImage): boolean {
  if (one.id === other.id) return true
  const of = ({ layers, config, platform }: EngineImage) =>
    JSON.stringify([layers, platform, { ...config, env: [...config.env], labels: null }])
  return one.layers.length > 0 && of(one) === of(other)
}
