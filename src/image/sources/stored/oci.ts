import { HardenError } from '../../../errors.ts'
import type { Platform } from '../../facts.ts'
import { isAlike, platformText } from '../../platform.ts'
import { digestOf } from '../digest.ts'
import { ownPlatform } from '../own-platform.ts'
import type { Blobs } from './blobs.ts'
import { byDigest } from './by-digest.ts'
import type { Candidate } from './candidate.ts'
import { broken, kindText, parseJson, type StoredImage, storedImage } from './stored-image.ts'

interface Descriptor {
  readonly digest: string
  readonly platform?: Partial<Platform>
  readonly annotations?: Readonly<Record<string, string>>
}

interface Manifest {
  readonly manifests?: readonly Descriptor[]
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
}

/** The images of an OCI image layout: https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export async function imagesOfOciLayout(layout: Blobs, platform: Platform | null): Promise<readonly Candidate[]> {
  const text = await kindText(layout, {
    file: 'index.json',
    kind: 'OCI image layout',
    twin: { file: 'manifest.json', hint: 'it is an archive of docker save: write docker-archive:' },
  })
  const blobs = byDigest(layout)
  const { manifests = [] } = parseJson(layout, 'index.json', text) as Manifest
  const open = (digest: string) => async () => imageOfManifest(blobs, digest, await textOf(blobs, digest), platform)
  // One image for several platforms, whose index is the layout's own.
  const isOne =
    manifests.length > 1 && manifests.every((each) => each.platform !== undefined && namesOf(each).length === 0)
  if (isOne) return [{ names: [], open: () => imageOfManifest(blobs, 'index.json', text, platform) }]
  return manifests.map((each) => ({ names: namesOf(each), open: open(each.digest) }))
}

function namesOf({ annotations = {} }: Descriptor): readonly string[] {
  const names = [annotations['io.containerd.image.name'], annotations['org.opencontainers.image.ref.name']]
  return names.flatMap((name) => name ?? [])
}

/**
 * The image of a manifest, or of an index of several platforms, whose text is `text`. The blobs go by their digests.
 * https://github.com/opencontainers/image-spec/blob/main/manifest.md and image-index.md; Docker's own formats differ in
 * their media types only. `platform` null: that of an engine on this machine, or the only one there is.
 */
export async function imageOfManifest(
  blobs: Blobs,
  name: string,
  text: string,
  platform: Platform | null,
  depth = 0,
): Promise<StoredImage> {
  const manifest = parseJson(blobs, name, text) as Manifest
  if (manifest.manifests !== undefined) {
    if (depth > 2) throw broken(blobs, 'its indexes lead to indexes only')
    const { digest } = choose(blobs, manifest.manifests, platform)
    return imageOfManifest(blobs, digest, await textOf(blobs, digest), platform, depth + 1)
  }
  if (manifest.config === undefined || manifest.layers === undefined)
    throw broken(blobs, `${name} is no manifest of an image`)
  const layers = manifest.layers.map(({ digest }) => digest)
  return storedImage(blobs, { digest: digestOf(text), configBlob: manifest.config.digest, layers })
}

async function textOf(blobs: Blobs, name: string): Promise<string> {
  const text = await (blobs.manifest ?? blobs.text)(name)
  if (text === null) throw broken(blobs, `${name} is missing in it`)
  return text
}

function choose(blobs: Blobs, manifests: readonly Descriptor[], platform: Platform | null): Descriptor {
  // Attestations are of the platform unknown/unknown.
  const images = manifests.filter((each) => each.platform?.os !== 'unknown')
  const [only] = images
  if (only !== undefined && images.length === 1 && (platform === null || only.platform === undefined)) return only
  const wanted = platform ?? ownPlatform()
  const found = images.filter((each) => isAlike(each.platform, wanted))
  const chosen = found.find((each) => each.platform?.variant === wanted.variant) ?? found[0]
  if (chosen !== undefined) return chosen
  const there = images.map((each) => platformText(each.platform ?? {})).join(', ')
  throw new HardenError(
    'no-image',
    `${blobs.title} has no image for ${platformText(wanted)}, only ${there || 'none'}`,
    {
      hint: 'say which with --platform',
    },
  )
}
