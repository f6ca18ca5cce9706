import type { CommentStyle } from '../edit.ts'
import type { StageEvidence } from '../evidence/index.ts'
import type { Operation } from '../evidence/operation.ts'
import type { Vendor } from '../evidence/vendor.ts'
import type { ExposedPort, ImageFacts, Known } from '../image/facts.ts'
import type { StartOverlay } from '../image/image-run.ts'
import type { Created } from './account/created-accounts.ts'
import type { EndOfStage, StageUsers } from './account/stage-users.ts'
import type { UserNumber } from './account/user-number.ts'
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
  /** Of the steps that others build upon (PLANNED_AROUND) those that are ignored, and who asks; absent: none. */
  readonly ignored?: ReadonlyMap<string, string>
  /** A RUN of the stage uses a shell, so there is one. */
  readonly shellSeen: boolean
  /** Why it is most likely meant to be built upon and not to run; null where it is not. */
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
  /** Nothing follows its FROM: what it starts is in that image already. */
  readonly asBuilt?: boolean
  /** ONBUILD of its base image, which run in this build; absent: none. */
  readonly triggers?: readonly string[]
  /** What its own instructions and the build context say. */
  readonly stated: StageEvidence
  /** What a service starts of it in place of what it says itself; absent: nothing. */
  readonly overlay?: StartOverlay
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
  /** Home of root in the original. */
  readonly home: string
  /** The original does its work only as root: the proof, in one sentence; null where nothing says so. */
  readonly needsRoot: string | null
  /** Of such a one the capabilities that its run has used; null: those that every container has. Absent: not looked for. */
  readonly rootCapabilities?: readonly string[] | null
  /** What the program that binds a low port says of its options; absent where nobody asked. */
  readonly help?: HelpText | null
  /** How a program that ended because it is not root says that it starts without; absent where nobody asked. */
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
  /** Those too that other files of the repository count on, as whoever asks for `raise` in words wants it. Absent: no. */
  readonly raiseUsed?: boolean
  /** `--writable`, absolute paths. */
  readonly writable: readonly string[]
  /** Those of them that only a file of the repository asks for: that is nobody's word for a closed place. Absent: none. */
  readonly writableByRepository?: readonly string[]
  /** Apply the offered fixes too. */
  readonly unsafe: boolean
  /** Only a file of the repository asks for that: it is nobody's word for a closed place. Absent: it does not. */
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
  /** The day, as YYYY-MM-DD, on which what was put off until one before it is due. Absent: nothing is. */
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
