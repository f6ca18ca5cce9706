import type { VariantFacts } from '../../catalogue/entry.ts'
import type { PackageRule } from '../../catalogue/package-rule.ts'
import type { ProgramRule, WorkingFolderRule } from '../../catalogue/program.ts'
import type { BuildContext } from '../contents/build-context.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import type { Stage } from '../dockerfile/model.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import type { ImageRun } from '../image/image-run.ts'
import type { StepDownReport } from '../start/step-down.ts'
import type { Claim } from './claim.ts'
import type { InstalledPackage, ListedServer } from './servers.ts'
import type { SourceParsers } from './syntax.ts'

/** What the catalogue knows about programs, beside the image's own entry. */
export interface Catalogue {
  readonly packages: readonly PackageRule[]
  readonly programs: readonly ProgramRule[]
  /** What programs write into the folder that they start in. */
  readonly workingFolder: readonly WorkingFolderRule[]
}

/** Everything that is known about one stage before it has run. */
export interface StageView {
  /** The stage and those that it is built on, the lowest first. */
  readonly chain: readonly Stage[]
  /** The image as the stage leaves it; `files` has its files where they are known. */
  readonly facts: ImageFacts
  readonly contents: StageContents
  /** The contents of the stages that it copies from. */
  readonly builders: readonly StageContents[]
  /** The part of the build context that the bounds left out. */
  readonly left: Pick<BuildContext, 'unread' | 'cutAt'>
  /** Paths of sources, in all of them, that nothing starts in a container. */
  readonly idle: ReadonlySet<string>
  /** Files of the base image as it is; null where they are not known. */
  readonly baseFiles: FileModel | null
  /** The same with the files of the stage, where they are known. */
  readonly own: FileModel
  /** The same with the files of the packages that it installs. */
  readonly files: FileModel
  /** The configuration with the folder that the program really starts in. */
  readonly started: ImageConfig
  /** How the image starts, read from `own`. */
  readonly start: StepDownReport
  /** The same, read from `files`. */
  readonly stepDowns: StepDownReport
  /** The image has been built: its files are all known. */
  readonly built: boolean
  /** No instruction follows FROM: the application came with the image. */
  readonly asBuilt: boolean
  /** The command is known: it is set here, or by a known base image. */
  readonly startKnown: boolean
  /** What the catalogue says of the base image. */
  readonly entry: VariantFacts | null
  /** The catalogue knows the server in the base image. */
  readonly listed: boolean
  /** How files of the repository run it. */
  readonly runs: readonly ImageRun[]
  /** Packages that its RUN lines install. */
  readonly installed: readonly InstalledPackage[]
  /** The servers of its packages that it starts and that a rule knows. */
  readonly servers: readonly ListedServer[]
  /** The parsers of sources; none reads anything where no grammar was loaded. */
  readonly parsers: SourceParsers
}

/** One way to learn what the program of a stage needs. A value with a place in the list of `index.ts`. */
export interface Provider {
  /** Kebab-case, unique. */
  readonly name: string
  /** What it claims, in one line. */
  readonly summary: string
  /**
   * `before-run`: asked only where no run of the original was seen, which shows it better. `before-build`: a guess at what only the
   * build decides; in a finished image the files say it.
   */
  readonly when: 'always' | 'before-run' | 'before-build'
  /** `earlier`: what the providers before it in the list have claimed. Undefined is a stop of one that reads many files (InTurn). */
  claims(view: StageView, catalogue: Catalogue, earlier: readonly Claim[]): Iterable<Claim | undefined>
}
