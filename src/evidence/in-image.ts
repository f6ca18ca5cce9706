import type { ImageConfig } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { isOwnPlace } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { declared, inferred, type PathClaim } from './claim.ts'
import { namedClosedFiles, startTexts } from './closed-files.ts'
import { configurationFiles } from './configuration-files.ts'
import { argumentPaths } from './program-files.ts'
import type { Provider } from './provider.ts'

/** What the files of a finished image alone say about the needs of its program. */
export const inImage: Provider = {
  name: 'in-image',
  summary: 'what the files of an image that somebody else built say of its application',
  when: 'before-run',
  *claims({ asBuilt, contents, facts, own: files, start }) {
    if (!asBuilt || !facts.files.known) return
    const { config } = facts
    // A script that is not started describes other starts or other work.
    const read = configurationFiles(files, start.programs, argvOf(config)).filter(
      (path) => files.text(path)?.startsWith('#!') !== true,
    )
    const texts = [...start.scripts, ...read].map((path) => [path, files.text(path) ?? ''] as const)
    yield* namedClosedFiles(new Map([...startTexts(config), ...texts, ...contents.texts]), files)
    yield* emptyIn(config, files, start.programs)
  },
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
