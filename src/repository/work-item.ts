import type { ImageFacts } from '../image/facts.ts'
import type { ImageRun, StartOverlay } from '../image/image-run.ts'
import type { ArchiveReference } from '../image/reference.ts'
import type { Project } from '../manifests/project.ts'
import type { Child, ImageUser } from '../plan/exemptions.ts'
import type { Observation } from '../plan/stage-input.ts'
import type { TargetKind } from '../report/report.ts'
import type { ClusterTarget } from './manifests.ts'

/** One thing to work on: a Dockerfile's text, an image by name, or a project of several. */
export interface WorkItem {
  /** As the report says it: the argument as given, for a folder joined with the path below it. */
  readonly target: string
  readonly kind: TargetKind
  /** Absolute path of the file that the text is from (its folder is the build context), of a project the first one; null for stdin and images. */
  readonly path: string | null
  /** What a FROM line or an engine takes: the image without its transport. Null for Dockerfiles, and for what lies in an archive that is not open yet. */
  readonly reference: string | null
  /** Where the target says that its image is to be taken from; null where it does not, and for Dockerfiles. */
  readonly from: ImageSource | null
  /** Absolute: the projectRoot of what `path` names; absent without a path, and where nobody has looked. */
  readonly root?: string
  /** Found in a folder, and not named itself. */
  readonly found?: boolean
  /** The folder that it lies in, of copies of other projects; absent where it lies in none. */
  readonly vendored?: string
  /** What makes it, where nobody edits it; absent where people do, and where nobody has looked. */
  readonly origin?: FileOrigin
  /** How Compose and bake files beside a Dockerfile have it built; absent where none names it. */
  readonly build?: BuildSettings
  /** What the other files of its repository say of its image; absent where there are none to look at. */
  readonly surroundings?: Surroundings
  /** What it is built upon in place of the images that it names, by reference; absent: those. */
  readonly upon?: ReadonlyMap<string, string>
  /** What services start in it, the one that it is planned for first; absent: what it says itself. */
  readonly overlays?: readonly StartOverlay[]
  /** Files, as the caller calls them, in which a port that moves is followed; absent: none. */
  readonly followed?: ReadonlySet<string>
  /** What a run of it among others has shown; absent where there was none. */
  readonly seen?: { readonly observation: Observation | null; readonly facts: ImageFacts | null }
  /** What those files say and nobody trusts them to say; absent where nothing. */
  readonly leftOut?: readonly LeftOut[]
  /** With kind `compose`: what is worked on; absent otherwise. */
  readonly project?: Project
  /** With kind `kubernetes`: what is worked on; absent otherwise. */
  readonly cluster?: ClusterTarget
  /** Targets of one number change in one go, or none of them does; absent: each for itself. */
  readonly together?: number
  /** Text of the Dockerfile; null for images and projects. */
  readonly text: string | null
}

/** Where a file comes from whose changes the next generation loses. All for people. */
export interface FileOrigin {
  /** Why its changes are only offered, with what is to be changed instead. */
  readonly why: string
  /** The line that says so. */
  readonly line: number
  readonly message: string
  readonly hint: string
}

/** What a file said that nobody trusts, and that only the caller may say: what is run, taken or given on this machine. */
export interface LeftOut {
  /** `FILE:LINE` or `service NAME of FILE`, for people. */
  readonly place: string
  /** A subject and a verb, with the value. */
  readonly what: string
  /** The flag that says it. */
  readonly instead: string
  /** `run`: only where something is run. */
  readonly matters: 'always' | 'run'
}

/** What files say of the build of one Dockerfile, where they agree. */
export interface BuildSettings {
  /** Who says it, for people. */
  readonly by: readonly string[]
  /** What it is called by all of them; null where they do not agree. */
  readonly name: string | null
  /** Absolute; null where they do not agree. */
  readonly context: string | null
  /** All of them, for people. */
  readonly contextNames: readonly string[]
  /** Of the arguments those that all have with one value. */
  readonly args: ReadonlyMap<string, string>
  /** Names of arguments that they give different values. */
  readonly unlike: readonly string[]
  /** Variables that their Compose services set for its containers, of those that all have with one value. */
  readonly env: ReadonlyMap<string, string>
  /** All Compose services that run it, with what they publish. */
  readonly services: readonly {
    readonly by: string
    readonly file: string
    readonly ports: readonly unknown[]
    /** The stage that it builds; null for the last one. */
    readonly target: string | null
  }[]
  /** As whom each service that says so runs it. */
  readonly users: readonly { readonly by: string; readonly user: string }[]
  /** All of them say so. */
  readonly allSayUser: boolean
  /** What their Compose services start in place of what the image says, those that publish a port first. */
  readonly starts: readonly ComposeStart[]
  /** One of them starts what the image says. */
  readonly startsOwn: boolean
  /** Stages that they build instead of the last one. */
  readonly targets: readonly string[]
}

export interface ComposeStart {
  readonly by: string
  /** Words; null where the image says it. */
  readonly entrypoint: readonly string[] | null
  readonly command: readonly string[] | null
  /** Absolute in the container; null where the image says it. */
  readonly workdir: string | null
}

/** `engine`: as it is there, nothing is pulled; `registry`: as it is there now. */
export type ImageSource = 'engine' | 'registry' | ArchivePlace

/** A file or folder that holds images. */
export interface ArchivePlace {
  readonly reference: ArchiveReference
  /** Absolute. */
  readonly path: string
}

/** What the files around a Dockerfile say of the image that it makes, and of those that it is built from. */
export interface Surroundings {
  /** Dockerfiles that are built FROM it. */
  readonly children: readonly TreeChild[]
  /** Of the images that it is built FROM those that a Dockerfile of the tree makes, by reference. */
  readonly bases: ReadonlyMap<string, NeighbourImage>
  readonly users: readonly ImageUser[]
  /** How it is run. */
  readonly runs: readonly ImageRun[]
  /** Stages of it that a workflow builds and pushes. */
  readonly stages: readonly { readonly stage: string; readonly by: string }[]
}

interface TreeChild extends Child {
  /** Absolute. */
  readonly path: string
  /** It says no USER of its own before anything runs. */
  readonly countsOnRoot: boolean
}

export interface NeighbourImage {
  /** The Dockerfile, absolute. */
  readonly path: string
  /** The same for people. */
  readonly name: string
  /** Absolute; null where nothing says it. */
  readonly context: string | null
  readonly target: string | null
  readonly bases: ReadonlyMap<string, NeighbourImage>
  /** Its text as the same run changes it; absent where it does not. */
  readonly becomes?: string
  /** The user that it was root before and ends as by that run; absent where it was another one, or stays root. */
  readonly endsAs?: string
}
