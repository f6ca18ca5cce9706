import type { ContainerInfo } from './containers.ts'

/** A file of the host by its path below the root; null text where it does not exist. */
export interface HostFile {
  /** Where it is read and written. */
  readonly path: string
  /** What messages call it. */
  readonly name: string
  readonly text: string | null
}

export interface HostFacts {
  /** `/`, or the folder given with --root. */
  readonly root: string
  readonly config: HostFile
  readonly subuid: HostFile
  readonly subgid: HostFile
  readonly passwd: HostFile
  readonly group: HostFile
  readonly loginDefs: string
  readonly kernel: Kernel
  /** Whether the host has useradd or adduser, with which dockerd makes its account. */
  readonly canAddUsers: boolean
  /** `--userns-remap` in a unit or an options file of the root. */
  readonly flags: readonly DaemonFlag[]
  /** A folder above the data root that others may not pass. */
  readonly closedFolder: string | null
  readonly engine: EngineAnswer
}

export interface Kernel {
  /** user.max_user_namespaces; null where it cannot be known. */
  readonly maximum: number | null
  /** Null where it cannot be known. */
  readonly supported: boolean | null
}

export interface DaemonFlag {
  /** A file with its line, or a process. */
  readonly where: string
  readonly value: string
}

export type EngineAnswer = EngineFacts | { readonly answers: false; readonly reason: string }

export interface EngineFacts {
  readonly answers: true
  readonly version: string
  readonly storageDriver: string
  /** With the `uid.gid` folder where it is remapped. */
  readonly dataRoot: string
  readonly remapped: boolean
  readonly rootless: boolean
  readonly containers: readonly ContainerInfo[]
  readonly images: number
  /** As `docker system df` says it: `Images 12.3GB`; empty where it did not say. */
  readonly usage: readonly string[]
  /** Bytes; null where the data is not on this machine. */
  readonly freeBytes: number | null
  /** The config file that its process was started with; null where the process was not found. */
  readonly configFile: string | null
  /** Whether it reads the config file in question; null where the process was not found. */
  readonly readsConfig: boolean | null
  /** `--userns-remap` of its command line. */
  readonly flag: string | null
}

/** `userns ACTION`, as asked for. */
export interface UsernsRequest {
  readonly kind: 'userns'
  readonly action: 'check' | 'plan' | 'apply' | 'revert'
  /** Null: what daemon.json says already, else `default`. */
  readonly user: string | null
  /** As given; null for `/`. */
  readonly root: string | null
  /** As given; null for the daemon's own. */
  readonly config: string | null
  readonly engine: 'auto' | 'none'
  readonly format: 'text' | 'json'
}

export interface UsernsAnswer {
  readonly stdout: string
  readonly stderr: string
  /** 0: nothing is left to do; 1: `check` found that remapping is not on. */
  readonly code: 0 | 1
}
