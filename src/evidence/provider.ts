import type { VariantFacts } from '../../catalogue/entry.ts'
import type { PackageRule } from '../../catalogue/package-rule.ts'
import type { ProgramRule, WorkingFolderRule } from '../../catalogue/program.ts'
import type { BuildContext } from '../contents/build-context.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import type { Stage } from '../dockerfile/model.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import type { ImageRun } from '../image/image-run.ts'
import type { StepDownReport } from '../image/step-down.ts'
import type { Claim } from './claim.ts'
import type { InstalledPackage, ListedServer } from './servers.ts'
import type { SourceParsers } from './syntax.ts'

/** What the catalogue knows of programs, beside the image's own entry. */
export interface Catalogue {
  readonly packages: readonly PackageRule[]
  readonly programs: readonly ProgramRule[]
  /** What programs write into the folder that they start in. */
  readonly workingFolder: readonly WorkingFolderRule[]
}

/** All that may be known of one stage before it has run. */
export interface StageView {
  /** It with the stages that it is built upon, the first of them first. */
  readonly chain: readonly Stage[]
  /** The image as the stage leaves it; its files, where they are known, are `files`. */
  readonly facts: ImageFacts
  readonly contents: StageContents
  /** Of the stages that it copies from. */
  readonly builders: readonly StageContents[]
  /** What a bound left of the build context. */
  readonly left: Pick<BuildContext, 'unread' | 'cutAt'>
  /** Paths of sources, in all of them, that nothing starts in a container. */
  readonly idle: ReadonlySet<string>
  /** Files of the base image as it is; null where they are not known. */
  readonly baseFiles: FileModel | null
  /** The same, where they are known, with what the stage puts in. */
  readonly own: FileModel
  /** The same with what the packages bring that it installs. */
  readonly files: FileModel
  /** The configuration with the folder that the program really starts in. */
  readonly started: ImageConfig
  /** How it starts, by `own`. */
  readonly start: StepDownReport
  /** The same by `files`. */
  readonly stepDowns: StepDownReport
  /** The image has been built: its files are all known. */
  readonly built: boolean
  /** Nothing follows its FROM: an application in there was put there by whoever built that image. */
  readonly asBuilt: boolean
  /** Where it starts is said: here, or by a base image that is known. */
  readonly startKnown: boolean
  /** What the catalogue says of the base image. */
  readonly entry: VariantFacts | null
  /** The catalogue knows the server in the base image. */
  readonly listed: boolean
  /** How files of the repository run it. */
  readonly runs: readonly ImageRun[]
  /** Packages that its RUN lines install. */
  readonly installed: readonly InstalledPackage[]
  /** Those of its packages' servers that it starts, and that a rule knows. */
  readonly servers: readonly ListedServer[]
  /** What reads sources; it reads none where nothing was loaded. */
  readonly parsers: SourceParsers
}

/** One way to learn of a stage what its program needs. A value, in its place in the list of `index.ts`. */
export interface Provider {
  /** Kebab-case, unique. */
  readonly name: string
  /** What it claims, in one line. */
  readonly summary: string
  /**
   * `before-run`: what a run of the original tells better, it is asked for only where none was seen. `before-build`: a guess at what
   * only the build tells; of a built image the files say it.
   */
  readonly when: 'always' | 'before-run' | 'before-build'
  /** `earlier`: what the providers before it in the list have claimed. Undefined is a stop of one that reads many files (InTurn). */
  claims(view: StageView, catalogue: Catalogue, earlier: readonly Claim[]): Iterable<Claim | undefined>
}
