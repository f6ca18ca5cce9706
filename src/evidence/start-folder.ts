import type { VariantFacts } from '../../catalogue/entry.ts'
import { argvOf } from '../command/index.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import type { StartScript } from '../image/step-down.ts'
import { baseName } from '../places.ts'

/** The stage's own scripts that its vendor's entrypoint, which nobody has seen, runs at start: those that may be executed. */
export function startFolderScripts(
  entry: Pick<VariantFacts, 'config' | 'startFolder'> | null,
  { entrypoint, cmd }: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
  files: FileModel,
): readonly StartScript[] {
  const { startFolder, config } = entry ?? {}
  if (startFolder === undefined || JSON.stringify(entrypoint) !== JSON.stringify(config?.entrypoint)) return []
  if (!startFolder.programs.includes(baseName(cmd?.[0] ?? ''))) return []
  return files.list(startFolder.folder).flatMap((name): readonly StartScript[] => {
    const path = `${startFolder.folder}/${name}`
    const text = files.text(path)
    const mode = files.entry(path)?.mode ?? 0
    return text === null || !/\.(sh|envsh)$/.test(name) || (mode & 0o111) === 0 ? [] : [{ path, text }]
  })
}

/** A start script that nobody could read: it may start any server that is installed. */
export function startsUnknownScript({ config }: Pick<ImageFacts, 'config'>, files: FileModel): boolean {
  return argvOf(config).some(
    (word) =>
      /\.sh$|entrypoint|^\/?(start|run|init|boot)/.test(word) &&
      !files.texts().some((path) => path.endsWith(word.replace(/^\.?\/?/, '/'))),
  )
}
