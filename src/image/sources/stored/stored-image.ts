import { bounds } from '../../../bounds.ts'
import type { ImageConfig, Platform } from '../../facts.ts'
import { digestOf } from '../digest.ts'
import type { Blobs } from './blobs.ts'
import { broken, parseConfigDocument } from './documents.ts'

/** An image that lies in blobs. */
export interface StoredImage {
  /** Digest of its config: the id that an engine gives it, `sha256:…`. */
  readonly id: string
  /** Digest of its manifest; null where it has none of its own. */
  readonly digest: string | null
  readonly config: ImageConfig
  readonly platform: Platform
  /** Name of the blob of its config. */
  readonly configBlob: string
  /** Names of the blobs of its layers, the lowest first; one may be there twice. */
  readonly layers: readonly string[]
  /** What is said of each of those blobs, which is checked when it is read. */
  readonly said: ReadonlyMap<string, SaidOfLayer>
}

interface SaidOfLayer {
  /** Bytes at most; null where nobody says. */
  readonly size: number | null
  /** Digest of what it unpacks to, by the config. */
  readonly diffId: string
}

/**
 * The image of a config and its layers. Throws HardenError `unreadable` where it is no config of an image, or of one with
 * other layers.
 */
export async function storedImage(
  blobs: Blobs,
  {
    digest,
    configBlob,
    layers,
    sizes = [],
  }: Pick<StoredImage, 'digest' | 'configBlob' | 'layers'> & { readonly sizes?: readonly (number | null)[] },
): Promise<StoredImage> {
  const bytes = await blobs.document(configBlob, bounds.imageConfigBytes)
  if (bytes === null) throw broken(blobs, `the config ${configBlob} is missing in it`)
  const { config, platform, diffIds } = parseConfigDocument(bytes, { blobs, name: configBlob })
  if (diffIds.length !== layers.length)
    throw broken(blobs, `${configBlob} is no config of an image with ${layers.length} layers`)
  const said = new Map<string, SaidOfLayer>()
  layers.forEach((layer, at) => {
    const diffId = diffIds[at] ?? ''
    const before = said.get(layer)
    if (before !== undefined && before.diffId !== diffId)
      throw broken(blobs, `${configBlob} has two digests for the layer ${layer}`)
    said.set(layer, { size: sizes[at] ?? null, diffId })
  })
  return { digest, configBlob, layers, said, id: digestOf(bytes), config, platform }
}

/**
 * The file that makes an archive or folder one of its kind. Throws HardenError `unreadable` where it is missing; `twin`:
 * the file of the other kind, and what to do where that is there, or neither.
 */
export async function kindDocument(
  blobs: Blobs,
  { file, kind, twin }: { readonly file: string; readonly kind: string; readonly twin: Twin },
): Promise<Buffer> {
  const bytes = await blobs.document(file, bounds.manifestBytes)
  if (bytes !== null) return bytes
  const isTwin = (await blobs.document(twin.file, bounds.manifestBytes)) !== null
  throw broken(blobs, `it has no ${file}, so it is no ${kind}`, isTwin ? twin.hint : twin.otherwise)
}

interface Twin {
  readonly file: string
  readonly hint: string
  readonly otherwise?: string
}
