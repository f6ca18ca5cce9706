import { createHash } from 'node:crypto'
import { sha256 } from '../../../digest.ts'
import { HardenError } from '../../../errors.ts'

/** `size` in bytes; what is not read of the blob goes by. */
type ReadBlob = (name: string, blob: AsyncIterable<Buffer>, size: number) => Promise<void>

/** What images are kept in: an archive, a folder, a registry. A name is a path in it, or a digest. */
export interface Blobs {
  /** For messages: `the archive web.tar`. */
  readonly title: string
  /** A small blob as a whole; null where there is none of that name. Throws HardenError `unreadable` where it has more than `most` bytes. */
  document(name: string, most: number): Promise<Buffer | null>
  /** The same of a manifest, where those are kept apart. */
  manifest?(digest: string, most: number): Promise<Buffer | null>
  /** Each of these once, in the order that is cheapest. Throws HardenError `unreadable` where one is missing or broken. */
  each(names: ReadonlySet<string>, read: ReadBlob): Promise<void>
}

export function broken({ title }: Pick<Blobs, 'title'>, what: string, hint?: string): HardenError {
  return new HardenError('unreadable', `${title} cannot be read: ${what}`, hint === undefined ? {} : { hint })
}

/** An error of what reads foreign bytes as one that says where they are from; bugs and interruptions stay as they are. */
export function asBroken(blobs: Pick<Blobs, 'title'>, error: unknown, name?: string): unknown {
  const { name: kind, message } = error as Error
  if (error instanceof HardenError || ['AbortError', 'TypeError', 'RangeError', 'ReferenceError'].includes(kind))
    return error
  return broken(blobs, name === undefined ? message : `${name}: ${message}`)
}

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

/** `sha256:…`, as registries and engines name what they hold. */
export function digestOf(text: string | Buffer): string {
  return `sha256:${sha256(text)}`
}
