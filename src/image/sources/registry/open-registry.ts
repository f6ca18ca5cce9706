import { bounds } from '../../../bounds.ts'
import { HardenError } from '../../../errors.ts'
import type { Platform } from '../../facts.ts'
import type { ImageReference } from '../../reference.ts'
import { asDigest, type Blobs, broken, checked, checkedBytes, digestOf } from '../stored/blobs.ts'
import { imageOfManifest, type StoredImage } from '../stored/stored-image.ts'
import { HUB, type RegistryClient, registryClient } from './client.ts'
import { credentialsFor } from './credentials.ts'
import type { ExchangeBounds } from './exchange.ts'

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

export interface RegistryRequest {
  readonly reference: ImageReference
  /** Null: that of an engine on this machine. */
  readonly platform: Platform | null
  readonly signal: AbortSignal
  /** What people have to know of how it was asked. */
  readonly say: (note: string) => void
  readonly within?: ExchangeBounds
}

/**
 * An image of a registry, as far as its manifest and config say; its layers are asked for when they are read. Throws
 * HardenError `no-image` or `unreadable`, and `no-registry` where nobody answers.
 */
export async function openRegistry({ reference, platform, ...options }: RegistryRequest): Promise<{
  readonly blobs: Blobs
  readonly image: StoredImage
  /** Of the document that the name is of: the image's manifest, or an index that has it. */
  readonly digest: string
}> {
  const { domain, path: repository, text: image } = reference
  const host = domain === 'docker.io' ? HUB : domain
  const credentials = () => credentialsFor(domain, process.env, null, { signal: options.signal })
  const client = registryClient({ host, repository, image, credentials, ...options })
  const blobs = registryBlobs(client, image)
  const { digest } = reference
  const name = digest === null ? (reference.tag ?? 'latest') : asDigest(blobs, digest)
  const answer = await client.get(`manifests/${name}`, manifestTypes)
  if (answer === null)
    throw new HardenError('no-image', `${host} has no image ${image}`, { hint: 'check the name and the tag' })
  const bytes = await answer.document(bounds.manifestBytes)
  if (digest !== null) checkedBytes(blobs, digest, bytes)
  return { blobs, image: await imageOfManifest(blobs, image, bytes, platform), digest: digestOf(bytes) }
}

function registryBlobs(client: RegistryClient, image: string): Blobs {
  const title = `${image} at ${client.host}`
  const documentAt = async (path: string, digest: string, most: number, accept?: string): Promise<Buffer | null> => {
    const answer = await client.get(`${path}/${asDigest({ title }, digest)}`, accept)
    return answer === null ? null : checkedBytes({ title }, digest, await answer.document(most))
  }
  return {
    title,
    document: (digest, most) => documentAt('blobs', digest, most),
    manifest: (digest, most) => documentAt('manifests', digest, most, manifestTypes),
    each: async (digests, read) => {
      for (const digest of digests) {
        const answer = await client.get(`blobs/${asDigest({ title }, digest)}`)
        if (answer === null) throw broken({ title }, `${digest} is missing in it`)
        try {
          await read(digest, checked({ title }, digest, answer.body()), answer.size ?? 0)
        } finally {
          answer.end()
        }
      }
    },
  }
}
