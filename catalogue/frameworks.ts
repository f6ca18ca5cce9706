import rules from './frameworks.json' with { type: 'json' }

/** A framework by a file that only its projects have, and the folders below that it writes at run time. */
export interface FrameworkRule {
  /** As people call it. */
  readonly name: string
  /** Base name of the file that tells. */
  readonly file: string
  /** Regular expression on its text, in which `^` is the start of a line. */
  readonly says: string
  readonly folders: readonly {
    /** Below the folder of that file. */
    readonly path: string
    readonly why: string
    /** Only where another file of the project, by its path, has this regular expression in it. */
    readonly onlyWith?: { readonly file: string; readonly says: string }
  }[]
  /** Where its makers say so. */
  readonly source: string
}

export const frameworks: readonly FrameworkRule[] = rules
