import { type ReportFinding, type TargetResult, targetFinding } from '../report/report.ts'
import type { Outcome } from '../transform.ts'
import type { Profile } from './profile.ts'
import type { Service } from './project.ts'

/** What is planned for one service, together with those that it shares images, volumes and ports with. */
export interface PlannedService {
  readonly service: Service
  /** Of its Dockerfile or its image; its target is the service's name. */
  readonly result: TargetResult
  /** Messages of its todos that a run which passes answers; absent for none. */
  readonly answered?: ReadonlySet<string>
  /** How it is run; null where nobody can say who runs. */
  readonly profile: Profile | null
  /** What it has to start in place of what Compose says now; null where that stays. */
  readonly start: { readonly entrypoint: readonly string[] | null; readonly command: readonly string[] | null } | null
  /** Variables of the service that have to change, by name. */
  readonly env: ReadonlyMap<string, string>
  /** It stays root in an image that says another USER, because other services run it too: it has to say `user: "0:0"`. */
  readonly keepsRoot: boolean
  /** The Dockerfile that makes its image, absolute, with its text as it was; its new text is `output` of the result. Null for none. */
  readonly dockerfile: { readonly path: string; readonly before: string } | null
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
