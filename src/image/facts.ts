import type { FileModel } from './file-model.ts'

/** A fact, or the reason why it is not known. Unknown is never silently a default. */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly reason: string }

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

export interface Healthcheck {
  /** As in the image config: `['NONE']`, `['CMD', …]` or `['CMD-SHELL', text]`. */
  readonly test: readonly string[]
  readonly intervalMs?: number
  readonly timeoutMs?: number
  readonly startPeriodMs?: number
  readonly startIntervalMs?: number
  readonly retries?: number
}

export interface ExposedPort {
  readonly port: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
}

/** The OCI image config, as far as it decides how a container starts. */
export interface ImageConfig {
  /** As written in the image; '' means root. */
  readonly user: string
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
  /** In order; later ones win. */
  readonly env: ReadonlyMap<string, string>
  readonly exposedPorts: readonly ExposedPort[]
  /** Why ports below 1024 are missing in `exposedPorts`; null or absent where none is. */
  readonly portsLeftOut?: string | null
  /** The image has more volumes than are read, or volumes with paths that are too long. */
  readonly volumesLeftOut?: true
  readonly volumes: readonly string[]
  /** Absolute; '/' where the image says nothing. */
  readonly workdir: string
  readonly healthcheck: Healthcheck | null
  /** ONBUILD triggers as written. */
  readonly onbuild: readonly string[]
  /** SHELL; null means the default `/bin/sh -c`. */
  readonly shell: readonly string[] | null
  readonly stopSignal: string | null
  readonly labels: ReadonlyMap<string, string>
}

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

export interface Accounts {
  /** As the C library of the image reads them. */
  readonly users: readonly Account[]
  readonly groups: readonly Group[]
  /** As the engine reads them for USER; absent where that is the same. See `engineEntries`. */
  readonly asEngine?: readonly Account[]
}

export interface OsRelease {
  /** `ID=`: debian, alpine, rhel …; '' when the file has none. */
  readonly id: string
  readonly idLike: readonly string[]
  readonly versionId: string
}

export type FactSource = 'engine' | 'registry' | 'archive' | 'catalogue' | 'derived'

/**
 * What is known about an image; each source gives the same shape. `files` holds owner and mode of every path and the text of small
 * files that decide something (accounts, entrypoint scripts, configuration).
 */
export interface ImageFacts {
  /** As the user or the FROM line named it. */
  readonly reference: string
  readonly source: FactSource
  /** Content digest or engine image id, `sha256:…`. */
  readonly digest: string | null
  readonly platform: Platform
  readonly config: ImageConfig
  readonly accounts: Known<Accounts>
  readonly files: Known<FileModel>
  /** Files that are known to exist, where not all files are known; absent: none. */
  readonly someFiles?: FileModel
  /** The image that a Dockerfile of the same repository builds it from; absent where none does. */
  readonly madeFrom?: string
  /** Accounts that Dockerfiles of the same repository make in it, by name; absent where none does. */
  readonly madeAccounts?: readonly string[]
  readonly os: Known<OsRelease>
}

/** `OS/ARCH[/VARIANT]`, as `--platform` and Docker have it. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/')
  return { os, architecture, ...(variant ? { variant } : {}) }
}

/** A program for the one platform runs on the other, as far as the variant allows. */
export function isAlike(platform: Partial<Platform> | undefined, { os, architecture }: Platform): boolean {
  return platform?.os === os && platform.architecture === architecture
}

/** As people write it; what is not known is left out. */
export function platformText({ os = '', architecture = '', variant }: Partial<Platform>): string {
  return [os, architecture, variant].filter(Boolean).join('/')
}
