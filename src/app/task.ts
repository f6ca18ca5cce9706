import type { Proven } from '../attest/statement.ts'
import type { EngineOption } from '../engine/open-engine.ts'
import type { Profile } from '../manifests/profile.ts'
import type { StackFile } from '../manifests/project.ts'
import type { StagePlan } from '../plan/plan.ts'
import type { Policy } from '../plan/stage-input.ts'
import type { Idle } from '../proof/container/limiter.ts'
import type { ChangeSet } from '../report/changes.ts'
import type { Inspection } from '../report/inspection.ts'
import type { ReportFinding, TargetResult } from '../report/report.ts'
import type { WorkItem } from '../repository/work-item.ts'
import type { SmokeCheck } from '../smoke-check.ts'

export interface TargetOutcome {
  readonly result: TargetResult
  /** The original text; for images the one line `FROM …`. */
  readonly source: string
  /** Absolute path of the file that `-w` writes, of a project of its first one; null for stdin and images. */
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
  /** The plan of the last stage that is meant to run; absent where nothing was planned. */
  readonly stage?: StagePlan
  /** What the text of a Dockerfile becomes the result by; absent where it does so only as a whole. */
  readonly changes?: ChangeSet
  /** What `-w` writes, all of it or nothing, where that is more than the Dockerfile; absent otherwise. */
  readonly files?: readonly StackFile[]
  /** The Dockerfile that builds the result of a build context as it is; absent where that is the result's own. */
  readonly selfContained?: string
  /** What is to be kept of its proof; absent where that was not asked for, or nothing was proved. */
  readonly proven?: Proven
  /** What was thrown and is a bug: the target has failed with code `bug`, and its stack is yet to be printed. */
  readonly bug?: unknown
}

/** What is done with a target. */
export type Mode =
  /** Facts, plan and verdict; the text stays as it is. */
  | { readonly kind: 'inspect' }
  /** An image is run as it is, locked down, beside another one, or beside itself run as root (null). Nothing is rewritten. */
  | { readonly kind: 'prove-image'; readonly baseline: string | null }
  | HardenMode

/** `profile`: what is not root already is proved too. */
export interface HardenMode {
  readonly kind: 'harden' | 'profile'
  readonly prove: boolean
  /** The result is built. */
  readonly build: boolean
  /** What the image of the result is called; null for no name, with `profile` for one that fits. */
  readonly tag: string | null
  /** What has to belong to the user belongs to it in the image, also where a command could give it a mount. Absent: no. */
  readonly ownsInImage?: boolean
}

export function isProved(mode: Mode): boolean {
  return mode.kind === 'prove-image' || (mode.kind !== 'inspect' && mode.prove)
}

/** Whether there is no doing it without an engine. */
export function needsEngine(mode: Mode): boolean {
  return isProved(mode) || (mode.kind !== 'inspect' && mode.kind !== 'prove-image' && mode.build)
}

/** Everything the user asked for on one target, after flags and configuration were merged. Formats and files are the CLI's own. */
export interface Options {
  readonly mode: Mode
  readonly policy: Policy
  readonly engine: EngineOption
  /** A builder of `docker buildx` for all builds; absent: the engine's own. Only the caller says so. */
  readonly builder?: string
  readonly offline: boolean
  /** `OS/ARCH[/VARIANT]`; null for the engine's own. */
  readonly platform: string | null
  /** Absolute, the build context; null where nobody said it. */
  readonly context: string | null
  /** `NAME=VALUE` for every build of a Dockerfile. */
  readonly buildArg: readonly string[]
  /** The user's own checks, those of the configuration first. */
  readonly smoke: readonly SmokeCheck[]
  /** Trace the runs of a proof. */
  readonly trace: boolean
  /** How many containers of a proof run at a time, of those that are independent; null for what the machine is good for. */
  readonly jobs: number | null
  /** Leave out every grant and cure without which a proof still passes. */
  readonly minimize: boolean
  /** Files that the Dockerfile copies stay as they are; absent: they do. */
  readonly onlyDockerfile?: boolean
  /** `NAME=VALUE` for every container of a proof, beside what its Compose services set. */
  readonly env: readonly string[]
  /** The containers of a proof run on the engine's own network. Only the caller says so, never a repository. */
  readonly network: boolean
  /** Capabilities that the original is run with beside the default ones, without `CAP_`. */
  readonly capAdd: readonly string[]
  /** What a proof shows is to be kept, about the image that stays; absent: no. */
  readonly attest?: boolean
  /** What is to be said of the configuration that they come from; absent where there is nothing. */
  readonly notes?: readonly ReportFinding[]
}

/** What the work may tell the outside while it goes on. */
export interface TaskHooks {
  /** One short line on what is being done now, such as `building nginx:latest`. */
  progress(line: string): void
  /** Absent: nobody else is at work meanwhile. */
  readonly idle?: Idle
  /** Each line that a build prints, as it comes; absent: nobody wants them. */
  buildOutput?(line: string): void
  /** Runs when the work ends, fails or is interrupted; the last one registered runs first. `otherwise`: how a person does it, where that is ended too. */
  onCleanUp(run: () => Promise<void>, otherwise?: string): void
  /** Aborted on SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal
}

export type ProcessTarget = (item: WorkItem, options: Options, hooks: TaskHooks) => Promise<TargetOutcome>
