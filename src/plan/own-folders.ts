import type { FileModel } from '../image/file-model.ts'
import { outermost } from './places.ts'
import { isOwnPlace } from './state-places.ts'

interface Owner {
  readonly uid: number
  readonly home: string
}

/** Nothing in it, or what keeps an empty folder in git. */
export function isEmptyFolder(files: FileModel, path: string): boolean {
  return files.list(path).every((name) => /^\.(gitkeep|keep|gitignore|empty)$/.test(name))
}

/** Folders of the image that are the account's already and empty: they are there to be filled, whatever their name. */
export function readyFolders(files: FileModel, owner: Owner): readonly string[] {
  return ownFolders(files, owner).filter((path) => isEmptyFolder(files, path) && !LIBRARY.test(path))
}

/** The outermost folders of the image that are the account's already, but its home. */
export function outermostOwn(files: FileModel, owner: Owner): readonly string[] {
  return outermost(ownFolders(files, owner))
}

// Of others, and not filled by who runs.
const LIBRARY = /\/(node_modules|site-packages|dist-packages|vendor|gems|\.git)\//

// What is needed there is written at every start, so that a run shows it.
const PASSING = /^(\/var)?\/(run|tmp|lock)\//

function ownFolders(files: FileModel, { uid, home }: Owner): readonly string[] {
  // Group 0 and root's own are everybody's.
  if (uid === 0) return []
  return [...files.paths()].filter((path) => {
    if (path === home || PASSING.test(path) || !isOwnPlace(path)) return false
    const entry = files.entry(path)
    return entry?.type === 'directory' && entry.uid === uid && (entry.mode & 0o300) === 0o300
  })
}
