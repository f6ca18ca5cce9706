import type { Substitution } from '../evidence/file-edit.ts'
import type { StagePlan } from '../plan/plan.ts'
import { type ReportFinding, type TargetResult, targetFinding } from '../report/report.ts'
import type { Outcome } from '../transform.ts'
import type { Profile } from './profile.ts'
import type { Json } from './yaml/file.ts'

/** A Compose project as Compose resolves it, with where each part of it is written. */
export interface Project {
  /** As `--project-name`, `name:` or the folder says it. */
  readonly name: string
  /** Absolute; what paths of the first file are meant from, and where commands of a person are run. */
  readonly folder: string
  /** The files that it is made of: those that were named or found, in that order, then what they include and extend. */
  readonly files: readonly ProjectFile[]
  /** Those that the profiles let run, by name as first written. */
  readonly services: readonly Service[]
  /** Named volumes, by the name that services call them. */
  readonly volumes: ReadonlyMap<string, ProjectVolume>
  /** Networks that are not of this project, by the names that services call them: others are there too. Absent: none. */
  readonly externalNetworks?: ReadonlySet<string>
  /** What it was resolved from, so that it can be again with other texts; absent for one that was put together by hand. */
  readonly origin?: ProjectOrigin
  /** Left open: a variable without a value, a file that cannot be read or must not be. */
  readonly findings: readonly ReportFinding[]
}

export interface ProjectOrigin {
  readonly request: ProjectRequest
  /** What the caller has named, absolute: it may lie anywhere. */
  readonly named: ReadonlySet<string>
  /** Absolute: of what lies outside of it only that is read, unless the project is trusted. */
  readonly allowedRoot: string
  /** The caller answers for what it says. */
  readonly isTrusted: boolean
}

export interface ProjectFile {
  readonly path: string
  /** From where the caller stands, for people and for the diff. */
  readonly name: string
  readonly text: string
  /** It belongs to the repository and may be changed; not what an `include` of somebody else's brings in. */
  readonly isOwn: boolean
}

export interface ProjectVolume {
  /** Not made by this project: what is in it, others may count on. */
  readonly external: boolean
  /** Of `driver_opts` with `type: none` the folder of the host; null for a volume of the engine's own. */
  readonly device: string | null
}

export interface Service {
  readonly name: string
  /** As Compose would show it (`docker compose config`), the short forms as they were written. */
  readonly settings: Json
  /** Where it is written: what it gets first comes first (`extends`, then the files in their order). */
  readonly origins: readonly ServiceOrigin[]
  readonly build: ServiceBuild | null
  /** Null where only `build` says what it runs. */
  readonly image: string | null
  /** As it is with its variables put in; null where the image says it. */
  readonly user: string | null
  /** `user:` is written with a variable, which whoever starts it may set: its value here is only a default. */
  readonly userIsOpen: boolean
  /** Words; null where the image says it. */
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  readonly workdir: string | null
  /** `env_file` and `environment`; without those whose value only whoever starts it knows. */
  readonly env: ReadonlyMap<string, string>
  readonly mounts: readonly ServiceMount[]
  readonly ports: readonly ServicePort[]
  readonly dependsOn: readonly {
    readonly service: string
    readonly condition: 'started' | 'healthy' | 'completed'
  }[]
}

export interface ServiceOrigin {
  readonly file: number
  /** What the service is called there: of `extends` the one that is extended. */
  readonly service: string
}

export interface ServiceBuild {
  /** Absolute; null for `dockerfile_inline`. */
  readonly dockerfile: string | null
  /** The text of `dockerfile_inline`; null where it is a file. */
  readonly inline: string | null
  /** Absolute; null for a remote one, of which nothing is known. */
  readonly context: string | null
  /** Null for the last stage. */
  readonly target: string | null
  readonly args: ReadonlyMap<string, string>
}

export interface ServiceMount {
  /** `volume`: named or (source '') anonymous; `host`: of the machine; `config` and `secret`: a file of the machine that Compose mounts. */
  readonly kind: 'volume' | 'host' | 'tmpfs' | 'config' | 'secret'
  /** Name of the volume, or absolute path on the machine; '' where there is none. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** `nocopy`: a new volume does not take what the image has there. */
  readonly isEmpty: boolean
  /**
   * Of a config or secret in its long form: whether it is given an owner, and its permission bits (null: those of everybody, 0444).
   * Compose minds them only where it copies what is no file of the machine. Absent: nothing is said.
   */
  readonly given?: { readonly isOwned: boolean; readonly mode: number | null }
}

export interface ServicePort {
  /** As published on the machine; null where the engine chooses, '' for none (`expose`). */
  readonly published: string | null
  readonly target: number
  readonly protocol: 'tcp' | 'udp'
}

/** Which project, as `docker compose` is told it. All paths are absolute. */
export interface ProjectRequest {
  /** `-f`, or what was found: at least one. */
  readonly files: readonly string[]
  /** From where people look at it: names of files start there. */
  readonly cwd: string
  /** `--profile`; null for what `.env` says. */
  readonly profiles: readonly string[] | null
  /** `--env-file`; null for the `.env` beside the first file. */
  readonly envFiles: readonly string[] | null
  /** `--project-name`; null for what the files or their folder say. */
  readonly name: string | null
  /** Variables of the caller that the project may have. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Those that the caller has set and the project may not have. */
  readonly withheld: ReadonlySet<string>
  /** What `~` stands for; null where nobody knows. */
  readonly home: string | null
}

/** The text of a file (absolute path); null where there is none. */
export type ReadProjectFile = (path: string) => ReadText | Unread | null

interface ReadText {
  readonly text: string
  /** It may be changed. */
  readonly isOwn: boolean
}

interface Unread {
  /** Why it is not read: a subject and a verb. */
  readonly refused: string
}

/** What is planned for one service, together with those that it shares images, volumes and ports with. */
export interface PlannedService {
  readonly service: Service
  /** Of its Dockerfile or its image; its target is the service's name. */
  readonly result: TargetResult
  /** What was planned for the stage that it runs; null where nobody could plan it. */
  readonly stage: StagePlan | null
  /** How it is run; null where nobody can say who runs. */
  readonly profile: Profile | null
  /** What it has to start in place of what Compose says now; null where that stays. */
  readonly start: { readonly entrypoint: readonly string[] | null; readonly command: readonly string[] | null } | null
  /** Variables of the service that have to change, by name. */
  readonly env: ReadonlyMap<string, string>
  /** It stays root in an image that says another USER, because other services run it too: it has to say `user: "0:0"`. */
  readonly keepsRoot: boolean
  /** The Dockerfile that makes its image, absolute, with its text as it was; its new text is `output` of the result. Null for none. */
  readonly dockerfile: {
    readonly path: string
    readonly before: string
    /** Files of its build context that change with it; absent for none. */
    readonly beside?: readonly StackFile[]
  } | null
  /** The image that it is to be built from, where it runs one that somebody else made and has to change; else null. */
  readonly derived: { readonly path: string; readonly text: string } | null
}

/** One file of the project's tree that is written. Paths are absolute. */
export interface StackFile {
  readonly path: string
  readonly name: string
  /** Null where there is none yet. */
  readonly before: string | null
  readonly after: string
  /** How it changes, where it does so line by line and something else may change other lines of it; absent for what is written anew. */
  readonly edits?: readonly Substitution[]
}

/** What brings volumes that root has filled to their new owners, and back. */
export interface Migration {
  /** One shell line, run in the folder of the project. */
  readonly command: string
  readonly undo: string
  readonly steps: readonly string[]
}

/** What is to be said of a project, or of one of its services. */
export interface StackFinding extends ReportFinding {
  /** Whom it is about; absent for the project as a whole. */
  readonly service?: string
  /** The service whose port has moved, where somebody speaks of it in a way that cannot be followed; absent for all else. */
  readonly movedBy?: string
}

export function stackFinding(
  transform: string,
  outcome: Outcome,
  message: string,
  service: string | null,
  hint: string | null = null,
): StackFinding {
  return { ...targetFinding(transform, outcome, message, hint), ...(service === null ? {} : { service }) }
}
