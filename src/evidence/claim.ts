import type { QuestionKind } from '../questions.ts'
import type { FileEdit } from './file-edit.ts'
import type { Access } from './operation.ts'

type EvidenceSource =
  | 'declared'
  | 'account'
  | 'packages'
  | 'framework'
  | 'observed'
  | 'traced'
  | 'refused'
  | 'given'
  | 'catalogue'
  | 'config'
  | 'step-down'
  | 'assumed'

/** One reason to believe that a path is written, a port bound, a user meant. For people: nothing is decided by where it comes from. */
export interface Evidence {
  readonly source: EvidenceSource
  /** The path, port or account it is about. */
  readonly subject: string
  /** One lower-case sentence without a full stop: `declared by VOLUME`, `created by the original run`. */
  readonly detail: string
}

/**
 * How sure a need is. `observed`: the original did it; `refused`: a run was denied it; `declared`: an instruction, an option or a
 * setting says it outright; `inferred`: concluded from what the image is made of; `possible`: known of such a program in general.
 */
export type Certainty = 'observed' | 'refused' | 'declared' | 'inferred' | 'possible'

/**
 * A path that the program must be able to use in one way, with the reason to believe so. Everything that is learned,
 * a VOLUME line, a `--writable` flag, a row of `docker diff`, a traced call or a crash log, becomes this one thing.
 */
export interface Need {
  /** `keep-state`: the folder is the program's own, it creates and replaces what it likes in there. */
  readonly access: Access | 'keep-state'
  /** Absolute, symlinks not resolved. */
  readonly path: string
  readonly certainty: Certainty
  readonly evidence: Evidence
  /** What a build step has put there is not known, and must be the program's own too: all in a folder, or the file itself. */
  readonly tree?: boolean
  /** The program makes the folder where it is missing: it needs no more than room for it. Holds where the files of the very image are known. */
  readonly made?: true
  /**
   * This very file is written, in a folder that is there and of which nothing else is needed: it can be made beforehand.
   * `any`: it may be there already, somebody else's, where nobody could look.
   */
  readonly alone?: 'new' | 'any'
  /** The program makes a new file beside it and puts that in its place, or stumbles over what is there already: its folder counts. */
  readonly beside?: true
  /** The program names it from the folder that it is started in: from another one it is elsewhere. */
  readonly fromStart?: true
  /** The configuration file that names the path: an edit that takes it out takes the need away. */
  readonly namedIn?: string
  /** What is to be removed was there before the program: it is in its way. */
  readonly found?: boolean
  /** Asked for with `--writable` or `--own`; by `repository` where only a file of the repository does, and not whoever calls. */
  readonly givenBy?: 'user' | 'repository'
  /** They mean it all the same where it is code of root's: `all` by `--unsafe`, `own`, by `--own`, the program's own code. */
  readonly insists?: 'all' | 'own'
  /** Listed for this very image, whose vendor has made the folder that it lies in. */
  readonly vendors?: true
  /** A RUN has taken the right to write away from its owner too (`chmod -R u-w`): the mode is set, whoever owns it. */
  readonly opens?: true
  /** A start script does it as root, whether or not it is so already. */
  readonly atStart?: true
  /** It does so to all that is in it, whoever has put it there. */
  readonly recursive?: true
  /**
   * The question of a start script behind which it is written, which nobody can answer before it runs; '' where another script asks
   * it. It is granted nothing: where the user could not do it, that is said.
   */
  readonly onlyIf?: string
  /** The mode with which the program makes a folder that is closed to others: some ask that it is. */
  readonly closed?: number
  /** To whom a change-owner gave it. */
  readonly uid?: number
  /** To whom the Dockerfile itself hands it, by name or uid. */
  readonly owner?: string
}

export interface EnvSetting {
  readonly name: string
  readonly value: string
  readonly reason: string
  readonly evidence: readonly Evidence[]
}

/** How a port is moved: what must change for it. */
export interface VendorMove {
  readonly to: number
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  /** Words to put behind the image's command. */
  readonly append: readonly string[]
  /** As of a `PortDecision`. */
  readonly checkedAt?: string
  /** It is needed too where a setting that was found moves one protocol of two. */
  readonly beside?: boolean
  /** Where that is said; absent where the move says it itself. */
  readonly evidence?: readonly Evidence[]
}

export const FIRST_UNPRIVILEGED_PORT = 1024

/** A program with capabilities of its own, which the kernel does not start where it may not have them (`--cap-drop ALL`). */
export interface CapableFile {
  /** Path, or the program's name. */
  readonly name: string
  /** Without `CAP_`; empty where a run has shown that it has some, and not which. */
  readonly capabilities: readonly string[]
  /** The shell command that takes them away. */
  readonly removeWith: string
  /** `declared`: a RUN of the stage gives them to it. */
  readonly certainty: Certainty
  readonly evidence: Evidence
}

/** What is to be said that is no change of its own. */
export interface Remark {
  readonly outcome: 'todo' | 'question' | 'note' | 'offered'
  /** What kind of question it is; absent for what is none. A proof that passes answers all but those about folders of the host. */
  readonly question?: QuestionKind
  /** The transform in whose name it is reported. */
  readonly transform: string
  readonly message: string
  readonly hint?: string
  /** Capabilities without `CAP_`: those that the catalogue names for what must keep root, or that the started program has of its own. */
  readonly capabilities?: readonly string[]
  /**
   * A todo that a run of the result settles: nothing is left of it where a proof has passed. `read`, of a question too: only where the
   * result has read there what the evidence names.
   */
  readonly answeredByRun?: true | 'read'
  /** A question about work that a run does only where somebody asks it to: a proof that passed has not answered it. */
  readonly unasked?: true
  /** Keyword of the instruction it is about; the last one of the stage is meant, else FROM. */
  readonly about?: string
  readonly evidence: readonly Evidence[]
}

export interface PathClaim extends Need {
  readonly kind: 'path'
}

/** One thing that is learned of a stage. */
export type Claim =
  | PathClaim
  | { readonly kind: 'account'; readonly name: string; readonly uid: number | null; readonly evidence: Evidence }
  | { readonly kind: 'port'; readonly port: number; readonly move: VendorMove }
  | ({ readonly kind: 'file-edit' } & FileEdit)
  | ({ readonly kind: 'env' } & EnvSetting)
  | ({ readonly kind: 'capable' } & CapableFile)
  /** The program asks for the home of whoever runs it. */
  | { readonly kind: 'home'; readonly evidence: Evidence }
  | ({ readonly kind: 'remark' } & Remark)

type More = Partial<Omit<Need, 'access' | 'path' | 'evidence'>> & { readonly subject?: string }

/** A path that the stage itself, its command or a configuration names outright. */
export function declared(access: Need['access'], path: string, detail: string, more: More = {}): PathClaim {
  const { subject = path, ...rest } = more
  return {
    kind: 'path',
    access,
    path,
    certainty: 'declared',
    evidence: { source: 'declared', subject, detail },
    ...rest,
  }
}

/** What a run answers. `subject`: where, as a file and line, a path or a program; `message`: a clause about it. */
export function question(
  kind: QuestionKind,
  subject: string,
  message: string,
  more: Pick<Remark, 'hint' | 'about' | 'unasked' | 'answeredByRun'> = {},
): Extract<Claim, { readonly kind: 'remark' }> {
  return {
    kind: 'remark',
    outcome: 'question',
    question: kind,
    transform: 'report-remarks',
    message,
    about: 'CMD',
    evidence: [{ source: 'declared', subject, detail: message }],
    ...more,
  }
}

/** A path that the files which the image is made of let expect. */
export function inferred(access: Need['access'], path: string, detail: string, more: More = {}): PathClaim {
  const { subject = path, ...rest } = more
  return {
    kind: 'path',
    access,
    path,
    certainty: 'inferred',
    evidence: { source: 'framework', subject, detail },
    ...rest,
  }
}

/** A folder that is the program's own, by what is decided or seen of it. */
export function stateNeed(path: string, certainty: Certainty, { source, detail }: Omit<Evidence, 'subject'>): Need {
  return { access: 'keep-state', path, certainty, evidence: { source, subject: path, detail } }
}
