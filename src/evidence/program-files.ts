import type { StageContents } from '../contents/stage-contents.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import { isInside, isOwnPlace, isSharedFolder, isSystemFolder, normalisePath, outermost, parentOf } from '../places.ts'
import { argvOf, isInterpreter } from '../shell/index.ts'
import type { StepDownReport } from '../start/step-down.ts'
import { sourceName } from './source-text.ts'

type ProgramFiles = Pick<StageContents, 'entries' | 'texts' | 'origins'>

/** A program in a folder of many (`/srv/app.py`) is still the application, without the files beside it. */
const SOURCE = /\.(py|[cm]?js|ts|rb|php|pl|lua)$/
/** Where servers find what they run for a request. */
const WEB_ROOT = /^(\/var\/www|\/srv\/www|(?:\/[^/]+)+\/(?:webapps|htdocs|cgi-bin))(?:\/|$)/
/** Folders that packages have one of their own in, called as the package. */
const OF_PACKAGES = /^(?:(?:site|dist)-packages|node_modules|share|lib|libexec)$/

/**
 * The application of a finished image, as if it had been copied: what is in WORKDIR, beside the files that the command names, in the
 * folders of packages that are called as what is started, and in web roots; scripts by their first line.
 */
export function programFiles(
  config: ImageConfig,
  files: FileModel,
  { programs, unread }: Pick<StepDownReport, 'programs' | 'unread'>,
): ProgramFiles {
  const named = argumentPaths(config).filter((path) => files.entry(path)?.type === 'file')
  // Files beside a key or a configuration belong to others.
  const beside = named.map(parentOf).filter(isOwnPlace)
  const isSource = (path: string): boolean => SOURCE.test(sourceName(path, files.text(path) ?? ''))
  const alone = new Set([...named, ...unread.map(({ path }) => path)].filter(isSource))
  const ofSources = [...alone].map(parentOf).filter((folder) => !isSharedFolder(folder) && folder.split('/').length > 3)
  const packages = [
    ...ofSources,
    ...packageFolders(files, new Set(programs.filter((name) => !isInterpreter(name)).map(packageName))),
  ]
  const roots = outermost([config.workdir, ...beside].filter((folder) => !isSystemFolder(folder)))
  const inside = (path: string): boolean =>
    alone.has(path) ||
    roots.some((root) => isInside(path, root) && path !== root) ||
    packages.some((folder) => isInside(path, folder)) ||
    WEB_ROOT.test(path)
  const entries = new Map<string, FileEntry>()
  for (const path of files.paths()) {
    const entry = inside(path) ? files.entry(path) : null
    if (entry !== null) entries.set(path, entry)
  }
  const texts = files.texts().filter((path) => entries.has(path))
  return {
    entries,
    texts: new Map(texts.map((path) => [path, files.text(path) ?? ''])),
    origins: new Map([...entries.keys()].map((path) => [path, path])),
  }
}

function packageName(program: string): string {
  return program.toLowerCase().replaceAll('-', '_')
}

/** Of those that have sources. */
function packageFolders(files: FileModel, names: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>()
  for (const path of files.texts()) {
    const parts = path.split('/')
    const at = parts.findIndex(
      (part, index) => index > 1 && names.has(packageName(part)) && OF_PACKAGES.test(parts[index - 1] ?? ''),
    )
    if (at > 0 && at < parts.length - 1 && SOURCE.test(path)) found.add(parts.slice(0, at + 1).join('/'))
  }
  return outermost([...found])
}

/** `/srv/app.py`, `--dir=/data`, `/data`: what may be a path among the words of the command. */
export function argumentPaths(config: ImageConfig): readonly string[] {
  return argvOf(config).flatMap((word) => normalisePath(word.replace(/^-[^=]*=/, ''), config.workdir) ?? [])
}
