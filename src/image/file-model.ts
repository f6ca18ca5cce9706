import { joinPath, nameOf, parentOf } from '../path.ts'

export type FileType = 'file' | 'directory' | 'symlink' | 'other'

export interface FileEntry {
  readonly type: FileType
  readonly uid: number
  readonly gid: number
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  /** Bytes; 0 for what is no regular file. */
  readonly size: number
  /** Target of a symlink as stored, else null. */
  readonly link: string | null
  /** Capabilities, without `CAP_`, of a program that starts from this file (effective file capabilities); absent: none. */
  readonly capabilities?: readonly string[]
}

/** Who asks: a uid with its primary and supplementary groups, without capabilities. Uid 0 is treated as root (may do all). */
export interface Identity {
  readonly uid: number
  readonly gids: readonly number[]
}

/** Questions about the files of an image, by absolute, normalised path. Nothing is read at that time. */
export interface FileView {
  /** Not following a symlink at the end; parents are followed. */
  entry(path: string): FileEntry | null
  /** The path with every symlink followed, the last one too; null for a loop or where a parent is missing. A missing last part is kept. */
  resolve(path: string): string | null
  exists(path: string): boolean
  /** Names in a directory, sorted. */
  list(path: string): readonly string[]
  /** Text of a small file that was kept, following symlinks; null when it was not kept or is none. */
  text(path: string): string | null
  /** Paths of all files whose text was kept. */
  texts(): readonly string[]
  paths(): Iterable<string>
}

/** Files that change one by one; every answer is about the current state. For one owner alone. */
export interface FileDraft extends FileView {
  /** As `FileModel.with` does it, at the cost of the changes alone. */
  change(changes: ReadonlyMap<string, FileEntry | null>): void
}

/** All files of an image. Pure data. */
export interface FileModel extends FileView {
  /** A model with these entries added or replaced (missing parents become root:root 0755 directories); null removes a path and all below. */
  with(changes: ReadonlyMap<string, FileEntry | null>, texts?: ReadonlyMap<string, string>): FileModel
  /** For many changes in turn: `with` costs as much as all changes before it. */
  draft(): FileDraft
}

/** Linux gives up after 40 symlinks (path_resolution(7)). */
const maximumLinks = 40

export type Walk =
  /** The path's parents exist; `entry` is null where only its last part is missing. */
  | { readonly kind: 'end'; readonly path: string; readonly entry: FileEntry | null }
  /** A directory on the way is missing. */
  | { readonly kind: 'missing'; readonly path: string }
  | { readonly kind: 'not-a-directory'; readonly path: string }
  | { readonly kind: 'loop'; readonly path: string }
  /** `enter` refused a directory. */
  | { readonly kind: 'refused'; readonly path: string }

export interface WalkOptions {
  /** Follow a symlink in the last place. */
  readonly follow: boolean
  /** Asked for every directory in which a name is looked up; false stops the walk. */
  readonly enter?: (directory: string, entry: FileEntry) => boolean
}

/** Walks a path as the kernel does: one directory at a time, symlinks followed where they stand, `..` physical. */
export function walk(get: (path: string) => FileEntry | null, path: string, options: WalkOptions): Walk {
  const rest = path.split('/').reverse()
  let at = '/'
  let links = 0
  while (rest.length > 0) {
    const name = rest.pop()
    if (name === undefined || name === '' || name === '.') continue
    const directory = get(at)
    if (directory === null) return { kind: 'missing', path: at }
    if (directory.type !== 'directory') return { kind: 'not-a-directory', path: at }
    if (options.enter !== undefined && !options.enter(at, directory)) return { kind: 'refused', path: at }
    if (name === '..') {
      at = parentOf(at)
      continue
    }
    const child = joinPath(at, name)
    const entry = get(child)
    const isLast = (): boolean => rest.every((part) => part === '')
    if (entry?.type === 'symlink' && entry.link !== null && (options.follow || !isLast())) {
      links += 1
      if (links > maximumLinks) return { kind: 'loop', path: child }
      rest.push(...entry.link.split('/').reverse())
      if (entry.link.startsWith('/')) at = '/'
      continue
    }
    at = child
  }
  return { kind: 'end', path: at, entry: get(at) }
}

/** A path with every symlink on its way followed as far as the image has it: `/var/run/x/y` is `/run/x/y` before `/run/x` is made. */
export function realPath(files: FileView, path: string): string {
  const resolved = files.resolve(path)
  if (resolved !== null || path === '/') return resolved ?? path
  const parent = realPath(files, parentOf(path))
  return parent === '/' ? `/${nameOf(path)}` : `${parent}/${nameOf(path)}`
}

/** The nearest folder above a path that is there. */
export function existingFolder(files: FileView, path: string): string {
  let at = parentOf(path)
  while (at !== '/' && files.entry(at) === null) at = parentOf(at)
  return at
}
