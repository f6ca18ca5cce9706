import type { FileEntry } from './file-model.ts'
import { isWithin, joinPath, nameOf, parentOf } from './path.ts'

/** Entries by their real path; no symlink is followed here. */
export interface FileStore {
  get(path: string): FileEntry | null
  text(path: string): string | null
  /** Names in a directory, in any order. */
  names(directory: string): Iterable<string>
  paths(): Iterable<string>
  texts(): Iterable<string>
}

/** A store that can be laid over with changes without being copied. */
export interface Overlay {
  readonly base: FileStore
  readonly entries: ReadonlyMap<string, FileEntry>
  readonly texts: ReadonlyMap<string, string>
  /** Paths hidden in the base with all below them. */
  readonly hidden: ReadonlySet<string>
}

export const defaultDirectory: FileEntry = { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }

export function mapStore(entries: ReadonlyMap<string, FileEntry>, texts: ReadonlyMap<string, string>): FileStore {
  let children: ReadonlyMap<string, string[]> | null = null
  return {
    get: (path) => entries.get(path) ?? null,
    text: (path) => texts.get(path) ?? null,
    names: (directory) => {
      children ??= indexChildren(entries.keys())
      return children.get(directory) ?? []
    },
    paths: () => entries.keys(),
    texts: () => texts.keys(),
  }
}

export function overlayStore({ base, entries, texts, hidden }: Overlay): FileStore {
  let children: ReadonlyMap<string, string[]> | null = null
  const covered = (path: string): boolean => {
    if (hidden.size === 0) return false
    for (let at = path; ; at = parentOf(at)) {
      if (hidden.has(at)) return true
      if (at === '/') return false
    }
  }
  const baseGet = (path: string): FileEntry | null => (covered(path) ? null : base.get(path))
  return {
    get: (path) => entries.get(path) ?? baseGet(path),
    text: (path) => texts.get(path) ?? (entries.has(path) || covered(path) ? null : base.text(path)),
    *names(directory) {
      children ??= indexChildren(entries.keys())
      const own = children.get(directory) ?? []
      yield* own
      if (covered(directory)) return
      const seen = new Set(own)
      for (const name of base.names(directory)) {
        if (!seen.has(name) && !hidden.has(joinPath(directory, name))) yield name
      }
    },
    *paths() {
      yield* entries.keys()
      for (const path of base.paths()) if (!entries.has(path) && !covered(path)) yield path
    },
    *texts() {
      yield* texts.keys()
      for (const path of base.texts()) {
        if (!texts.has(path) && !entries.has(path) && !covered(path)) yield path
      }
    },
  }
}

/** Parts of an overlay while it is being made. */
export interface OverlayDraft {
  readonly entries: Map<string, FileEntry>
  readonly texts: Map<string, string>
  readonly hidden: Set<string>
}

/** Makes one change in a draft of an overlay: what is no directory, or is removed, takes all below it away. */
export function apply(draft: OverlayDraft, store: FileStore, path: string, entry: FileEntry | null): void {
  if (entry?.type !== 'directory') {
    if (entry === null || store.get(path)?.type === 'directory') hideTree(draft, path)
    else draft.texts.delete(path)
  }
  if (entry !== null) draft.entries.set(path, entry)
}

function hideTree(draft: OverlayDraft, path: string): void {
  draft.hidden.add(path)
  for (const other of draft.entries.keys()) if (isWithin(other, path)) draft.entries.delete(other)
  for (const other of draft.texts.keys()) if (isWithin(other, path)) draft.texts.delete(other)
}

function indexChildren(paths: Iterable<string>): ReadonlyMap<string, string[]> {
  const children = new Map<string, string[]>()
  for (const path of paths) {
    if (path === '/') continue
    const parent = parentOf(path)
    const names = children.get(parent)
    if (names === undefined) children.set(parent, [nameOf(path)])
    else names.push(nameOf(path))
  }
  return children
}
