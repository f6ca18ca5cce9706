import { joinPath, nameOf, normalisePath, parentOf } from '../path.ts'
import { type FileEntry, type FileModel, type FileView, type Walk, walk } from './file-model.ts'

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

/** The base is never copied: further changes are merged into one overlay. */
function modelOf(store: FileStore, overlay: Overlay): FileModel {
  return {
    ...viewOf(store, new Set()),
    with: (changes, changedTexts = new Map()) => {
      const changed = copyOfOverlay(overlay)
      change(changed, changes, changedTexts)
      return modelOf(overlayStore(changed), changed)
    },
    draft: () => {
      const changed = copyOfOverlay(overlay)
      return { ...viewOf(overlayStore(changed), null), change: (changes) => change(changed, changes, new Map()) }
    },
  }
}

/**
 * `reached`: folders that a walk has reached by their real paths, of files that do not change any more: what lies in one is looked up
 * without another walk, since whoever asks for one file asks for thousands. Null for a draft.
 */
function viewOf(store: FileStore, reached: Set<string> | null): FileView {
  const get = (path: string): FileEntry | null => store.get(path)
  const end = (path: string, follow: boolean): Extract<Walk, { kind: 'end' }> | null => {
    if (reached?.has(parentOf(path)) === true && !/^\.{0,2}$/.test(nameOf(path))) {
      const entry = get(path)
      if (!follow || entry?.type !== 'symlink') return { kind: 'end', path, entry }
    }
    const result = walk(get, path, { follow })
    if (result.kind !== 'end') return null
    if (result.path !== '/') reached?.add(parentOf(result.path))
    return result
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

/** Entries by their real path; no symlink is followed here. */
interface FileStore {
  get(path: string): FileEntry | null
  text(path: string): string | null
  /** Names in a directory, in any order. */
  names(directory: string): Iterable<string>
  paths(): Iterable<string>
  texts(): Iterable<string>
}

/** Changes over a store, which is not copied: entries that are set or hidden here count before the base's. */
interface Overlay {
  readonly base: FileStore
  readonly entries: Map<string, FileEntry>
  readonly texts: Map<string, string>
  /** Paths of the base that are hidden, with everything below them. */
  readonly hidden: Set<string>
  /**
   * Names on the way to each of `entries` and `texts`, by their folder. Kept up with each change once it was asked for, since
   * a replay asks between its changes.
   */
  children: Map<string, Set<string>> | null
}

const defaultDirectory: FileEntry = { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }

function mapStore(entries: ReadonlyMap<string, FileEntry>, texts: ReadonlyMap<string, string>): FileStore {
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

function emptyOverlay(base: FileStore): Overlay {
  return { base, entries: new Map(), texts: new Map(), hidden: new Set(), children: null }
}

function copyOfOverlay({ base, entries, texts, hidden }: Overlay): Overlay {
  return { base, entries: new Map(entries), texts: new Map(texts), hidden: new Set(hidden), children: null }
}

/** Shows the overlay as it is when it is asked. */
function overlayStore(overlay: Overlay): FileStore {
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

/** Makes one change in an overlay: a path that is no directory, or is removed, takes everything below it away. */
function apply(overlay: Overlay, store: FileStore, path: string, entry: FileEntry | null): void {
  if (entry?.type !== 'directory') {
    if (entry === null || store.get(path)?.type === 'directory') hideTree(overlay, path)
    else overlay.texts.delete(path)
  }
  if (entry === null) return
  overlay.entries.set(path, entry)
  if (overlay.children !== null) addChild(overlay.children, path)
}

function setText(overlay: Overlay, path: string, text: string): void {
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

/** Adds names up to the first folder that has its name already: those above it have theirs. */
function addChild(children: Map<string, Set<string>>, path: string): void {
  for (let at = path; at !== '/'; at = parentOf(at)) {
    const parent = parentOf(at)
    const names = children.get(parent)
    if (names === undefined) children.set(parent, new Set([nameOf(at)]))
    else if (names.has(nameOf(at))) return
    else names.add(nameOf(at))
  }
}
