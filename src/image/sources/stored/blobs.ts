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
