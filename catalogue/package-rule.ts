import type { Confidence, ConfigEdit, MainConfig, PortMove } from './entry.ts'

export type PackageFamily = 'debian' | 'alpine' | 'fedora'

export interface PackagePath {
  /** Absolute; `\1` stands for the version that the package's or the program's name holds. */
  readonly path: string
  readonly kind: 'directory' | 'file'
  readonly why: string
  /** The package fills the folder, and all in it must belong to who runs it. */
  readonly tree?: boolean
}

/** What a server's package leaves in an image, and what the server then needs at run time with its stock configuration. */
export interface PackageRule {
  /** For people. */
  readonly program: string
  readonly family: PackageFamily
  /** Regular expressions on the whole name of a package. */
  readonly packages: readonly string[]
  /** Regular expression on the whole base name of what is started. */
  readonly starts: string
  /** Only where its uid is the same in every image; others are given out at install and unknown before the build. */
  readonly account: { readonly name: string; readonly uid: number; readonly gid: number } | null
  /** `drwxr-x--- 33:33 /path`: what is there after the install; `-1` is an owner known only then. */
  readonly files?: readonly string[]
  readonly writes?: readonly PackagePath[]
  /** Files that are closed to others. */
  readonly reads?: readonly PackagePath[]
  readonly ports?: readonly PortMove[]
  /** Absent where there is none, or it does not matter which it is. */
  readonly mainConfig?: MainConfig
  /** The stock configuration that names all of `writes`: with another one they are not written. Absent: the program does it by itself. */
  readonly stock?: {
    readonly file: string
    /** Regular expression on the whole option that names another; absent: the first word that is no option. */
    readonly option?: string
    /** Nothing is read where the command names nothing. */
    readonly named?: true
  }
  /** Lines of the stock configuration that only root can follow. */
  readonly edits?: readonly ConfigEdit[]
  /** What a person should know. */
  readonly caution?: string
  /** `measured`: installed in Debian 13 and looked at. */
  readonly confidence: Confidence
}
