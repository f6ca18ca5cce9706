import { createHash } from 'node:crypto'
import { type Readable, Transform } from 'node:stream'
import type { Blobs } from './blobs.ts'
import { broken } from './stored-image.ts'

const digestPattern = /^(sha256|sha512):([0-9a-f]{64,128})$/

/** The blobs of an OCI image layout by their digests, which are checked: https://github.com/opencontainers/image-spec/blob/main/image-layout.md. */
export function byDigest(blobs: Blobs): Blobs {
  const { title } = blobs
  const pathOf = (digest: string): string => `blobs/${asDigest(blobs, digest).replace(':', '/')}`
  return {
    title,
    text: async (digest) => {
      const text = await blobs.text(pathOf(digest))
      return text === null ? null : checkedText(blobs, digest, text)
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

/** The same text; throws for what is no digest, which nothing else may be made of. */
export function asDigest(blobs: Pick<Blobs, 'title'>, text: string): string {
  if (digestPattern.test(text)) return text
  throw broken(blobs, `${JSON.stringify(text)} is no digest`)
}

/** The same bytes; fails at their end where they are not those of the digest. */
export function checked(blobs: Pick<Blobs, 'title'>, digest: string, blob: Readable): Readable {
  const [algorithm = '', encoded] = digest.split(':')
  const hash = createHash(algorithm)
  const through = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      done(hash.digest('hex') === encoded ? null : changed(blobs, digest))
    },
  })
  blob.on('error', (error) => through.destroy(error))
  return blob.pipe(through)
}

/** The same text; throws where it is not that of the digest. */
export function checkedText(blobs: Pick<Blobs, 'title'>, digest: string, text: string): string {
  const [algorithm = '', encoded] = digest.split(':')
  if (createHash(algorithm).update(text).digest('hex') === encoded) return text
  throw changed(blobs, digest)
}

function changed(blobs: Pick<Blobs, 'title'>, digest: string): Error {
  return broken(blobs, `what it has as ${digest} is something else`, 'copy or pull the image again')
}
