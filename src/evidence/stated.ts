import { createFileModel } from '../image/file-index.ts'
import type { FileModel } from '../image/file-model.ts'
import type { StepDownReport } from '../image/step-down.ts'
import type { Candidate } from '../plan/account/account-request.ts'
import type { Need } from '../plan/grants/need.ts'
import type { CapableFile } from '../plan/needless-capabilities.ts'
import type { EnvSetting, FileEdit, Remark } from '../plan/plan.ts'
import type { VendorMove } from '../plan/ports/port-sources.ts'

/** What the text of a stage and its build context say by themselves, before anything has been built or run. */
export interface Stated {
  readonly needs: readonly Need[]
  /** What installed packages are known to write, and what files of the image let expect; a run tells it better, and then nobody asks. */
  readonly assumed: () => readonly Need[]
  readonly accounts: readonly Candidate[]
  /** The image's files with what the stage puts in; where the base is not known, only that. */
  readonly files: FileModel
  /** All of the servers that it starts from packages are listed. */
  readonly describesPackages?: boolean
  /** Ports that stock configurations bind, and how they are moved. */
  readonly moves: ReadonlyMap<number, VendorMove>
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly remarks: readonly Remark[]
  /** What may go wrong with a package or a supervisor, where no run has shown it. */
  readonly cautions: readonly Remark[]
  /** Programs to which a RUN gives capabilities of their own. */
  readonly capable: readonly CapableFile[]
  /** Base names of all that the command, its scripts and a supervisor start. */
  readonly programs: readonly string[]
  /** A COPY, ADD or heredoc puts it into the image. */
  readonly isShipped: (path: string) => boolean
  /** What a RUN has removed, of the base image's files too. */
  readonly isRemoved: (path: string) => boolean
  /** Where it switches user, by `files`; null: not looked for. */
  readonly stepDowns: StepDownReport | null
}

export const noStated: Stated = {
  needs: [],
  assumed: () => [],
  accounts: [],
  files: createFileModel(new Map()),
  moves: new Map(),
  fileEdits: [],
  env: [],
  remarks: [],
  cautions: [],
  capable: [],
  programs: [],
  isShipped: () => false,
  isRemoved: () => false,
  stepDowns: null,
}
