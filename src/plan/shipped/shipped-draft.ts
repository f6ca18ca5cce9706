import type { FileEntry, FileModel } from '../../image/file-model.ts'
import { parentOf } from '../places.ts'
import type { CopiedPath } from './shipped.ts'

/** What is put into an image, while its instructions are gone through. */
export interface Draft {
  readonly base: FileModel | null
  readonly entries: Map<string, FileEntry>
  readonly texts: Map<string, string>
  readonly origins: Map<string, string>
  readonly copies: CopiedPath[]
}

export const directory: FileEntry = { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }

/** Made with its parents where they are missing; what the base image has stays as it is there. */
export function folder(draft: Draft, path: string | null, mode = 0o755): void {
  if (path === null) return
  for (let at = path; at !== '/' && !draft.entries.has(at); at = parentOf(at))
    draft.entries.set(at, brought(draft, at) ?? { ...directory, mode: at === path ? mode : 0o755 })
}

/**
 * What is there before any instruction puts something in. Of a base that is not known only root's home is known, which is
 * closed in nearly all (FACTS 16); the package openssl brings its folder for keys.
 */
function brought({ base }: Draft, path: string): FileEntry | null {
  const closed = { ...directory, mode: 0o700 }
  if (path === '/root' && base === null) return closed
  return base?.entry(path) ?? (path === '/etc/ssl/private' ? closed : null)
}

export function put(draft: Draft, path: string, entry: FileEntry): void {
  folder(draft, parentOf(path))
  draft.entries.set(path, entry)
  draft.texts.delete(path)
}
