import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import type { StepDownReport } from '../image/step-down.ts'
import { isInside, isOwnPlace, isSharedFolder, isSystemFolder, normalisePath, outermost, parentOf } from '../places.ts'
import { type Need, stateNeed } from '../plan/grants/need.ts'
import { closedNeeds } from './closed-files.ts'
import { configurationFiles } from './configuration-files.ts'
import { frameworkNeeds } from './frameworks.ts'
import { namedClosedNeeds } from './named-closed.ts'
import { sourceNeeds } from './sources.ts'

/** A program that lies in a folder of many (`/srv/app.py`) is the application all the same, without what is beside it. */
const SOURCE = /\.(py|[cm]?js|ts|rb|php|pl)$/

/**
 * What an image that somebody else built says by its files alone of what its program needs. `programs`: base names of what
 * is started; `scripts`: paths of its start scripts.
 */
export function inImageNeeds(
  config: ImageConfig,
  files: FileModel,
  { programs, scripts }: Pick<StepDownReport, 'programs' | 'scripts'>,
): readonly Need[] {
  const application = applicationIn(config, files)
  // What a build has left there, whoever made it, is in the image.
  const isLeft = ({ path }: Need): boolean => files.exists(path)
  return [
    ...frameworkNeeds(application, true).map((need) => (isLeft(need) ? need : { ...need, tree: false })),
    ...sourceNeeds(application, config),
    ...closedNeeds(application, config, files).needs,
    ...namedClosedNeeds(
      new Map([
        ['the command', argvOf(config).join(' ')],
        ...[...config.env].map(([name, value]) => [`ENV ${name}`, value] as const),
        ...[
          ...scripts,
          // A script that is not started tells of other ways to start it, or of other work.
          ...configurationFiles(files, programs, argvOf(config)).filter(
            (path) => files.text(path)?.startsWith('#!') !== true,
          ),
        ].map((path) => [path, files.text(path) ?? ''] as const),
        ...application.texts,
      ]),
      files,
    ),
    ...emptyFolders(config, files, programs),
  ]
}

/** The application, as if it had been copied: what is in WORKDIR, and beside the files that the command names. */
function applicationIn(
  config: ImageConfig,
  files: FileModel,
): Pick<Shipped, 'entries' | 'texts' | 'origins' | 'copies'> {
  const named = argumentPaths(config).filter((path) => files.entry(path)?.type === 'file')
  // Beside a key or a configuration lie those of others.
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
function emptyFolders(config: ImageConfig, files: FileModel, programs: readonly string[]): readonly Need[] {
  const isEmpty = (path: string): boolean =>
    isOwnPlace(path) && files.entry(path)?.type === 'directory' && files.list(path).length === 0
  // A folder of drop-ins is filled by whoever builds upon the image or mounts them, and what is in it is run.
  const top = files.list('/').flatMap((name) => (name.endsWith('.d') ? [] : [`/${name}`]))
  const named = argumentPaths(config)
  return [
    ...top.filter(isEmpty).map((path) => stateNeed(path, 'framework', 'empty, at the top of the image')),
    ...named.filter(isEmpty).map((path) => stateNeed(path, 'declared', 'an empty folder that the command names')),
    ...programs.flatMap((program) =>
      ['/var/cache', '/var/lib', '/var/log', '/var/spool']
        .map((root) => `${root}/${program}`)
        .filter((path) => isEmpty(path) && files.entry(path)?.uid === 0 && !named.includes(path))
        .map((path) => stateNeed(path, 'framework', `empty, and named like ${program}`)),
    ),
  ]
}

/** `/srv/app.py`, `--dir=/data`, `/data`: what may be a path among the words of the command. */
function argumentPaths(config: ImageConfig): readonly string[] {
  return argvOf(config).flatMap((word) => normalisePath(word.replace(/^-[^=]*=/, ''), config.workdir) ?? [])
}
