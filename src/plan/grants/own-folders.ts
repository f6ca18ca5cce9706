import { isEmptyFolder } from '../../evidence/empty-folders.ts'
import type { FileModel } from '../../image/file-model.ts'
import { isInside, isOwnPlace, outermost, parentOf } from '../../places.ts'

interface Owner {
  readonly uid: number
  readonly home: string
}

/** Folders of the image that are the account's already and empty: they are there to be filled, whatever their name. */
function readyFolders(files: FileModel, owner: Owner): readonly string[] {
  return ownFolders(files, owner).filter((path) => isEmptyFolder(files, path) && !LIBRARY.test(path))
}

/** So many in one tree are one thing that lies ready, such as a database that a package has made. */
const MOST_APART = 4

/** The same, but for trees with many of them: there the folder that all of those are in. */
export function readyTrees(files: FileModel, owner: Owner): readonly string[] {
  const ready = readyFolders(files, owner)
  const trees = outermostOwn(files, owner).flatMap((top) => {
    const inside = ready.filter((path) => isInside(path, top))
    return inside.length > MOST_APART ? [commonFolder(inside)] : []
  })
  return [...trees, ...ready.filter((path) => !trees.some((tree) => isInside(path, tree)))]
}

function commonFolder([first = '/', ...others]: readonly string[]): string {
  let folder = parentOf(first)
  while (!others.every((path) => isInside(path, folder))) folder = parentOf(folder)
  return folder
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
