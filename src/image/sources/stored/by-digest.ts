import { createHash } from 'node:crypto'
import type { Blobs } from './blobs.ts'
import { broken } from './documents.ts'

const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** The blobs of an OCI image layout by their digests, which are checked: https://github.com/opencontainers/image-spec/blob/main/image-layout.md. */
export function byDigest(blobs: Blobs): Blobs {
  const { title } = blobs
  const pathOf = (digest: string): string => `blobs/${asDigest(blobs, digest).replace(':', '/')}`
  return {
    title,
    document: async (digest, most) => {
      const bytes = await blobs.document(pathOf(digest), most)
      return bytes === null ? null : checkedBytes(blobs, digest, bytes)
    },
    each: (digests, read) => {
      const paths = new Map([...digests].map((digest) => [pathOf(digest), digest]))
      return blobs.each(new Set(paths.keys()), (path, blob, size) => {
        const digest = paths.get(path) ?? ''
        return read(digest, checked(blobs, digest, blob), size)
      })
    },
  }
}

export function isDigest(text: string): boolean {
  return digestPattern.test(text)
}

/** The same text; throws for what is no digest, which nothing else may be made of. */
export function asDigest(blobs: Pick<Blobs, 'title'>, text: string): string {
  if (isDigest(text)) return text
  throw broken(blobs, `${JSON.stringify(text.slice(0, 200))} is no digest`)
}

/** The same bytes; fails at their end where they are not those of the digest. `otherwise`: what to say then. */
export async function* checked(
  blobs: Pick<Blobs, 'title'>,
  digest: string,
  blob: AsyncIterable<Buffer>,
  otherwise?: string,
): AsyncGenerator<Buffer> {
  const [algorithm = '', encoded] = asDigest(blobs, digest).split(':')
  const hash = createHash(algorithm)
  for await (const chunk of blob) {
    hash.update(chunk)
    yield chunk
  }
  if (hash.digest('hex') !== encoded) throw changed(blobs, digest, otherwise)
}

/** The same bytes; throws where they are not those of the digest. */
export function checkedBytes(blobs: Pick<Blobs, 'title'>, digest: string, bytes: Buffer): Buffer {
  const [algorithm = '', encoded] = asDigest(blobs, digest).split(':')
  if (createHash(algorithm).update(bytes).digest('hex') === encoded) return bytes
  throw changed(blobs, digest)
}

function changed(blobs: Pick<Blobs, 'title'>, digest: string, otherwise?: string): Error {
  return broken(blobs, otherwise ?? `what it has as ${digest} is something else`, 'copy or pull the image again')
}
