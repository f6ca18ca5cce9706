import type { StageContents } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import { isInside, isOwnPlace, isSharedFolder, isSystemFolder, normalisePath, outermost, parentOf } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { declared, inferred, type PathClaim } from './claim.ts'
import { closedClaims, namedClosedFiles, startTexts } from './closed-files.ts'
import { configurationFiles } from './configuration-files.ts'
import { frameworkClaims } from './frameworks.ts'
import type { Provider } from './provider.ts'
import { writtenBy } from './source-files.ts'

/** A program in a folder of many (`/srv/app.py`) is still the application, without the files beside it. */
const SOURCE = /\.(py|[cm]?js|ts|rb|php|pl)$/

/** What the files of a finished image alone say about the needs of its program. */
export const inImage: Provider = {
  name: 'in-image',
  summary: 'what the files of an image that somebody else built say of its application',
  when: 'before-run',
  *claims({ asBuilt, facts, own: files, start, parsers }) {
    if (!asBuilt || !facts.files.known) return
    const { config } = facts
    const application = applicationIn(config, files)
    // Everything that its build has left is in the image.
    for (const claim of frameworkClaims(application, true, false, config, parsers))
      yield files.exists(claim.path) ? claim : withoutTree(claim)
    const { claims } = yield* writtenBy(application, config, parsers)
    yield* claims
    yield* closedClaims(application, config, files)
    // A script that is not started describes other starts or other work.
    const read = configurationFiles(files, start.programs, argvOf(config)).filter(
      (path) => files.text(path)?.startsWith('#!') !== true,
    )
    const texts = [...start.scripts, ...read].map((path) => [path, files.text(path) ?? ''] as const)
    yield* namedClosedFiles(new Map([...startTexts(config), ...texts, ...application.texts]), files)
    yield* emptyIn(config, files, start.programs)
  },
}

function withoutTree({ tree, ...claim }: PathClaim): PathClaim {
  return claim
}

/** The application, as if it had been copied: what is in WORKDIR, and beside the files that the command names. */
function applicationIn(
  config: ImageConfig,
  files: FileModel,
): Pick<StageContents, 'entries' | 'texts' | 'origins' | 'copies'> {
  const named = argumentPaths(config).filter((path) => files.entry(path)?.type === 'file')
  // Files beside a key or a configuration belong to others.
  const beside = named.map(parentOf).filter(isOwnPlace)
  const alone = new Set(named.filter((path) => SOURCE.test(path) && isSharedFolder(parentOf(path))))
  const roots = outermost([config.workdir, ...beside].filter((folder) => !isSystemFolder(folder)))
  const inside = (path: string): boolean =>
    roots.some((root) => isInside(path, root) && path !== root) || alone.has(path)
  const entries = new Map<string, FileEntry>()
  for (const path of roots.length + alone.size === 0 ? [] : files.paths()) {
    const entry = inside(path) ? files.entry(path) : null
    if (entry !== null) entries.set(path, entry)
  }
  const texts = files.texts().filter((path) => entries.has(path))
  return {
    entries,
    texts: new Map(texts.map((path) => [path, files.text(path) ?? ''])),
    origins: new Map([...entries.keys()].map((path) => [path, path])),
    copies: [],
  }
}

/**
 * An empty folder at the top of the image, one that the command names, or one named like what is started where programs
 * keep their state: somebody made it to be filled.
 */
function emptyIn(config: ImageConfig, files: FileModel, programs: readonly string[]): readonly PathClaim[] {
  const isEmpty = (path: string): boolean =>
    isOwnPlace(path) && files.entry(path)?.type === 'directory' && files.list(path).length === 0
  // A drop-in folder is filled by derived images or mounts, and its files are run.
  const top = files.list('/').flatMap((name) => (name.endsWith('.d') ? [] : [`/${name}`]))
  const named = argumentPaths(config)
  return [
    ...top.filter(isEmpty).map((path) => inferred('keep-state', path, 'empty, at the top of the image')),
    ...named.filter(isEmpty).map((path) => declared('keep-state', path, 'an empty folder that the command names')),
    ...programs.flatMap((program) =>
      ['/var/cache', '/var/lib', '/var/log', '/var/spool']
        .map((root) => `${root}/${program}`)
        .filter((path) => isEmpty(path) && files.entry(path)?.uid === 0 && !named.includes(path))
        .map((path) => inferred('keep-state', path, `empty, and named like ${program}`)),
    ),
  ]
}

/** `/srv/app.py`, `--dir=/data`, `/data`: what may be a path among the words of the command. */
function argumentPaths(config: ImageConfig): readonly string[] {
  return argvOf(config).flatMap((word) => normalisePath(word.replace(/^-[^=]*=/, ''), config.workdir) ?? [])
}
