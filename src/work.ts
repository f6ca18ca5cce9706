import type { ArchiveReference } from './image/reference.ts'
import type { Policy } from './plan/policy.ts'
import type { Profile } from './profile/profile.ts'
import type { Inspection } from './report/inspection.ts'
import type { ReportFinding, TargetResult } from './report/report.ts'
import type { SmokeCheck } from './smoke-check.ts'

/** One thing to work on: a Dockerfile's text, or an image by name. */
export interface WorkItem {
  /** As the report says it: the argument as given, for a folder joined with the path below it. */
  readonly target: string
  readonly kind: 'dockerfile' | 'image'
  /** Absolute path of the file that the text is from (its folder is the build context); null for stdin and images. */
  readonly path: string | null
  /** What a FROM line or an engine takes: the image without its transport. Null for Dockerfiles, and for what lies in an archive that is not open yet. */
  readonly reference: string | null
  /** Where the target says that its image is to be taken from; null where it does not, and for Dockerfiles. */
  readonly from: ImageSource | null
  /** How Compose and bake files beside a Dockerfile have it built; absent where none names it. */
  readonly build?: BuildSettings
  /** What those files say and nobody trusts them to say; absent where nothing. */
  readonly leftOut?: readonly LeftOut[]
  /** Text of the Dockerfile; null for images. */
  readonly text: string | null
}

/** What a file said that nobody trusts, and that only the caller may say: what is run, taken or given on this machine. */
export interface LeftOut {
  /** `FILE:LINE` or `service NAME of FILE`, for people. */
  readonly place: string
  /** A subject and a verb, with the value. */
  readonly what: string
  /** The flag that says it. */
  readonly instead: string
  /** `run`: only where something is run. */
  readonly matters: 'always' | 'run'
}

/** What files say of the build of one Dockerfile, where they agree. */
export interface BuildSettings {
  /** Who says it, for people. */
  readonly by: readonly string[]
  /** What it is called by all of them; null where they do not agree. */
  readonly name: string | null
  /** Absolute; null where they do not agree. */
  readonly context: string | null
  /** All of them, for people. */
  readonly contextNames: readonly string[]
  /** Of the arguments those that all have with one value. */
  readonly args: ReadonlyMap<string, string>
  /** Names of arguments that they give different values. */
  readonly unlike: readonly string[]
  /** Variables that their Compose services set for its containers, of those that all have with one value. */
  readonly env: ReadonlyMap<string, string>
  /** All Compose services that run it, with what they publish. */
  readonly services: readonly { readonly by: string; readonly file: string; readonly ports: readonly unknown[] }[]
  /** Where each service that runs it mounts the socket of the host's container engine, and gives it no group for that. */
  readonly sockets: readonly { readonly by: string; readonly socket: string }[]
  /** Where each service that runs it is given what only root can use: capabilities, `ALL` for `privileged`. */
  readonly given: readonly { readonly by: string; readonly rights: readonly string[] }[]
  /** What their Compose services start in place of what the image says, those that publish a port first. */
  readonly starts: readonly ComposeStart[]
  /** One of them starts what the image says. */
  readonly startsOwn: boolean
  /** Stages that they build instead of the last one. */
  readonly targets: readonly string[]
}

export interface ComposeStart {
  readonly by: string
  /** Words; null where the image says it. */
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
}

/** `engine`: as it is there, nothing is pulled; `registry`: as it is there now. */
export type ImageSource = 'engine' | 'registry' | ArchivePlace

/** A file or folder that holds images. */
export interface ArchivePlace {
  readonly reference: ArchiveReference
  /** Absolute. */
  readonly path: string
}

export interface TargetOutcome {
  readonly result: TargetResult
  /** The original text; for images the one line `FROM …`. */
  readonly source: string
  /** Absolute path of the file that `-w` writes; null for stdin and images. */
  readonly path: string | null
  /** Absolute, the build context; absent for the folder of the Dockerfile. */
  readonly context?: string
  /** The arguments of its build; absent for none. */
  readonly buildArgs?: Readonly<Record<string, string>>
  /** The stage that is built; absent for the last one. */
  readonly target?: string
  /** What the built result is called, null where it is not kept; absent where none was built. */
  readonly built?: string | null
  /** With `inspect`: what is known and decided, one a stage that is meant to run. */
  readonly inspection?: readonly Inspection[]
  /** The run-time half; absent where nobody can say who runs. */
  readonly profile?: Profile
  /** What was thrown and is a bug: the target has failed with code `bug`, and its stack is yet to be printed. */
  readonly bug?: unknown
}

/** Everything the user asked for on one target, after flags and configuration were merged. Formats and files are the CLI's own. */
export interface Options {
  readonly policy: Policy
  readonly engine: EngineChoice
  readonly offline: boolean
  /** `OS/ARCH[/VARIANT]`; null for the engine's own. */
  readonly platform: string | null
  /** Absolute, the build context; null where nobody said it. */
  readonly context: string | null
  /** `NAME=VALUE` for every build of a Dockerfile. */
  readonly buildArg: readonly string[]
  readonly build: boolean
  /** What `build` calls it; null for no name, with `profile` for that of the profile. */
  readonly tag: string | null
  readonly prove: boolean
  /** The user's own checks, those of the configuration first. */
  readonly smoke: readonly SmokeCheck[]
  /** Trace the runs of a proof. */
  readonly trace: boolean
  /** How many containers of a proof run at a time, of those that are independent; null for what the machine is good for. */
  readonly jobs: number | null
  /** Leave out every grant and cure without which a proof still passes. */
  readonly minimize: boolean
  /** `NAME=VALUE` for every container of a proof, beside what its Compose services set. */
  readonly env: readonly string[]
  /** The containers of a proof run on the engine's own network. Only the caller says so, never a repository. */
  readonly network: boolean
  /** Capabilities that the original is run with beside the default ones, without `CAP_`. */
  readonly capAdd: readonly string[]
  /** `inspect`: facts, plan and verdict only; the text stays as it is. */
  readonly inspect: boolean
  /** The verb `profile`: what is not root already is proved too. */
  readonly profile: boolean
  /** `prove IMAGE`: the image is run as it is, nothing is rewritten. */
  readonly proveAsIs: boolean
  /** `prove IMAGE --baseline IMAGE`; null for the image itself run as root. */
  readonly baseline: string | null
  /** What is to be said of the configuration that they come from; absent where there is nothing. */
  readonly notes?: readonly ReportFinding[]
}

export type EngineChoice = 'auto' | 'docker' | 'podman' | 'nerdctl' | 'none'

/** What the work may tell the outside while it goes on. */
export interface Ports {
  /** One short line on what is being done now, such as `building nginx:latest`. */
  progress(line: string): void
  /** Runs when the work ends, fails or is interrupted; the last one registered runs first. `otherwise`: how a person does it, where that is ended too. */
  onCleanUp(run: () => Promise<void>, otherwise?: string): void
  /** Aborted on SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal
}

export type ProcessTarget = (item: WorkItem, options: Options, ports: Ports) => Promise<TargetOutcome>
