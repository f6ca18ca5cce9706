import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { HardenError } from '../../../errors.ts'
import type { Platform } from '../../facts.ts'
import type { ImageReference } from '../../reference.ts'
import type { Blobs } from '../stored/blobs.ts'
import { asDigest, checked, checkedText } from '../stored/by-digest.ts'
import { imageOfManifest } from '../stored/oci.ts'
import { broken, type StoredImage } from '../stored/stored-image.ts'
import { HUB, type RegistryClient, registryClient } from './client.ts'
import { credentialsFor } from './credentials.ts'

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/**
 * An image of a registry, as far as its manifest and config say; its layers are asked for when they are read.
 * `platform` null: that of an engine on this machine. Throws HardenError `no-image`, and `no-registry` where nobody answers.
 */
export async function openRegistry(
  reference: ImageReference,
  platform: Platform | null,
  signal: AbortSignal,
): Promise<{ readonly blobs: Blobs; readonly image: StoredImage }> {
  const { domain, path: repository, text: image } = reference
  const host = domain === 'docker.io' ? HUB : domain
  const client = registryClient({ host, repository, image, credentials: () => credentialsFor(domain), signal })
  const name = reference.digest ?? reference.tag ?? 'latest'
  const response = await client.get(`manifests/${name}`, manifestTypes)
  if (response === null)
    throw new HardenError('no-image', `${host} has no image ${image}`, { hint: 'check the name and the tag' })
  const text = await response.text()
  const blobs = registryBlobs(client, image)
  if (reference.digest !== null) checkedText(blobs, reference.digest, text)
  return { blobs, image: await imageOfManifest(blobs, image, text, platform) }
}

function registryBlobs(client: RegistryClient, image: string): Blobs {
  const title = `${image} at ${client.host}`
  const textAt = async (path: string, digest: string, accept?: string): Promise<string | null> => {
    const response = await client.get(`${path}/${asDigest({ title }, digest)}`, accept)
    return response === null ? null : checkedText({ title }, digest, await response.text())
  }
  return {
    title,
    text: (digest) => textAt('blobs', digest),
    manifest: (digest) => textAt('manifests', digest, manifestTypes),
    each: async (digests, read) => {
      for (const digest of digests) {
        const response = await client.get(`blobs/${asDigest({ title }, digest)}`)
        if (response?.body == null) throw broken({ title }, `${digest} is missing in it`)
        const blob = Readable.fromWeb(response.body as ReadableStream)
        await read(digest, checked({ title }, digest, blob), Number(response.headers.get('content-length') ?? 0))
      }
    },
  }
}
