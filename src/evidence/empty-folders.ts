import type { FileModel } from '../image/file-model.ts'
import { baseName, isSharedFolder, isStatePlace, isSystemFolder, parentOf, STATE_NAME } from '../places.ts'
import { inferred, type PathClaim } from './claim.ts'
import type { Provider } from './provider.ts'

const LARGEST_DEPTH = 3
/** Files that keep an empty folder in git. */
const PLACEHOLDER = /^\.(gitkeep|keep|gitignore|empty)$/

/** The folder is empty, or holds only a placeholder for git. */
export function isEmptyFolder(files: FileModel, path: string): boolean {
  return files.list(path).every((name) => PLACEHOLDER.test(name))
}

/**
 * Several folders of state and nothing else lie in it: it is the folder of state itself, and a program that keeps `config/db` and
 * `config/logs` writes `config/settings.json` beside them.
 */
function isStateAlone(files: FileModel, folder: string): boolean {
  const kept = files.list(folder).filter((name) => {
    const entry = files.entry(`${folder}/${name}`)
    return !(entry?.type === 'file' && (entry.size === 0 || PLACEHOLDER.test(name)))
  })
  return kept.length > 1 && kept.every((name) => STATE_NAME.test(name) && isFolderOfState(files, `${folder}/${name}`))
}

function isFolderOfState(files: FileModel, path: string): boolean {
  return files.entry(path)?.type === 'directory' && isEmptyFolder(files, path)
}

/**
 * Folders below the working folder that an application ships empty, or with nothing but a placeholder, under a name that
 * says what for: a folder without content is there to be filled.
 */
export const emptyFolders: Provider = {
  name: 'empty-folders',
  summary: 'empty folders below the working folder, by names such as uploads or cache',
  when: 'always',
  claims({ files, facts: { config } }) {
    const top = files.resolve(config.workdir) ?? config.workdir
    if (isSharedFolder(top) || isSystemFolder(top)) return []
    const found: PathClaim[] = []
    const visit = (folder: string, depth: number): void => {
      if (depth > 1 && isStateAlone(files, folder)) {
        found.push(
          inferred('keep-state', folder, 'folders for state alone, all empty, there to be filled', { tree: true }),
        )
        return
      }
      for (const name of files.list(folder)) {
        const path = `${folder}/${name}`
        if (files.entry(path)?.type !== 'directory' || name === 'node_modules' || name === '.git') continue
        if (STATE_NAME.test(name) && isEmptyFolder(files, path))
          found.push(inferred('keep-state', path, 'empty, there to be filled'))
        else if (depth < LARGEST_DEPTH) visit(path, depth + 1)
      }
    }
    visit(top, 1)
    return found
  },
}

/** A folder of one program where the system keeps state (FHS). */
const OF_STATE = /^\/(?:var\/(?:lib|cache|log|spool|opt)|run|var\/run)\/[^/]{1,100}$/

/** An empty folder under a state name that is copied: it is there to be filled. */
export const copiedEmptyFolders: Provider = {
  name: 'copied-empty-folders',
  summary: 'folders that COPY brings empty, where their name says that a program fills them',
  when: 'always',
  *claims({ contents: { entries, origins, copies } }) {
    if (origins.size === 0) return
    // `RUN mkdir /var/lib/app` in a builder, and a COPY of that folder alone: it can only be meant to be filled.
    const alone = new Set(copies.map(({ destination }) => destination).filter((path) => OF_STATE.test(path)))
    const filled = new Set<string>()
    for (const path of entries.keys()) if (!PLACEHOLDER.test(baseName(path))) filled.add(parentOf(path))
    for (const [path, entry] of entries) {
      if (entry.type !== 'directory' || filled.has(path) || !origins.has(path)) continue
      if (
        !(STATE_NAME.test(baseName(path)) || alone.has(path)) ||
        !isStatePlace(path) ||
        /\/(node_modules|vendor)\//.test(path)
      )
        continue
      yield inferred('keep-state', path, `${origins.get(path) ?? path} is copied empty, there to be filled`)
    }
  },
}
