import { joinPath, parentOf } from '../path.ts'
import type { FileEntry } from './file-model.ts'

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
