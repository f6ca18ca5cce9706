import type { CapableFile, EnvSetting, Evidence, Remark } from '../evidence/claim.ts'
import type { FileEdit } from '../evidence/file-edit.ts'
import type { Healthcheck, Known } from '../image/facts.ts'
import type { FileEntry } from '../image/file-model.ts'
import type { EndOfStage, StageUsers } from './account/stage-users.ts'
import type { UserNumber } from './account/user-number.ts'
import type { ImageCode } from './grants/image-code.ts'
import type { RootSteps } from './step-down/root-steps.ts'

/** The decisions for one Dockerfile: one stage plan for each stage that is meant to run. */
export interface Plan {
  readonly stages: readonly StagePlan[]
}

/**
 * `exempt`: somebody has said in the file that it runs as root. `vendor`: the base image becomes the one that its vendor
 * ships without root.
 */
export type StageOutcome = 'harden' | 'vendor' | 'already' | 'exempt' | 'needs-root' | 'not-applicable' | 'unknown'

/** Plain data: what is decided for one stage, and why. */
export interface StagePlan {
  /** Index into `dockerfile.stages`. */
  readonly stage: number
  readonly outcome: StageOutcome
  /** Why, for every outcome but `harden`. */
  readonly reason: string
  /** Effective user as the stage ends now, as `root`, `node`, `10001:10001`. */
  readonly userBefore: Known<string>
  /** Who it runs as afterwards; null where nothing was chosen. */
  readonly account: AccountChoice | null
  /** The user before and after, where lines change and the user does not; absent: they differ, or the user is unknown. */
  readonly same?: Pick<AccountChoice, 'name' | 'uid' | 'gid'>
  /** As whom it ends without a line of its own, since what it is built upon changes; absent: it does not. */
  readonly inherited?: string
  readonly decisions: readonly Decision[]
  /** Every part that a run may show to be unnecessary, those that were left out for it included. */
  readonly parts: readonly Part[]
  /** Paths that the program's own files name, that no run has shown and the user may not write; empty before a run. */
  readonly unshown: readonly Grant[]
  /** State folders that the Dockerfile already hands to the account: nothing to grant, and they must stay writable. */
  readonly handed: readonly string[]
  readonly tools: Tools
  readonly remarks: readonly Remark[]
  /** The USER line that says root once more at the end, where nothing but declarations follow. */
  readonly end: EndPlan | null
  /** The user in force at each instruction; null where no line is inserted. */
  readonly users: StageUsers | null
  /** It has to work with any uid and group 0. */
  readonly anyUid: boolean
  /** Why the changes are offered and not made; null where they are made. */
  readonly offered: string | null
  /** What must change in the service that overrides the image's command or environment; absent where none does. */
  readonly inService?: { readonly command: CommandChange | null; readonly env: readonly EnvSetting[] }
}

interface EndPlan extends EndOfStage {
  /** The line becomes the new USER; otherwise it stays, and the steps that need root follow it. */
  readonly replace: boolean
}

/** What can be decided for a stage, by kind. */
interface Decided {
  /** The base image becomes another one. */
  readonly 'switch-base': BaseChange
  /** Steps that need root and stand where another user is in force. */
  readonly 'build-as-root': RootSteps
  /** A stage is built upon one that ends as another user than root from now on, and root goes on in it. */
  readonly 'go-on-as-root': GoesOnAsRoot
  /** The inserted lines need root, and the user of the base image (this reference) is unknown. */
  readonly 'begin-as-root': string
  /** Numbers to add to commands of the Dockerfile that create the account. */
  readonly 'pin-account': AccountPin
  readonly 'make-account': AccountChoice
  /** A port that moves, or stays below 1024. */
  readonly port: PortDecision
  readonly 'edit-file': FileEdit
  /** A program that is to lose capabilities of its own. */
  readonly 'drop-capabilities': CapableFile
  readonly grant: Grant
  /** COPY and ADD of the stage give what they bring to the user (`--own copied`). */
  readonly 'own-copies': CopiesOwner
  /** What goes from root's home to the user's. */
  readonly 'move-home': HomeMove
  readonly 'set-env': EnvSetting
  /** Another folder to start in. */
  readonly 'set-workdir': WorkdirChange
  readonly 'set-user': AccountChoice
  /** What is to be said of the USER line of a stage that is not root. */
  readonly 'number-user': UserNumber
  /** ENTRYPOINT and CMD as they must become. */
  readonly 'set-command': CommandChange
  /** HEALTHCHECK of the base image, rewritten for moved ports. */
  readonly 'set-healthcheck': Healthcheck
}

interface GoesOnAsRoot {
  /** Index into `dockerfile.stages`. */
  readonly stage: number
  /** What it is built upon, for people. */
  readonly by: string
  /** As whom that ends. */
  readonly user: string
}

/** The owner of the copies, and the ones among them that hold code which root's programs search for. */
type CopiesOwner = AccountChoice & { readonly code?: ImageCode }

export type DecisionKind = keyof Decided

/** One thing that is decided. What a run may show to be needless is named in `parts` of the stage's plan. */
export type Decision = {
  readonly [Kind in DecisionKind]: {
    readonly kind: Kind
    readonly value: Decided[Kind]
    /** The lines must stand where root is in force, above the new USER. */
    readonly needsRoot: boolean
    readonly evidence: readonly Evidence[]
  }
}[DecisionKind]

/** Whether the build does it as root, where a line of the Dockerfile does it. Only this table says so: the place of the lines and of USER follow from it. */
const NEEDS_ROOT: Readonly<Record<DecisionKind, boolean>> = {
  'switch-base': false,
  // These steps switch to root by themselves.
  'build-as-root': false,
  'go-on-as-root': false,
  'begin-as-root': false,
  'pin-account': false,
  'make-account': true,
  port: false,
  'edit-file': true,
  'drop-capabilities': true,
  grant: true,
  'own-copies': false,
  'move-home': true,
  'set-env': false,
  'set-workdir': false,
  'set-user': false,
  'number-user': false,
  'set-command': false,
  'set-healthcheck': false,
}

export function needsRoot(kind: DecisionKind): boolean {
  return NEEDS_ROOT[kind]
}

export function decide<Kind extends DecisionKind>(kind: Kind, values: readonly Decided[Kind][]): readonly Decision[] {
  return values.map((value) => {
    const isInContext = typeof value === 'object' && 'inContext' in value
    const isOfCopy = typeof value === 'object' && 'from' in value && 'line' in value && value.line !== null
    const made = { kind, value, needsRoot: needsRoot(kind) && !isInContext && !isOfCopy, evidence: evidenceOf(value) }
    return made as unknown as Decision
  })
}

function evidenceOf(value: Decided[DecisionKind]): readonly Evidence[] {
  if (typeof value === 'string' || !('evidence' in value)) return []
  const { evidence } = value
  return 'source' in evidence ? [evidence] : evidence
}

/** The decisions of one kind, in their order. */
export function decided<Kind extends DecisionKind>(
  { decisions }: Pick<StagePlan, 'decisions'>,
  kind: Kind,
): readonly Decided[Kind][] {
  return decisions.flatMap((decision) => (decision.kind === kind ? [decision.value as Decided[Kind]] : []))
}

/** The plan of the stage with this index. */
export function stagePlanOf({ stages }: Plan, stage: number): StagePlan | undefined {
  return stages.find((one) => one.stage === stage)
}

export interface BaseChange {
  readonly image: string
  /** Ports that the image exposes, where the vendor's listens on others. */
  readonly ports: readonly { readonly from: number; readonly to: number; readonly protocol: PortDecision['protocol'] }[]
  readonly evidence: readonly Evidence[]
}

/** Text to insert into a command that creates an account or a group, so that its numbers are known. */
export interface AccountPin {
  readonly line: number
  /** Offset into the source. */
  readonly at: number
  readonly text: string
}

/** How the account is created. `image`: it exists; `none`: a bare uid. */
export type AccountCreation = 'exists' | 'useradd' | 'adduser' | 'append' | 'copy' | 'none'

export interface AccountChoice {
  /** '' for a bare uid. */
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** Supplementary groups it has by the image's /etc/group. */
  readonly groups: readonly number[]
  /** Absolute; '' where it has none. */
  readonly home: string
  readonly createHome: boolean
  /** The group is new too. */
  readonly createGroup: boolean
  readonly from: 'created' | 'image' | 'option'
  readonly creation: AccountCreation
  /** With creation `copy`: the whole new text of /etc/passwd and /etc/group. */
  readonly passwd?: string
  readonly group?: string
  /** What USER says, where a build argument decides the ids, or nobody knows them. */
  readonly text?: string
  /** Its ids become the defaults of the build arguments that USER names. Absent: USER says them. */
  readonly byArgument?: true
  /** Its numbers are known only once it is built. Absent: they are known. */
  readonly unnumbered?: true
  /** Additions to the Dockerfile's own commands that create it. */
  readonly pins?: readonly AccountPin[]
  readonly evidence: readonly Evidence[]
}

/** As chown takes it. */
export function ownerText(owner: GrantOwner): string {
  return owner.unnumbered === true ? `${owner.name ?? ''}:` : copyOwner(owner)
}

/** As COPY and ADD take it: ids that a build argument decides follow it. */
export function copyOwner({ text, uid, gid, unnumbered }: GrantOwner): string {
  return text !== undefined && (unnumbered === true || text.includes('$')) ? text : `${uid}:${gid}`
}

/** As chgrp takes it in a shell. */
export function groupText(owner: GrantOwner): string {
  return owner.unnumbered === true
    ? `"$(id -g ${owner.name ?? ''})"`
    : (copyOwner(owner).split(':')[1] ?? String(owner.gid))
}

export type GrantOwner = Pick<AccountChoice, 'uid' | 'gid' | 'unnumbered' | 'text'> &
  Partial<Pick<AccountChoice, 'name'>>

/** For people. */
export function accountIds({ text, uid, gid, unnumbered }: AccountChoice): string {
  return unnumbered === true ? (text ?? '') : `${uid}:${gid}`
}

/**
 * Least first. `create-file`: made beforehand, owned by the user. `sticky`: the user's group may create, nobody's else
 * file can be replaced (1775). `group-read`: the user's group may read one file. `traverse`: o+x on one folder, or on a program.
 */
export type GrantKind =
  | 'group-read'
  | 'traverse'
  | 'own-file'
  | 'create-file'
  | 'own-directory'
  | 'create-directory'
  | 'sticky'

export interface Grant {
  /** Absolute, symlinks resolved. */
  readonly path: string
  readonly kind: GrantKind
  /** Permission bits to set; absent: as they are (or the tool's default for what is created). */
  readonly mode?: number
  /** The group may do what the owner may (`chmod g=u`): for a uid that owns nothing. */
  readonly groupAsOwner?: boolean
  /** With all that lies below, known or not. */
  readonly tree?: boolean
  /** The path of a `traverse` grant is a program, which the user may then start. */
  readonly program?: true
  /** An instruction, a setting or the user asks for it: no guess that a run could disprove. */
  readonly declared?: true
  /** The file as it is there; only where no shell can change it. */
  readonly file?: Pick<FileEntry, 'mode' | 'size'>
  /** It is unknown whether the folder exists (its own for a sticky grant): root makes it where it is missing. */
  readonly makesFolder?: boolean
  readonly evidence: readonly Evidence[]
}

/** A grant, or a change for what ownership cannot give (a switch of user, HOME), as a report speaks of it. */
export interface Part {
  readonly kind: 'grant' | 'cure'
  readonly name: string
}

/** A file or a folder of root's home that the program finds by the home of whoever runs it. */
export interface HomeMove {
  readonly from: string
  /** In the home of the user. */
  readonly to: string
  /** As it is there. */
  readonly entry: FileEntry
  /** The line of the COPY that brings it, which brings it to the new place then; null: it is copied there by a step of its own. */
  readonly line: number | null
  readonly evidence: readonly Evidence[]
}

export interface PortDecision {
  readonly from: number
  readonly protocol: 'tcp' | 'udp'
  /** Null: the port is kept, `reason` says why. */
  readonly to: number | null
  readonly reason: string
  readonly exposed: boolean
  /** Lines of other files (`FILE:LINE`) that name the old port of one that moves; absent: none. */
  readonly users?: readonly string[]
  /** How a person moves one that is kept, in words; absent where that is not known. */
  readonly way?: string
  /** Only a run can show that this place sets the port. Absent: it is certain. */
  readonly guessed?: boolean
  /** The container's address to ask from then on, where `localhost` no longer answers; absent where it does. */
  readonly checkedAt?: string
  readonly evidence: readonly Evidence[]
}

export interface WorkdirChange {
  readonly path: string
  readonly reason: string
  readonly evidence: readonly Evidence[]
}

export interface CommandChange {
  /** Null: stays. */
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
  readonly reason: string
  readonly evidence: readonly Evidence[]
}

/** What a RUN of this stage can use. */
export interface Tools {
  /** There is a /bin/sh. `unknown` where the base is not known. */
  readonly shell: boolean | 'unknown'
  /** Commands found in the image's usual folders; null where its files are not known. */
  readonly commands: ReadonlySet<string> | null
}
