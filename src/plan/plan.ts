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
  /** Who it runs as before and afterwards, where its lines change all the same; absent: they do not, or nobody knows. */
  readonly same?: Pick<AccountChoice, 'name' | 'uid' | 'gid'>
  readonly decisions: readonly Decision[]
  /** All that runs could show to be needless, what was left out for it too. */
  readonly parts: readonly Part[]
  /** What the program's own files speak of, no run has shown, and the user may not; empty where no run was seen. */
  readonly unshown: readonly Grant[]
  /** State folders that the Dockerfile itself hands to the account: nothing to grant, yet to stay writable. */
  readonly handed: readonly string[]
  readonly tools: Tools
  readonly remarks: readonly Remark[]
  /** The USER line that says root once more at the end, where nothing but declarations follow. */
  readonly end: EndPlan | null
  /** Who is in force where; null where nothing is put in. */
  readonly users: StageUsers | null
  /** It has to work with any uid and group 0. */
  readonly anyUid: boolean
  /** Why the changes are only offered; null where they are simply made. */
  readonly offered: string | null
  /** What has to change in the service that it was planned for, which says it in place of the image; absent where none was. */
  readonly inService?: { readonly command: CommandChange | null; readonly env: readonly EnvSetting[] }
}

interface EndPlan extends EndOfStage {
  /** It becomes the new user; else it stays, with the steps that need it below. */
  readonly replace: boolean
}

/** What can be decided for a stage, by kind. */
interface Decided {
  /** The base image becomes another one. */
  readonly 'switch-base': BaseChange
  /** Steps that come while another user than root is in force, and cannot work so. */
  readonly 'build-as-root': RootSteps
  /** The lines that are put in need root, and whom the base image starts as is not known: its reference. */
  readonly 'begin-as-root': string
  /** Ids in commands of the Dockerfile that make the account. */
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
  readonly 'set-env': EnvSetting
  /** The folder that it starts in becomes another. */
  readonly 'set-workdir': WorkdirChange
  readonly 'set-user': AccountChoice
  /** What is to be said of the USER line of a stage that is not root. */
  readonly 'number-user': UserNumber
  /** ENTRYPOINT and CMD as they must become. */
  readonly 'set-command': CommandChange
  /** HEALTHCHECK of the base image, rewritten for moved ports. */
  readonly 'set-healthcheck': Healthcheck
}

/** Whom the copies are given to, and where they would be code that root's programs search for. */
type CopiesOwner = AccountChoice & { readonly code?: ImageCode }

export type DecisionKind = keyof Decided

/** One thing that is decided. What a run may show to be needless is named in `parts` of the stage's plan. */
export type Decision = {
  readonly [Kind in DecisionKind]: {
    readonly kind: Kind
    readonly value: Decided[Kind]
    /** Its lines stand where root is in force, above the USER that is set. */
    readonly needsRoot: boolean
    readonly evidence: readonly Evidence[]
  }
}[DecisionKind]

/** Whether the build does it as root. The one place that says so: the place of the lines and that of USER follow from it. */
const NEEDS_ROOT: Readonly<Record<DecisionKind, boolean>> = {
  'switch-base': false,
  // They go back to root by themselves.
  'build-as-root': false,
  'begin-as-root': false,
  'pin-account': false,
  'make-account': true,
  port: false,
  'edit-file': true,
  'drop-capabilities': true,
  grant: true,
  'own-copies': false,
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
    const made = { kind, value, needsRoot: needsRoot(kind), evidence: evidenceOf(value) }
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

/** Text that goes into a command that makes an account or a group, so that its ids are known. */
export interface AccountPin {
  readonly line: number
  /** Offset into the source. */
  readonly at: number
  readonly text: string
}

/** How the account comes to be. `image`: it is there; `none`: a bare uid. */
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
  /** Nobody knows its ids before the build: they are only told from others'. Absent: no. */
  readonly unnumbered?: true
  /** What its own commands in the Dockerfile must be told. */
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
  /** Its group may all that its owner may (`chmod g=u`): for a uid that owns nothing. */
  readonly groupAsOwner?: boolean
  /** With all that lies below, known or not. */
  readonly tree?: boolean
  /** What is opened with `traverse` is a file, which the user may start then. */
  readonly program?: true
  /** An instruction, a setting or the user asks for it: no guess that a run could disprove. */
  readonly declared?: true
  /** The file as it is there; only where no shell can change it. */
  readonly file?: Pick<FileEntry, 'mode' | 'size'>
  /** Whether its folder, or a sticky one itself, is there is not known: root makes it where it is missing. */
  readonly makesFolder?: boolean
  readonly evidence: readonly Evidence[]
}

/** A grant, or a change for what ownership cannot give (a switch of user, HOME), as a report speaks of it. */
export interface Part {
  readonly kind: 'grant' | 'cure'
  readonly name: string
}

export interface PortDecision {
  readonly from: number
  readonly protocol: 'tcp' | 'udp'
  /** Null: the port is kept, `reason` says why. */
  readonly to: number | null
  readonly reason: string
  readonly exposed: boolean
  /** Lines of other files that count on the old one of a port that moves all the same, `FILE:LINE`; absent: none. */
  readonly users?: readonly string[]
  /** How a person moves one that is kept, in words; absent where that is not known. */
  readonly way?: string
  /** Nothing but a run can say that the place sets it. Absent: no. */
  readonly guessed?: boolean
  /** The address in the container that it is at from then on, and `localhost` may not be; absent where that is the same. */
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
