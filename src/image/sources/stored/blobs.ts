import type { Readable } from 'node:stream'

/** `size` in bytes; what is not read of the blob goes by. */
export type ReadBlob = (name: string, blob: Readable, size: number) => Promise<void>

/** What images are kept in: an archive, a folder, a registry. A name is a path in it, or a digest. */
export interface Blobs {
  /** For messages: `the archive web.tar`. */
  readonly title: string
  /** A small text; null where there is none of that name. */
  text(name: string): Promise<string | null>
  /** As text, for a manifest, where those are kept apart. */
  manifest?(digest: string): Promise<string | null>
  /** Each of these once, in the order that is cheapest. Throws HardenError `unreadable` where one is missing or broken. */
  each(names: ReadonlySet<string>, read: ReadBlob): Promise<void>
}
