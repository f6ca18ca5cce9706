import { joinPath, nameOf, normalisePath, parentOf } from '../path.ts'
import type { FileEntry, FileModel, FileView } from './file-model.ts'
import {
  apply,
  copyOfOverlay,
  defaultDirectory,
  emptyOverlay,
  type FileStore,
  mapStore,
  type Overlay,
  overlayStore,
  setText,
} from './file-store.ts'
import { type Walk, walk } from './walk.ts'

/**
 * Makes a file model of entries by absolute, normalised, real path (no symlink in a parent). Missing parents count as
 * `root:root 0755`. The maps are kept, not copied: do not change them afterwards.
 */
export function createFileModel(
  entries: ReadonlyMap<string, FileEntry>,
  texts: ReadonlyMap<string, string> = new Map(),
): FileModel {
  const complete = withParents(entries)
  const base = mapStore(complete, texts)
  return modelOf(base, emptyOverlay(base))
}

/** The base is never copied: changes on changes are merged into one overlay over it. */
function modelOf(store: FileStore, overlay: Overlay): FileModel {
  return {
    ...viewOf(store),
    with: (changes, changedTexts = new Map()) => {
      const changed = copyOfOverlay(overlay)
      change(changed, changes, changedTexts)
      return modelOf(overlayStore(changed), changed)
    },
    draft: () => {
      const changed = copyOfOverlay(overlay)
      return { ...viewOf(overlayStore(changed)), change: (changes) => change(changed, changes, new Map()) }
    },
  }
}

function viewOf(store: FileStore): FileView {
  const get = (path: string): FileEntry | null => store.get(path)
  const end = (path: string, follow: boolean): Extract<Walk, { kind: 'end' }> | null => {
    const result = walk(get, path, { follow })
    return result.kind === 'end' ? result : null
  }
  return {
    entry: (path) => end(path, false)?.entry ?? null,
    resolve: (path) => end(path, true)?.path ?? null,
    exists: (path) => (end(path, true)?.entry ?? null) !== null,
    list: (path) => {
      const found = end(path, true)
      return found?.entry?.type === 'directory' ? [...store.names(found.path)].sort() : []
    },
    text: (path) => {
      const found = end(path, true)
      return found?.entry?.type === 'file' ? store.text(found.path) : null
    },
    texts: () => [...store.texts()],
    paths: () => store.paths(),
  }
}

function change(
  overlay: Overlay,
  changes: ReadonlyMap<string, FileEntry | null>,
  texts: ReadonlyMap<string, string>,
): void {
  // Reads the overlay while it changes, so that a later change sees an earlier one.
  const store = overlayStore(overlay)
  const get = (path: string): FileEntry | null => store.get(path)
  for (const [path, entry] of changes) {
    const real = realPath(get, path)
    if (entry !== null) {
      for (const parent of missingParents(get, real)) apply(overlay, store, parent, defaultDirectory)
    }
    apply(overlay, store, real, entry)
  }
  for (const [path, text] of texts) {
    const real = walk(get, path, { follow: true })
    setText(overlay, real.kind === 'end' ? real.path : normalisePath(path), text)
  }
}

/** The path with the symlinks of its existing parents followed. */
function realPath(get: (path: string) => FileEntry | null, path: string): string {
  const result = walk(get, path, { follow: false })
  if (result.kind === 'end') return result.path
  const normal = normalisePath(path)
  if (normal === '/') return normal
  return joinPath(realDirectory(get, parentOf(normal)), nameOf(normal))
}

function realDirectory(get: (path: string) => FileEntry | null, path: string): string {
  const result = walk(get, path, { follow: true })
  if (result.kind === 'end') return result.path
  return path === '/' ? path : joinPath(realDirectory(get, parentOf(path)), nameOf(path))
}

/** Topmost first. */
function missingParents(get: (path: string) => FileEntry | null, path: string): readonly string[] {
  const missing: string[] = []
  for (let at = parentOf(path); at !== '/' && get(at)?.type !== 'directory'; at = parentOf(at)) missing.push(at)
  return missing.reverse()
}

function withParents(entries: ReadonlyMap<string, FileEntry>): ReadonlyMap<string, FileEntry> {
  const missing = new Map<string, FileEntry>()
  if (!entries.has('/')) missing.set('/', defaultDirectory)
  for (const path of entries.keys()) {
    for (let at = parentOf(path); !entries.has(at) && !missing.has(at); at = parentOf(at)) {
      missing.set(at, defaultDirectory)
    }
  }
  return missing.size === 0 ? entries : new Map([...entries, ...missing])
}
