import type { FactSource, ImageFacts } from '../../facts.ts'
import { factsFromFiles } from '../facts-from-tar.ts'
import { keptFiles } from '../kept-files.ts'
import { keptTexts } from '../kept-texts.ts'
import { type LayerContent, readTar, type TarContent } from '../tar.ts'
import type { Blobs } from './blobs.ts'
import { decompressed } from './compression.ts'
import { mergeLayers } from './layers.ts'
import { broken, type StoredImage } from './stored-image.ts'

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

/** An earlier run may have kept them. Not by the digests of unpacked layers, which only an engine has checked. */
async function filesOf(blobs: Blobs, { id, layers, config }: StoredImage): Promise<TarContent> {
  const kept = keptFiles()
  const known = await kept.read(id)
  if (known !== null) return known
  const wanted = keptTexts(config)
  const contents = new Map<string, LayerContent>()
  await blobs.each(new Set(layers), async (name, blob) => {
    contents.set(name, await readLayer(blobs, name, async () => readTar(await decompressed(blob), { wanted })))
  })
  const content = mergeLayers(layers.flatMap((name) => contents.get(name) ?? []))
  void kept.write(id, content)
  return content
}

async function readLayer<T>(blobs: Blobs, name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof Error && error.name !== 'HardenError' ? broken(blobs, `${name}: ${error.message}`) : error
  }
}
