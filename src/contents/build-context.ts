/** One entry of the folder that an image is built from. Its owner does not matter: COPY gives everything to root. */
export interface ContextEntry {
  readonly type: 'file' | 'directory' | 'symlink'
  /** Permission bits, which COPY keeps. */
  readonly mode: number
  readonly size: number
  readonly link: string | null
  /** Text of a small file; null where it was not read. */
  readonly text: string | null
}

/** The build context as far as it was listed, by path below it, without what .dockerignore leaves out. */
export interface BuildContext {
  readonly entries: ReadonlyMap<string, ContextEntry>
  /** A bound was hit: what is not listed may be there all the same. */
  readonly partial: boolean
}
