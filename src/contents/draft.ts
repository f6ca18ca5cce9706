import type { FileEntry, FileModel } from '../image/file-model.ts'
import { baseName, parentOf } from '../places.ts'
import type { BroughtText, CopiedPath } from './stage-contents.ts'

/** The files that a stage adds, while its instructions are read. */
export interface Draft {
  readonly base: FileModel | null
  /** Changed by `place` and `remove` alone. */
  readonly entries: Map<string, FileEntry>
  /** The content of each folder, so that a whole tree is found without a look at all entries. */
  readonly inFolder: Map<string, Set<string>>
  readonly texts: Map<string, string>
  /** Paths of texts, by the first word of their name. */
  readonly byWord: Map<string, Set<string>>
  readonly origins: Map<string, string>
  readonly brought: Map<string, BroughtText>
  /** Texts of sources that a RUN has taken away, by path. */
  readonly removedSources: Map<string, string>
  readonly copies: CopiedPath[]
}

export function emptyDraft(base: FileModel | null): Draft {
  return {
    base,
    entries: new Map(),
    inFolder: new Map(),
    texts: new Map(),
    byWord: new Map(),
    origins: new Map(),
    brought: new Map(),
    removedSources: new Map(),
    copies: [],
  }
}

export const directory: FileEntry = { type: 'directory', uid: 0, gid: 0, mode: 0o755, size: 0, link: null }

/** A folder, made with its parents where they are missing; the base image's folders stay as they are. */
export function folder(draft: Draft, path: string | null, mode = 0o755): void {
  if (path === null) return
  for (let at = path; at !== '/' && !draft.entries.has(at); at = parentOf(at))
    place(draft, at, brought(draft, at) ?? { ...directory, mode: at === path ? mode : 0o755 })
}

/**
 * The files that exist before any instruction adds one. Of an unknown base only root's home is assumed, which is closed in nearly
 * all (FACTS 16); the package openssl brings its key folder.
 */
function brought({ base }: Draft, path: string): FileEntry | null {
  const closed = { ...directory, mode: 0o700 }
  if (path === '/root' && base === null) return closed
  return base?.entry(path) ?? (path === '/etc/ssl/private' ? closed : null)
}

export function put(draft: Draft, path: string, entry: FileEntry): void {
  folder(draft, parentOf(path))
  place(draft, path, entry)
  draft.texts.delete(path)
}

export function setText({ texts, byWord }: Draft, path: string, text: string): void {
  texts.set(path, text)
  const word = WORD.exec(baseName(path))?.[0] ?? ''
  const others = byWord.get(word)
  if (others === undefined) byWord.set(word, new Set([path]))
  else others.add(path)
}

/** Texts that a command may name: the first word of their name is among its words. */
export function textsNamedIn({ texts, byWord }: Draft, command: string): readonly string[] {
  if (texts.size === 0) return []
  const words = new Set(['', ...(command.match(new RegExp(WORD, 'g')) ?? [])])
  return [...words].flatMap((word) => [...(byWord.get(word) ?? [])]).filter((path) => texts.has(path))
}

const WORD = /[\w-]+/

/** Sets one entry without a look at its parents. */
export function place({ entries, inFolder }: Draft, path: string, entry: FileEntry): void {
  const isNew = !entries.has(path)
  entries.set(path, entry)
  if (!isNew) return
  for (let at = path; at !== '/'; at = parentOf(at)) {
    const parent = parentOf(at)
    const siblings = inFolder.get(parent)
    if (siblings?.has(at)) return
    if (siblings === undefined) inFolder.set(parent, new Set([at]))
    else siblings.add(at)
  }
}

/** A path with all that is below it. */
const COMPILED = /\.(?:go|rs|java|kt|cs|c|cc|cpp|cxx)$|\/(?:go\.mod|Cargo\.toml)$/

export function remove(draft: Draft, path: string): void {
  for (const gone of [path, ...entriesBelow(draft, path)]) {
    const text = draft.texts.get(gone)
    if (text !== undefined && COMPILED.test(gone)) draft.removedSources.set(gone, text)
    draft.entries.delete(gone)
    draft.texts.delete(gone)
    draft.inFolder.delete(gone)
  }
  draft.inFolder.get(parentOf(path))?.delete(path)
}

export function entriesBelow({ entries, inFolder }: Draft, path: string): readonly string[] {
  const below: string[] = []
  const open = [path]
  for (let folder = open.pop(); folder !== undefined; folder = open.pop())
    for (const each of inFolder.get(folder) ?? []) {
      if (entries.has(each)) below.push(each)
      open.push(each)
    }
  return below
}

/** The bits of an octal mode; null for another one. */
export function octal(value: string | null): number | null {
  return value !== null && /^[0-7]{3,4}$/.test(value) ? Number.parseInt(value, 8) : null
}

/** chmod(1): octal, or clauses such as `+x`, `a+rX`, `u=rwx,go=rx`. What is not understood changes nothing. */
export function changedMode(mode: number, value: string): number {
  const absolute = octal(value)
  if (absolute !== null) return absolute
  let result = mode
  for (const clause of value.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxX]*)$/.exec(clause)
    if (match === null) return mode
    const who = match[1] === '' || match[1]?.includes('a') === true ? 'ugo' : (match[1] ?? '')
    let bits = 0
    for (const letter of match[3] ?? '') bits |= letter === 'r' ? 4 : letter === 'w' ? 2 : 1
    const mask = (who.includes('u') ? 0o100 : 0) | (who.includes('g') ? 0o010 : 0) | (who.includes('o') ? 0o001 : 0)
    if (match[2] === '+') result |= mask * bits
    else if (match[2] === '-') result &= ~(mask * bits)
    else result = (result & ~(mask * 7)) | (mask * bits)
  }
  return result
}
