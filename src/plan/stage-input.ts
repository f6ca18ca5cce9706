import type { CommentStyle } from '../edit.ts'
import type { Need } from '../evidence/claim.ts'
import type { StageEvidence } from '../evidence/index.ts'
import type { Operation } from '../evidence/operation.ts'
import type { Vendor } from '../evidence/vendor.ts'
import type { ExposedPort, ImageFacts, Known } from '../image/facts.ts'
import type { StartOverlay } from '../image/image-run.ts'
import type { Created } from './account/created-accounts.ts'
import type { EndOfStage, StageUsers } from './account/stage-users.ts'
import type { UserNumber } from './account/user-number.ts'
import type { AuthorsWord } from './authors-word.ts'
import type { Dependents, Exemption } from './exemptions.ts'
import type { HelpText } from './ports/told-port.ts'
import type { OwnWay } from './step-down/own-way.ts'
import type { RootSteps } from './step-down/root-steps.ts'

/** What is known of one stage when the plan is made. Pure data: facts, and what runs have shown. */
export interface StageInput {
  /** Index into `dockerfile.stages`. */
  readonly stage: number
  /** The image as this stage leaves it. */
  readonly facts: ImageFacts
  readonly userBefore: Known<string>
  /** Accounts that the Dockerfile itself creates. */
  readonly created: Created
  /** Who is in force where, by the stage's USER lines. */
  readonly users: StageUsers
  readonly end: EndOfStage | null
  readonly rootSteps: readonly RootSteps[]
  readonly userNumber: UserNumber | null
  readonly exemption: Exemption | null
  /** What its comments say of why it runs as root. */
  readonly authorsWords: readonly AuthorsWord[]
  /** The steps of PLANNED_AROUND that are ignored, and who asks for it; absent: none. */
  readonly ignored?: ReadonlyMap<string, string>
  /** A RUN of the stage uses a shell, so there is one. */
  readonly shellSeen: boolean
  /** Why the stage is most likely a base for others and not run itself; null where it is run. */
  readonly builtUpon: string | null
  /** Who in the tree counts on its user; absent: nobody. */
  readonly dependents?: Dependents
  /** A port, a check or a service says that it is run as it is, whoever builds on it. Absent: no. */
  readonly runItself?: boolean
  readonly vendor: Vendor
  readonly observation: Observation | null
  /** An account of the base image whose number depends on an argument of FROM; absent: none. */
  readonly openNumber?: string
  /** Its FROM names the base image outright, and no RUN or USER follows. */
  readonly plainBase?: boolean
  /** No instruction follows FROM: everything that it starts is in the base image. */
  readonly asBuilt?: boolean
  /** Files of the build context that may be changed where they are, by their path there, as they are called from where it was run. Absent: none. */
  readonly editable?: ReadonlyMap<string, string>
  /** ONBUILD of its base image, which run in this build; absent: none. */
  readonly triggers?: readonly string[]
  /** What its own instructions and the build context say. */
  readonly stated: StageEvidence
  /** The stages that it is built from and itself, the outermost first. */
  readonly lineage: readonly LineageStage[]
  /** Stages of the file that begin with an image which the same run makes end as another user than root. Absent: none does. */
  readonly changed?: readonly ChangedBase[]
  /** The command and environment that a service sets in place of the image's own; absent: none. */
  readonly overlay?: StartOverlay
}

interface LineageStage {
  readonly index: number
  readonly name: string | null
  readonly hasUser: boolean
  /** It, or what is built upon it, runs something before it says a user. */
  readonly runsAsParent: boolean
}

export interface ChangedBase extends LineageStage {
  /** The image, for people. */
  readonly by: string
  /** As whom it ends from then on. */
  readonly user: string
  /** A stage that is meant to run is built from it. */
  readonly isPlanned: boolean
}

/** What running the original has shown. */
export interface Observation {
  /** What the run as root did, and what runs as the new user were refused. */
  readonly operations: readonly Operation[]
  /** Ports it listened on. */
  readonly bound: readonly ExposedPort[]
  /** Uids of its processes. */
  readonly uids: readonly number[]
  /** Who had which processes, root left out; absent: not looked at. */
  readonly workers?: readonly { readonly uid: number; readonly program: string }[]
  /** Names of its processes. */
  readonly programs: readonly string[]
  /** Files it opened; null where it was not traced. */
  readonly opened: readonly string[] | null
  /** Empty folders that files which it opened name, and that it did not write to. Absent: not looked for. */
  readonly named?: readonly Need[]
  /** Home of root in the original. */
  readonly home: string
  /** The original does its work only as root: the proof, in one sentence; null where nothing says so. */
  readonly needsRoot: string | null
  /** The capabilities that a run of an image that must keep root has used; null: those of every container. Absent: not asked. */
  readonly rootCapabilities?: readonly string[] | null
  /** What the program that binds a low port says of its options; absent where nobody asked. */
  readonly help?: HelpText | null
  /** What the program printed about starting without root after it ended because it is not root; absent where no run asked. */
  readonly ownWay?: OwnWay | null
  /** Names of those `parts` of a plan without which it was shown to work. Absent: none. */
  readonly excluded?: readonly string[]
}

/** What the user asked for. */
export interface Policy {
  /** `--user NAME|UID[:GID]`, as given; null for the default choice. */
  readonly user: string | null
  /** Why it is that one, where nobody gave it in words: `the user of …`. Absent: it was given. */
  readonly userBecause?: string
  readonly own: 'minimal' | 'workdir' | 'copied'
  readonly ports: 'keep' | 'raise'
  /** Why they stay, where nobody asked for `keep` in words: `./site.conf sets it`. Absent: it was asked for. */
  readonly portsBecause?: string
  /** Ports that other files of the repository rely on are raised too, as `--ports raise` asks. Absent: no. */
  readonly raiseUsed?: boolean
  /** `--writable`, absolute paths. */
  readonly writable: readonly string[]
  /** The paths among them that only a file of the repository asks for: a repository cannot ask for a closed place. Absent: none. */
  readonly writableByRepository?: readonly string[]
  /** Apply the offered fixes too. */
  readonly unsafe: boolean
  /** Only a file of the repository asks for it, which is not enough for a closed place. Absent: the caller does. */
  readonly unsafeByRepository?: boolean
  /** Names of transforms that must not run. */
  readonly ignore: readonly string[]
  /** `--target`: the stage that is built; null for the last one. */
  readonly target: string | null
  /** Take the vendor's own unprivileged image where there is one. Absent: no. */
  readonly preferVendor?: boolean
  /** It has to work with any uid and group 0, as on OpenShift. Absent: no. */
  readonly arbitraryUid?: boolean
  /** What the comments above inserted lines say. Absent: one short line each. */
  readonly comments?: CommentStyle
  /** Today's date, YYYY-MM-DD: postponed decisions of earlier dates are due. Absent: none is. */
  readonly today?: string
}

export const defaultPolicy: Policy = {
  user: null,
  own: 'minimal',
  ports: 'raise',
  writable: [],
  unsafe: false,
  ignore: [],
  target: null,
}
