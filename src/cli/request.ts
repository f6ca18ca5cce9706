import type { EngineOption } from '../engine/open-engine.ts'
import type { UsernsRequest } from '../userns/request.ts'
import type { Settings } from '../workspace/settings.ts'

/** What the command line asks for, checked as far as it can be without looking at the targets. */
export type Request = Print | ListTransforms | UsernsRequest | Clean | Work

/** `--help` and `--version`. */
interface Print {
  readonly kind: 'print'
  readonly text: string
}

export interface ListTransforms {
  readonly kind: 'transforms'
  readonly format: 'text' | 'json'
}

export interface Clean {
  readonly kind: 'clean'
  /** Where half-written files are looked for, as given. */
  readonly folders: readonly string[]
  readonly dryRun: boolean
  /** Also what nobody here can say of whether its run is over. */
  readonly all: boolean
  readonly engine: EngineOption
}

export interface Work {
  readonly kind: 'work'
  readonly verb: 'harden' | 'inspect' | 'prove' | 'profile'
  readonly targets: readonly string[]
  readonly write: boolean
  /** `-o`, as given; null for none. */
  readonly output: string | null
  readonly check: boolean
  /** On stderr only what failed and the sum. */
  readonly quiet: boolean
  /** Null: what fits the targets. */
  readonly format: string | null
  readonly build: boolean
  readonly tag: string | null
  readonly prove: boolean
  readonly baseline: string | null
  /** Never a setting: a configuration file could say it too. */
  readonly network: boolean
  /** With the verb `profile`, null for the others. */
  readonly profile: ProfileRequest | null
  /** `--config`, as given; null for the nearest. */
  readonly config: string | null
  /** `--trust-config`, or `--no-trust-config`: false; null where neither is given. */
  readonly trustConfig: boolean | null
  /** Only what the flags say. */
  readonly settings: Partial<Settings>
}

export interface ProfileRequest {
  readonly platform: 'docker' | 'compose' | 'kubernetes'
  /** What the image is called that runs; null: as it was asked for, or a name that says what it was made from. */
  readonly image: string | null
  /** Compose files, one on top of the other, or manifests that are changed; none: the profile is printed. */
  readonly files: readonly string[]
  readonly service: string | null
  readonly container: string | null
}
