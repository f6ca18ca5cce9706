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

/**
 * One reason to believe that a path is written, a port bound or a user meant. It is for people: no decision depends on where it
 * comes from.
 */
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

/** What every need says. */
interface Wanted {
  /** Absolute, symlinks not resolved. */
  readonly path: string
  readonly certainty: Certainty
  readonly evidence: Evidence
  /** Done as root already: by a RUN, or by a start script, whether or not it is needed. */
  readonly when?: 'build' | 'start'
  /** The program names it relative to the folder that it starts in: started elsewhere, it means another path. */
  readonly fromStart?: true
  /** The configuration file that names the path: an edit that removes it there removes the need. */
  readonly namedIn?: string
  /**
   * Asked for with `--writable` or `--own`, or only by a file of the `repository`. The caller may want it even where it is code that root
   * runs: the program's `own` (`--own`), or `all` (`--unsafe`).
   */
  readonly told?: 'repository' | 'user' | 'own' | 'all'
  /** The catalogue lists it for this image, whose vendor has made the folder above. */
  readonly vendors?: true
  /**
   * The condition of a start script behind which it is written, which nobody can answer before it runs; '' where it stands in
   * another script. Nothing is granted for it: a path that the user could not write is reported.
   */
  readonly onlyIf?: string
}

/** What can be handed over with all that is in it. */
interface Handed extends Wanted {
  /** A build step has put unknown files there, which must be the program's own too: everything in a folder, or the file itself. */
  readonly tree?: true
  /** A start script does it for everything in the folder, whoever has put it there. */
  readonly recursive?: true
  /** The user (name or uid) that the Dockerfile itself hands it to. */
  readonly owner?: string
}

/** A folder is the program's own: it creates and replaces files there as it likes. */
interface TreeNeed extends Handed {
  readonly access: 'keep-state'
  /** The program creates it where it is missing, and only needs room for it. Holds where the file model is that of the image itself. */
  readonly made?: true
  /** A RUN has made it read-only for its owner as well (`chmod -R u-w`): the mode has to be set, whoever owns it. */
  readonly opens?: true
  /** Its mode, where the program creates it closed to others: some programs insist on it. */
  readonly closed?: number
}

interface FileNeed extends Handed {
  readonly access: 'write' | 'create-file' | 'create-socket'
  /**
   * Absent: by what is in its folder. `new`: only this file is written, in a folder that exists, so that it can be created beforehand; `any`:
   * it may also exist already and belong to somebody else, where nobody could look. `beside`: the program creates a new file beside it and
   * renames it, or fails where the file exists, so that its folder must be writable.
   */
  readonly how?: 'new' | 'any' | 'beside'
}

interface FolderNeed extends Wanted {
  readonly access: 'create-directory'
  /** As of a tree. */
  readonly closed?: number
}

/** A name goes, or is replaced. */
interface NameNeed extends Wanted {
  readonly access: 'remove' | 'rename'
  /** The file to be removed existed before the program started, and is in its way. */
  readonly found?: true
}

/** What only an owner may do. */
interface OwnerNeed extends Handed {
  readonly access: 'change-owner' | 'change-mode' | 'change-times'
  /** The new owner of a change-owner. */
  readonly uid?: number
}

/** It is only read, entered, started or asked about: a trace has many of these, and the smallest of grants is enough for each. */
interface WayNeed extends Wanted {
  readonly access: Exclude<Access, (TreeNeed | FileNeed | FolderNeed | NameNeed | OwnerNeed)['access']>
}

type Kinds = TreeNeed | FileNeed | FolderNeed | NameNeed | OwnerNeed | WayNeed
type FieldOf<Kind> = Kind extends unknown ? keyof Kind : never
/** A field of another kind may be asked about, and is never there. */
type Only<Kind> = Kind extends unknown
  ? Kind & { readonly [Other in Exclude<FieldOf<Kinds>, keyof Kind>]?: never }
  : never

/**
 * A path that the program must be able to use in one way, with the reason to believe so: one of six kinds, told apart by their access.
 * Everything that is learned, a VOLUME line, a `--writable` flag, a row of `docker diff`, a traced call or a crash log, becomes this one
 * thing.
 */
export type Need = Only<Kinds>

type NeedOf<A extends Need['access'], One = Need> = One extends Need ? (A extends One['access'] ? One : never) : never

/** What remains of a need that becomes one of another kind. */
export function commonOf(need: Need): Wanted {
  const { access, tree, recursive, owner, made, opens, closed, how, found, uid, ...common } = need
  return common
}

export interface EnvSetting {
  readonly name: string
  readonly value: string
  readonly reason: string
  readonly evidence: readonly Evidence[]
}

/** How a port is moved: the changes that it takes. */
export interface VendorMove {
  readonly to: number
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  /** Words to put behind the image's command. */
  readonly append: readonly string[]
  /** As of a `PortDecision`. */
  readonly checkedAt?: string
  /** It is also needed where a setting that was found moves only one of two protocols. */
  readonly beside?: boolean
  /** Where that is said; absent where the move says it itself. */
  readonly evidence?: readonly Evidence[]
}

export const FIRST_UNPRIVILEGED_PORT = 1024

/** A program with file capabilities, which the kernel does not start where they are not available (`--cap-drop ALL`). */
export interface CapableFile {
  /** Path, or the program's name. */
  readonly name: string
  /** Without `CAP_`; empty where a run has shown that it has some, but not which. */
  readonly capabilities: readonly string[]
  /** The shell command that takes them away. */
  readonly removeWith: string
  /** `declared`: a RUN of the stage gives them to it. */
  readonly certainty: Certainty
  readonly evidence: Evidence
}

/** A finding that changes nothing by itself. */
export interface Remark {
  readonly outcome: 'todo' | 'question' | 'note' | 'offered'
  /** The kind of question; absent for what is none. A passing proof answers all but those about folders of the host. */
  readonly question?: QuestionKind
  /** The transform in whose name it is reported. */
  readonly transform: string
  readonly message: string
  readonly hint?: string
  /**
   * Capabilities without `CAP_`: those that the catalogue lists for an image that must keep root, or file capabilities of the
   * started program.
   */
  readonly capabilities?: readonly string[]
  /**
   * A todo that a run of the result settles: it is gone once a proof has passed. `read`, also of a question: only where the result
   * has read the path that the evidence names. `wrote`: only where the original has written to a place that nothing names.
   */
  readonly answeredByRun?: true | 'read' | 'wrote'
  /** A question about work that a run does only on request: a passing proof has not answered it. */
  readonly unasked?: true
  /** Keyword of the instruction it is about; the last one of the stage is meant, else FROM. */
  readonly about?: string
  readonly evidence: readonly Evidence[]
}

export type PathClaim = Need & { readonly kind: 'path' }

/** One fact that was learned about a stage. */
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

type More<A extends Need['access']> = Partial<Omit<NeedOf<A>, 'access' | 'path' | 'evidence'>> & {
  readonly subject?: string
}

function claimed(
  { access, path, certainty }: Pick<Need, 'access' | 'path' | 'certainty'>,
  { source, detail }: Omit<Evidence, 'subject'>,
  { subject = path, ...more }: { readonly subject?: string } = {},
): PathClaim {
  return { kind: 'path', access, path, certainty, evidence: { source, subject, detail }, ...more } as PathClaim
}

/** A path that the stage itself, its command or a configuration names outright. */
export function declared<A extends Need['access']>(access: A, path: string, detail: string, more?: More<A>): PathClaim {
  return claimed({ access, path, certainty: 'declared' }, { source: 'declared', detail }, more)
}

/** A question that a run answers. `subject`: the place, as a file and line, a path or a program; `message`: a clause about it. */
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

/** A path that the files of the image suggest. */
export function inferred<A extends Need['access']>(access: A, path: string, detail: string, more?: More<A>): PathClaim {
  return claimed({ access, path, certainty: 'inferred' }, { source: 'framework', detail }, more)
}

/** A folder that is the program's own, as it was decided or seen. */
export function stateNeed(
  path: string,
  certainty: Certainty,
  { source, detail }: Omit<Evidence, 'subject'>,
): NeedOf<'keep-state'> {
  return { access: 'keep-state', path, certainty, evidence: { source, subject: path, detail } }
}
