/** Where a line of the catalogue comes from, best first. */
export type Confidence = 'measured' | 'read-from-source' | 'inferred' | 'general-knowledge'

/**
 * How the vendor's image meets root. `needs-config`: the daemon itself switches user, and needs other settings to start
 * without root; `native-stepdown`: the same, but it starts as it is; `stepdown-entrypoint`: a script switches;
 * `plain-root`: runs as root for no reason; `language-base`, `os-base`, `distroless`: there to be built upon.
 */
type ImageClass =
  | 'needs-config'
  | 'native-stepdown'
  | 'stepdown-entrypoint'
  | 'plain-root'
  | 'already-nonroot'
  | 'language-base'
  | 'os-base'
  | 'distroless'
  | 'must-run-as-root'

interface ListedUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** Absolute; absent where the source does not say. */
  readonly home?: string
  readonly shell?: string
}

export interface ListedGroup {
  readonly name: string
  readonly gid: number
}

export interface AccountList {
  readonly users: readonly ListedUser[]
  readonly groups: readonly ListedGroup[]
}

export type AccountBase = 'debian' | 'alpine' | 'busybox' | 'distroless'

export interface ListedAccounts {
  /** The distribution's own accounts (accounts.json); null where they are not listed. */
  readonly base: AccountBase | null
  /** What the image adds to them. A user's own group of the same name need not be listed. */
  readonly users: readonly ListedUser[]
  readonly groups: readonly ListedGroup[]
}

/** What the image's own config says; only what an edit could depend on. */
interface ListedConfig {
  /** '' is root. */
  readonly user: string
  readonly entrypoint?: readonly string[] | null
  readonly cmd?: readonly string[] | null
  readonly env?: Readonly<Record<string, string>>
  /** `80/tcp` */
  readonly exposedPorts?: readonly string[]
  readonly volumes?: readonly string[]
  readonly workdir?: string
  readonly stopSignal?: string
}

interface WritablePath {
  /** Absolute, symlinks resolved. */
  readonly path: string
  readonly kind: 'directory' | 'file'
  readonly why: string
  /** The image already lets `user` write here: nothing to change, but a read-only root needs a mount. */
  readonly prepared?: boolean
  /** Only for a feature that is off by default. */
  readonly optional?: boolean
  /** Only where the main configuration is another than the vendor's and no line of it matches this regular expression. */
  readonly unlessSet?: string
}

/** The file that all other configuration is included from. */
export interface MainConfig {
  readonly file: string
  /** Base name. */
  readonly program: string
  /** Option of the program that names another one, such as `-c`. */
  readonly option: string
  /** Regular expression on its lines that name a folder which the program writes. Absent: the entry lists them all. */
  readonly namesFolder?: string
}

/**
 * One change, line by line, to a text file of the image: what `sed -E` does, as data. `pattern` is a POSIX extended
 * regular expression that means the same in JavaScript. `replacement` may use `\1` to `\9`, and has no `&`
 * and no line end.
 */
export interface ConfigEdit {
  readonly file: string
  readonly pattern: string
  readonly replacement?: string
  /** Every match of a line, not only the first. */
  readonly global?: boolean
  /** Delete the lines that match. */
  readonly remove?: boolean
  /** Right for the file as the vendor ships it; would break one that was replaced. */
  readonly stockOnly?: boolean
  /** Of a package: needed where nobody knows the number of its account yet, so that another one runs the program. */
  readonly otherAccount?: boolean
  readonly why: string
  /** A line as it is in the image, and what becomes of it; null: it is gone. */
  readonly example: { readonly before: string; readonly after: string | null }
}

interface EnvValue {
  readonly name: string
  readonly value: string
  readonly why: string
}

export interface PortMove {
  readonly from: number
  readonly to: number
  readonly protocol: 'tcp' | 'udp'
  /** The port is only bound by a feature that is off by default. */
  readonly optional?: boolean
  /** Regular expression on the main configuration: with such a line that feature is on. */
  readonly onWith?: string
  /** A program whose project says nothing of it listens nowhere. Regular expressions on the project's path and its text. */
  readonly onlyFor?: { readonly project: string; readonly says: string }
  /** What moves it: any of the three, all of what is given; none where only the user's own settings do. */
  readonly edits?: readonly ConfigEdit[]
  readonly env?: readonly EnvValue[]
  /** Words to put behind the image's CMD. */
  readonly appendArguments?: readonly string[]
  /** Regular expression on one argument: with such a one the program does not listen there by itself. */
  readonly unlessArgument?: string
  /** The address that the port is at once the edits are made, where `localhost` may be another (IPv6) one. */
  readonly checkedAt?: string
}

/** A file with capabilities of its own: with the effective bit it cannot be executed under `--cap-drop ALL`. */
export interface FileCapability {
  readonly path: string
  readonly capabilities: readonly string[]
  /** Command of the image that takes them away. It copies the file into the new layer. */
  readonly removeWith: readonly string[]
}

export interface NeedsRoot {
  readonly reason: string
  /** Without `CAP_`; `ALL` for `--privileged`. */
  readonly capabilities: readonly string[]
  /** What does the same without root. */
  readonly rootlessTwin: string | null
  readonly advice: string
}

/** The vendor's own way to run without root. */
export interface VendorWay {
  /** In the file `{repository}` and `{tag}` stand for those that were asked for; in an entry they are filled in. */
  readonly reference: string
  /** What becomes of some tags (`\1` to `\9` are groups); the new tag takes the place of all that follows the colon. */
  readonly tags?: readonly { readonly pattern: string; readonly to: string }[]
  /** Who it then runs as, `uid:gid`. */
  readonly user: string
  /** What is different for whoever uses the image. */
  readonly differences: readonly string[]
}

/** What may be said of one variant, or of all variants of an image at once. */
export interface VariantFacts {
  /** `ID` of os-release; null where it differs or is not known. */
  readonly os: string | null
  readonly accounts: ListedAccounts
  readonly config: ListedConfig
  /** There is a /bin/sh. */
  readonly shell: boolean
  readonly class: ImageClass
  /** Account of the image to run as; null: none of it belongs to the program. */
  readonly user: { readonly name: string; readonly uid: number; readonly gid: number } | null
  readonly writable: readonly WritablePath[]
  readonly ports: readonly PortMove[]
  /** Null where there is none, or it does not matter which it is. */
  readonly mainConfig: MainConfig | null
  /** Files that are links to /dev/stdout and /dev/stderr. Absent: none. */
  readonly streams?: readonly string[]
  /** Its entrypoint runs the scripts in this folder before one of these programs; absent where there is none. */
  readonly startFolder?: { readonly folder: string; readonly programs: readonly string[] }
  /** Its entrypoint makes `to/NAME` of each `from/NAME` with the suffix, before it starts any of `startFolder`'s programs. */
  readonly renders?: { readonly from: string; readonly suffix: string; readonly to: string }
  readonly configEdits: readonly ConfigEdit[]
  readonly env: readonly EnvValue[]
  readonly fileCapabilities: readonly FileCapability[]
  readonly needsRoot: NeedsRoot | null
  readonly unprivilegedVariant: VendorWay | null
  /** `owner/repository:path@commit` */
  readonly sources: readonly string[]
}

export interface Variant extends Partial<VariantFacts> {
  readonly variant: string
  /** Regular expression on the tag; null for every tag. */
  readonly tagPattern: string | null
  /** Tags that are of this variant and of no other, for the tests. */
  readonly tags: readonly string[]
}

/** One file of `images/`. */
export interface CatalogueImage {
  readonly image: string
  /** Globs on the name as people write it; `*` stands for anything but `/`. */
  readonly repositories: readonly string[]
  /** Who some of them run as in place of what the variants that are not root say; '0' for root. */
  readonly users?: Readonly<Record<string, string>>
  /** What all variants share; a variant's own line replaces it as a whole. */
  readonly common?: Partial<VariantFacts>
  readonly variants: readonly Variant[]
}
