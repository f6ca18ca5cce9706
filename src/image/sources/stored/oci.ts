import { bounds } from '../../../bounds.ts'
import { HardenError } from '../../../errors.ts'
import type { Platform } from '../../facts.ts'
import { isAlike, platformText } from '../../platform.ts'
import { digestOf } from '../digest.ts'
import { ownPlatform } from '../own-platform.ts'
import type { Blobs } from './blobs.ts'
import { byDigest } from './by-digest.ts'
import type { Candidate } from './candidate.ts'
import { broken, type Descriptor, parseManifest } from './documents.ts'
import { kindDocument, type StoredImage, storedImage } from './stored-image.ts'

/** Indexes in indexes. */
const DEEPEST = 2

/** The images of an OCI image layout: https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export async function imagesOfOciLayout(layout: Blobs, platform: Platform | null): Promise<readonly Candidate[]> {
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
      hint: 'say which with --platform',
    },
  )
}

const MOST_NAMED = 30
