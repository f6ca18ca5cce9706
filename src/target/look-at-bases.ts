import { baseReferences } from '../base-images.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import type { EngineImage } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { ImageFacts, Known } from '../image/facts.ts'
import { factsFromCatalogue } from '../image/sources/catalogue.ts'
import { factsFromEngine } from '../image/sources/engine.ts'
import type { WorkItem } from '../work.ts'
import type { Session } from './session.ts'

/**
 * Fills in what is known of the base images: the engine's own copy first, then the catalogue, else the reason why not.
 * `found` is told of each that the engine has before it is looked into, which takes time.
 */
export async function lookAtBases(
  item: WorkItem,
  dockerfile: Dockerfile,
  session: Session,
  found: (reference: string, image: EngineImage) => void,
): Promise<void> {
  for (const reference of baseReferences(dockerfile)) {
    if (!session.known.has(reference)) session.known.set(reference, await lookAt(reference, item, session, found))
  }
}

async function lookAt(
  reference: string,
  item: WorkItem,
  session: Session,
  found: (reference: string, image: EngineImage) => void,
): Promise<Known<ImageFacts>> {
  const { engine, options, ports } = session
  const image = engine === null ? null : await engine.inspectImage(reference)
  if (engine !== null && image !== null) {
    ports.progress(`looking into ${reference}`)
    found(reference, image)
    return { known: true, value: await factsFromEngine(engine, reference) }
  }
  const listed = factsFromCatalogue(reference)
  if (engine !== null && item.kind === 'image' && !options.offline) {
    ports.progress(`pulling ${reference}`)
    const pulled = await engine.pull(reference, options.platform ?? undefined).then(
      () => null,
      (error: unknown) => error,
    )
    if (pulled === null) return { known: true, value: await factsFromEngine(engine, reference) }
    if (!(pulled instanceof HardenError)) throw pulled
    if (listed === null || options.prove || options.build) throw pulled
  }
  if (listed !== null) return { known: true, value: listed }
  const where = engine === null ? 'there is no engine to look with' : `${engine.name} has no copy of it`
  if (item.kind === 'image') {
    throw new HardenError(
      'no-image',
      `${reference} cannot be looked at: ${where}, and the built-in catalogue does not list it`,
      {
        hint:
          engine === null
            ? 'start an engine, or name an image that the catalogue lists'
            : `pull it first: ${engine.name} pull ${reference}`,
      },
    )
  }
  return { known: false, reason: `${where}, and the catalogue does not list it` }
}
