/** One kind of foreign input, of any size. */
export interface Input {
  readonly name: string
  /** Makes the input of size `n`, and what is done with it: the work alone is measured. */
  readonly prepare: (n: number) => Prepared | Promise<Prepared>
  /** The repository that it is, by the paths of its files: with it the command itself is started and interrupted. */
  readonly files?: (n: number) => Readonly<Record<string, string>>
  /** Bytes up to which it is doubled; absent: a megabyte, the bound of texts. */
  readonly most?: number
  /** None is larger than this size, a power of two, or than `most` bytes: within a second of CPU it may take as long as it takes. */
  readonly bound?: number | 'most'
}

export interface Prepared {
  /** What a stranger has to write for it. */
  readonly bytes: number
  readonly work: () => void | Promise<void>
  /** Removes what was made on the disk. */
  readonly end?: () => void
}
