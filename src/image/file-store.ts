import { joinPath, nameOf, parentOf } from '../path.ts'
import type { FileEntry } from './file-model.ts'

/** Entries by their real path; no symlink is followed here. */
export interface FileStore {
  get(path: string): FileEntry | null
  text(path: string): string | null
  /** Names in a directory, in any order. */
  names(directory: string): Iterable<string>
  paths(): Iterable<string>
  texts(): Iterable<string>
}

/** Changes laid over a store, which is not copied: what is set or hidden here counts before what the base has. */
export interface Overlay {
  readonly base: FileStore
  readonly entries: Map<string, FileEntry>
  readonly texts: Map<string, string>
  /** Paths hidden in the base with all below them. */
  readonly hidden: Set<string>
  /**
   * Names on the way to each of `entries` and `texts`, by their folder. Kept up with each change once it was asked for, since
   * a replay asks between its changes.
   */
  children: Map<string, Set<string>> | null
}

export const defaultDirectory: FileEntry = { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }

export function mapStore(entries: ReadonlyMap<string, FileEntry>, texts: ReadonlyMap<string, string>): FileStore {
  let children: ReadonlyMap<string, ReadonlySet<string>> | null = null
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

export function emptyOverlay(base: FileStore): Overlay {
  return { base, entries: new Map(), texts: new Map(), hidden: new Set(), children: null }
}

export function copyOfOverlay({ base, entries, texts, hidden }: Overlay): Overlay {
  return { base, entries: new Map(entries), texts: new Map(texts), hidden: new Set(hidden), children: null }
}

/** Shows the overlay as it is when it is asked. */
export function overlayStore(overlay: Overlay): FileStore {
  const { base, entries, texts, hidden } = overlay
  const covered = (path: string): boolean => {
    if (hidden.size === 0) return false
    for (let at = path; ; at = parentOf(at)) {
      if (hidden.has(at)) return true
      if (at === '/') return false
    }
  }
  const get = (path: string): FileEntry | null => entries.get(path) ?? (covered(path) ? null : base.get(path))
  return {
    get,
    text: (path) => texts.get(path) ?? (entries.has(path) || covered(path) ? null : base.text(path)),
    *names(directory) {
      const own = childrenOf(overlay).get(directory) ?? noNames
      for (const name of own) if (get(joinPath(directory, name)) !== null) yield name
      if (covered(directory)) return
      for (const name of base.names(directory)) {
        if (!own.has(name) && !hidden.has(joinPath(directory, name))) yield name
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

const noNames: ReadonlySet<string> = new Set()

/** Makes one change in an overlay: what is no directory, or is removed, takes all below it away. */
export function apply(overlay: Overlay, store: FileStore, path: string, entry: FileEntry | null): void {
  if (entry?.type !== 'directory') {
    if (entry === null || store.get(path)?.type === 'directory') hideTree(overlay, path)
    else overlay.texts.delete(path)
  }
  if (entry === null) return
  overlay.entries.set(path, entry)
  if (overlay.children !== null) addChild(overlay.children, path)
}

export function setText(overlay: Overlay, path: string, text: string): void {
  overlay.texts.set(path, text)
  if (overlay.children !== null) addChild(overlay.children, path)
}

function hideTree(overlay: Overlay, path: string): void {
  const { entries, texts, hidden } = overlay
  hidden.add(path)
  const children = childrenOf(overlay)
  const below = [path]
  for (let at = below.pop(); at !== undefined; at = below.pop()) {
    entries.delete(at)
    texts.delete(at)
    for (const name of children.get(at) ?? noNames) below.push(joinPath(at, name))
    children.delete(at)
  }
  children.get(parentOf(path))?.delete(nameOf(path))
}

function childrenOf(overlay: Overlay): Map<string, Set<string>> {
  overlay.children ??= indexChildren([...overlay.entries.keys(), ...overlay.texts.keys()])
  return overlay.children
}

function indexChildren(paths: Iterable<string>): Map<string, Set<string>> {
  const children = new Map<string, Set<string>>()
  for (const path of paths) addChild(children, path)
  return children
}

/** Up to the first folder that is named already: what is above it is too. */
function addChild(children: Map<string, Set<string>>, path: string): void {
  for (let at = path; at !== '/'; at = parentOf(at)) {
    const parent = parentOf(at)
    const names = children.get(parent)
    if (names === undefined) children.set(parent, new Set([nameOf(at)]))
    else if (names.has(nameOf(at))) return
    else names.add(nameOf(at))
  }
}
