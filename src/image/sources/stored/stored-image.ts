import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { bounds } from '../../../bounds.ts'
import { HardenError } from '../../../errors.ts'
import { type ImageConfig, isAlike, type Platform, platformText } from '../../facts.ts'
import { ownPlatform } from '../own-platform.ts'
import { tarEntries } from '../tar-entries.ts'
import { asDigest, type Blobs, broken, byDigest, digestOf } from './blobs.ts'
import { type Descriptor, parseConfigDocument, parseManifest } from './documents.ts'

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

/** One image of an archive. */
export interface ArchivedImage {
  /** What the archive calls it, tags without a name among them. */
  readonly names: readonly string[]
  open(): Promise<StoredImage>
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

/** Indexes in indexes. */
const DEEPEST = 2

/** The images of an OCI image layout: https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export async function imagesOfOciLayout(layout: Blobs, platform: Platform | null): Promise<readonly ArchivedImage[]> {
  const name = 'index.json'
  const bytes = await kindDocument(layout, {
    file: name,
    kind: 'OCI image layout',
    twin: { file: 'manifest.json', hint: 'it is an archive of docker save: write docker-archive:' },
  })
  const blobs = byDigest(layout)
  const index = parseManifest(bytes, { blobs: layout, name })
  if (index.kind === 'image') throw broken(layout, `${name} is the manifest of one image, no index`)
  const { manifests } = index
  // One image for several platforms, whose index is the layout's own.
  const isOne = manifests.length > 1 && manifests.every((each) => each.platform !== null && each.names.length === 0)
  if (isOne) return [{ names: [], open: () => imageOfManifest(blobs, name, bytes, platform) }]
  return manifests.map(({ digest, names }) => ({
    names,
    open: async () => imageOfManifest(blobs, digest, await manifestOf(blobs, digest), platform),
  }))
}

/**
 * The image of a manifest, or of an index of several platforms. The blobs go by their digests. `platform` null: that of an
 * engine on this machine, or the only one there is.
 */
export async function imageOfManifest(
  blobs: Blobs,
  name: string,
  bytes: Buffer,
  platform: Platform | null,
  depth = 0,
): Promise<StoredImage> {
  const manifest = parseManifest(bytes, { blobs, name })
  if (manifest.kind === 'index') {
    // An index that names itself ends here too.
    if (depth > DEEPEST) throw broken(blobs, 'its indexes lead to indexes only')
    const { digest } = choose(blobs, manifest.manifests, platform)
    return imageOfManifest(blobs, digest, await manifestOf(blobs, digest), platform, depth + 1)
  }
  const { config, layers } = manifest
  for (const layer of layers) checkLayer(blobs, layer)
  return storedImage(blobs, {
    digest: digestOf(bytes),
    configBlob: config.digest,
    layers: layers.map(({ digest }) => digest),
    sizes: layers.map(({ size }) => size),
  })
}

async function manifestOf(blobs: Blobs, digest: string): Promise<Buffer> {
  const bytes = await (blobs.manifest ?? blobs.document)(digest, bounds.manifestBytes)
  if (bytes === null) throw broken(blobs, `${digest} is missing in it`)
  return bytes
}

/** Charts, signatures and the like have manifests as well, and layers that are no file systems. */
function checkLayer(blobs: Blobs, { mediaType, digest }: Descriptor): void {
  if (mediaType === null) return
  if (/foreign|nondistributable/.test(mediaType))
    throw broken(blobs, `the layer ${digest} is kept elsewhere (${mediaType}), and no other place is asked for it`)
  if (/\btar\b/.test(mediaType) && !/encrypted/.test(mediaType)) return
  throw broken(
    blobs,
    `the layer ${digest} is of the type ${JSON.stringify(mediaType.slice(0, 200))}, which is no file system`,
  )
}

function choose(blobs: Blobs, manifests: readonly Descriptor[], platform: Platform | null): Descriptor {
  // Attestations are of the platform unknown/unknown.
  const images = manifests.filter((each) => each.platform?.os !== 'unknown')
  const [only] = images
  if (only !== undefined && images.length === 1 && (platform === null || only.platform === null)) return only
  const wanted = platform ?? ownPlatform()
  const found = images.filter((each) => isAlike(each.platform ?? undefined, wanted))
  const chosen = found.find((each) => each.platform?.variant === wanted.variant) ?? found[0]
  if (chosen !== undefined) return chosen
  const there = images.slice(0, MOST_NAMED).map((each) => platformText(each.platform ?? {}))
  if (images.length > MOST_NAMED) there.push('…')
  throw new HardenError(
    'no-image',
    `${blobs.title} has no image for ${platformText(wanted)}, only ${there.join(', ') || 'none'}`,
    {
      hint: 'choose one with --platform',
    },
  )
}

const MOST_NAMED = 30

/**
 * One image as `docker load` takes it, called `name`; what is compressed stays so. Where the blobs cannot be read the
 * stream fails.
 */
export function dockerSave(blobs: Blobs, image: StoredImage, name: string): Readable {
  const tar = pack()
  const paths = new Map([image.configBlob, ...image.layers].map((blob, index) => [blob, `${index}`]))
  const manifest = {
    Config: paths.get(image.configBlob),
    RepoTags: [name],
    Layers: image.layers.map((layer) => paths.get(layer)),
  }
  const fill = async (): Promise<void> => {
    tar.entry({ name: 'manifest.json' }, JSON.stringify([manifest]))
    await blobs.each(new Set(paths.keys()), async (blob, stream, size) => {
      await pipeline(stream, tar.entry({ name: paths.get(blob) ?? '', size }))
    })
    tar.finalize()
  }
  fill().catch((error: Error) => tar.destroy(error))
  return Readable.from(tar, { objectMode: false })
}

/** What of a saved image makes an OCI layout; engines before Docker 25 save no index. */
const OF_LAYOUT = /^(?:oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})$/

/** Unpacks what an engine saves of one image into a folder, as an OCI layout. Its digest. Throws HardenError `no-image`. */
export async function unpackLayout(tar: AsyncIterable<Uint8Array>, folder: string): Promise<string> {
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true })
  for await (const { header, content } of tarEntries(tar))
    if (header.type === 'file' && OF_LAYOUT.test(header.name)) await writeFile(join(folder, header.name), content())
  const blobs = { title: 'what the engine saves of the image' }
  const bytes = await readFile(join(folder, 'index.json')).catch(() => null)
  const index = bytes === null ? null : parseManifest(bytes, { blobs, name: 'index.json' })
  const [image] = index?.kind === 'index' ? index.manifests : []
  if (image !== undefined) return asDigest(blobs, image.digest)
  throw new HardenError('no-image', 'the engine saves no OCI layout, which another builder could take the image from', {
    hint: 'use Docker 25 or newer, push the image to a registry, or leave out --builder',
  })
}
