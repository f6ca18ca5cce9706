import { bounds } from '../../../bounds.ts'
import type { FactSource, ImageFacts, Known } from '../../facts.ts'
import { factsFromFiles } from '../facts-from-tar.ts'
import { type ImageLimits, imageLimits } from '../image-limits.ts'
import { keptFiles } from '../kept-files.ts'
import { keptTexts } from '../kept-texts.ts'
import { type LayerContent, readTar, type TarContent } from '../tar.ts'
import type { Blobs } from './blobs.ts'
import { checked, isDigest } from './by-digest.ts'
import { decompressed } from './compression.ts'
import { asBroken } from './documents.ts'
import { mergeLayers } from './layers.ts'
import type { StoredImage } from './stored-image.ts'

/** The facts of an image from its layers; `reference` is what a FROM line calls it. */
export async function factsFromLayers(
  blobs: Blobs,
  image: StoredImage,
  reference: string,
  source: FactSource,
): Promise<ImageFacts> {
  const { id: digest, platform, config } = image
  return factsFromFiles(await filesOf(blobs, image), { reference, source, digest, platform, config })
}

/** An earlier run may have kept them: the config, whose digest is the key, names its layers by what they unpack to, which was checked. */
async function filesOf(blobs: Blobs, image: StoredImage): Promise<Known<TarContent>> {
  const kept = keptFiles()
  const known = await kept.read(image.id)
  if (known !== null) return { known: true, value: known }
  const limits = imageLimits()
  const content = await limits.within(() => readLayers(blobs, image, limits))
  const isChecked = [...image.said.values()].every(({ diffId }) => isDigest(diffId))
  if (content.known && isChecked) void kept.write(image.id, content.value)
  return content
}

async function readLayers(
  blobs: Blobs,
  { layers, said, config }: StoredImage,
  limits: ImageLimits,
): Promise<TarContent> {
  const wanted = keptTexts(config)
  const contents = new Map<string, LayerContent>()
  await blobs.each(new Set(layers), async (name, blob) => {
    const { size = null, diffId = '' } = said.get(name) ?? {}
    try {
      const packed = size === null ? atMost(blob, bounds.layerBytes) : atMost(blob, size)
      const unpacked = await decompressed(packed, limits)
      const other = `the layer ${name} unpacks to something else than its config says`
      const tar = isDigest(diffId) ? checked(blobs, diffId, unpacked, other) : unpacked
      contents.set(name, await readTar(tar, { wanted, limits }))
    } catch (error) {
      throw asBroken(blobs, error, name)
    }
  })
  const inOrder = layers.flatMap((name) => contents.get(name) ?? [])
  contents.clear()
  try {
    return mergeLayers(inOrder, limits)
  } catch (error) {
    throw asBroken(blobs, error)
  }
}

async function* atMost(blob: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of blob) {
    size += chunk.length
    if (size > most) throw new Error(`it has more than the ${most} bytes that are said of it`)
    yield chunk
  }
}
