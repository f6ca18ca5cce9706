import { bounds } from '../../../bounds.ts'
import { joinPath, nameOf, parentOf } from '../../../path.ts'
import type { FactSource, ImageFacts, Known } from '../../facts.ts'
import type { FileEntry } from '../../file-model.ts'
import { factsFromFiles } from '../facts-from-tar.ts'
import { type ImageLimits, imageLimits } from '../image-limits.ts'
import { keptFiles } from '../kept-files.ts'
import { keptTexts, type LayerContent, readTar, type TarContent } from '../tar.ts'
import { asBroken, type Blobs, checked, isDigest } from './blobs.ts'
import { decompressed } from './compression.ts'
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

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/**
 * The files of layers, the lowest first, as a container sees them: a whiteout hides what lies below it and never what its
 * own layer brings (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts). Nothing is taken away
 * before the end: each entry is of a layer, and what a later one hides is gone, so the work is that of one look at each.
 */
export function mergeLayers(layers: readonly LayerContent[], limits: ImageLimits): TarContent {
  const entries = new Map<string, FileEntry>()
  const texts = new Map<string, string>()
  /** The layer that each is of. */
  const since = new Map<string, number>()
  const hidden = hiddenPaths()
  const isHidden = (path: string): boolean => hidden.by(path) > (since.get(path) ?? -1)
  const set = (path: string, entry: FileEntry, text: string | undefined, layer: number): void => {
    // What is made again comes last.
    if (entries.has(path) && isHidden(path)) entries.delete(path)
    entries.set(path, entry)
    since.set(path, layer)
    if (text === undefined) texts.delete(path)
    else texts.set(path, text)
  }
  layers.forEach((layer, index) => {
    limits.lay(layer.entries.size + layer.links.size)
    hidden.add(layer, entries, index)
    for (const [path, entry] of layer.entries)
      if (!nameOf(path).startsWith(WHITEOUT)) set(path, entry, layer.texts.get(path), index)
    for (const [path, target] of layer.links) {
      const entry = isHidden(target) ? undefined : entries.get(target)
      if (entry !== undefined) set(path, entry, texts.get(target), index)
    }
    checkParents(layer, index)
  })
  if (hidden.some)
    for (const path of [...entries.keys()])
      if (isHidden(path)) {
        entries.delete(path)
        texts.delete(path)
      }
  return { entries, texts }

  /** Engines do not agree on whether what lies behind a link of a lower layer is put there, or in a folder in its place. */
  function checkParents(layer: LayerContent, index: number): void {
    if (index === 0) return
    const fine = new Set(['/'])
    for (const path of layer.entries.keys()) {
      for (let at = parentOf(path); !fine.has(at); at = parentOf(at)) {
        fine.add(at)
        const entry = isHidden(at) ? undefined : entries.get(at)
        if (entry !== undefined && entry.type !== 'directory')
          limits.giveUp(`${path} is in it, and ${at} is not a folder`)
      }
    }
  }
}

/** What layers hide: the last layer that hid a path, with or without itself and always with all below it. */
function hiddenPaths() {
  const whole = new Map<string, number>()
  const below = new Map<string, number>()
  const folders = new Map<string, number>()
  /** Of what lies in that folder. */
  const inFolder = (folder: string): number => {
    const known = folders.get(folder)
    if (known !== undefined) return known
    const own = Math.max(whole.get(folder) ?? -1, below.get(folder) ?? -1)
    const found = folder === '/' ? own : Math.max(own, inFolder(parentOf(folder)))
    folders.set(folder, found)
    return found
  }
  return {
    get some(): boolean {
      return whole.size > 0 || below.size > 0
    },
    add(layer: LayerContent, lower: ReadonlyMap<string, FileEntry>, index: number): void {
      for (const [path, { type }] of layer.entries) {
        const name = nameOf(path)
        if (name === OPAQUE) below.set(parentOf(path), index)
        else if (name.startsWith(WHITEOUT)) whole.set(hiddenBy(path, name), index)
        // A file or link in the place of a folder.
        else if (type !== 'directory' && lower.get(path)?.type === 'directory') whole.set(path, index)
      }
      folders.clear()
    },
    by(path: string): number {
      if (whole.size === 0 && below.size === 0) return -1
      return Math.max(whole.get(path) ?? -1, path === '/' ? -1 : inFolder(parentOf(path)))
    },
  }
}

function hiddenBy(path: string, name: string): string {
  const gone = name.slice(WHITEOUT.length)
  if (gone !== '' && gone !== '.' && gone !== '..') return joinPath(parentOf(path), gone)
  throw new Error(`${path} hides no file`)
}
