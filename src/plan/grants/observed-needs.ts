import { type Evidence, type Need, stateNeed } from '../../evidence/claim.ts'
import { type Access, CHANGES, type Operation } from '../../evidence/operation.ts'
import type { FileModel } from '../../image/file-model.ts'
import {
  baseName,
  isAuthority,
  isInside,
  isLeftOpen,
  isOwnPlace,
  isSharedFolder,
  isStatePlace,
  isSystemFolder,
  parentOf,
} from '../../places.ts'
import type { Observation } from '../stage-input.ts'

/** What runs have shown. */
export interface Observed {
  /** Needs outside root's home; a refused operation counts like one that the original did. */
  readonly needs: readonly Need[]
  /** What the original did in root's home, but for what it only read. */
  readonly inHome: readonly Evidence[]
  /** What only root's home leads to, as often as a round has said so. */
  readonly foundByHome: readonly Need[]
}

export function observedNeeds(observation: Observation | null): Observed {
  const needs: Need[] = []
  const inHome: Evidence[] = []
  const foundByHome: Need[] = []
  const { operations, home } = observation ?? { operations: [], home: '/' }
  const moved = new Set(
    operations.flatMap(({ access, outcome, path, to }) =>
      access === 'rename' && outcome === 'done' && to !== undefined && path !== null ? [path] : [],
    ),
  )
  // `ln -sf` and `sed -i` use a random name in /etc: only the final name is needed.
  const isDrawn = (path: string): boolean => moved.has(path) && isSystemFolder(parentOf(path))
  for (const operation of operations) {
    const { access, byHome, outcome } = operation
    for (const need of operationNeeds(operation)) {
      const isHome = home !== '/' && isInside(need.path, home)
      if (byHome === true) {
        foundByHome.push(need)
        continue
      }
      if (isHome && outcome === 'done' && access !== 'read' && access !== 'list') inHome.push(need.evidence)
      // A start script that edits accounts does so for the user that it starts as root.
      const isRoots = isHome || isAuthority(need.path) || (access === 'create-file' && isDrawn(need.path))
      if (outcome === 'refused' || !isRoots) needs.push(need)
    }
  }
  return { needs, inHome, foundByHome }
}

/** The needs of an operation; none for one that needs no path. */
export function operationNeeds(operation: Operation): readonly Need[] {
  const { access, path, to, source, detail, uid, found } = operation
  if (path === null) return []
  const need = (at: string, what: Access): Need => {
    const common = {
      path: at,
      certainty: source === 'refused' ? 'refused' : 'observed',
      evidence: { source, subject: at, detail: source === 'traced' ? inWords(at, operation) : detail },
      ...(operation.fromStart === true ? { fromStart: true as const } : {}),
    } as const
    switch (what) {
      case 'create-directory':
        return { ...common, access: what, ...closedMode(operation) }
      case 'change-owner':
        return { ...common, access: what, ...(uid === undefined ? {} : { uid }) }
      case 'remove':
      case 'rename':
        return { ...common, access: what, ...(found === true ? { found } : {}) }
      default:
        return { ...common, access: what }
    }
  }
  // A path that a run made itself belongs to whoever runs it.
  const own = operation.made === true ? [] : [need(path, asksToKeep(operation) ? 'write' : access)]
  return access === 'rename' && to !== undefined ? [...own, need(to, 'rename')] : own
}

/** A program that finds its data read-only may go on silently and refuse to save later. */
function asksToKeep({ access, asked, path }: Operation): boolean {
  return access === 'look' && asked === 'write' && path !== null && isStatePlace(path)
}

const VERBS: Partial<Record<Access, string>> = {
  look: 'asked about before it is written',
  read: 'read',
  list: 'listed',
  execute: 'executed',
  traverse: 'entered',
  remove: 'removed',
  rename: 'replaced',
  'create-file': 'created',
  'create-directory': 'made',
  'create-socket': 'bound as a socket',
  'change-owner': 'handed over',
}

/** `/run/nginx.pid is written by nginx: openat(…)`; the part before the colon is for readers. */
function inWords(path: string, { access, by, detail }: Operation): string {
  return `${path} is ${VERBS[access] ?? 'written'} by ${by === undefined ? 'the original' : by.slice(by.lastIndexOf('/') + 1)}: ${detail}`
}

/** A folder that is closed to others stays so. */
function closedMode({ access, mode }: Operation): { readonly closed?: number } {
  return access === 'create-directory' && mode !== undefined && (mode & 0o007) === 0 ? { closed: mode & 0o777 } : {}
}

/** An image with more of them has no small set of folders to mount. */
const MOST_MADE = 5
/** Folders that are made anew at each start and kept by nobody, and temporary names. */
const PASSING = /cache|te?mp|^run$|^pids?$|sock|lock|session|^__|\d{4}|^[\da-f]{8,}$/i

/**
 * Folders of state that the program makes itself at its start in one that is there: where the folder above alone let it, a new volume in
 * its place would be root's. They are its own as if a VOLUME named them. Not one that it looked for first and then filled, where its
 * sources ask (`isAsked`) and nothing `expected` names it: what it does at its first start may hang on that.
 */
export function madeAtStart(
  { operations, home }: Observation,
  expected: readonly Need[],
  files: FileModel,
  isAsked: boolean,
): readonly Need[] {
  const done = operations.filter(({ outcome }) => outcome === 'done')
  const isFilled = (path: string): boolean =>
    done.some(
      (one) =>
        CHANGES.has(one.access) && [one.path, one.to].some((at) => at != null && at !== path && isInside(at, path)),
    )
  const isExpected = (path: string): boolean =>
    expected.some((need) => need.access === 'keep-state' && need.path === path)
  const made = (operation: Operation): readonly Need[] => {
    const { access, path, sought, source, detail } = operation
    if (access !== 'create-directory' || path === null || PASSING.test(baseName(path))) return []
    if (!isOwnPlace(path) && !isLeftOpen(path)) return []
    const parent = parentOf(path)
    const isNew = files.entry(path) === null && files.entry(parent)?.type === 'directory'
    if (!isNew || isSharedFolder(parent) || isStatePlace(parent) || (home !== '/' && isInside(path, home))) return []
    const filled = isFilled(path)
    // An empty folder is filled by requests, unless a start that finds it skips other work.
    if (!filled && !isStatePlace(path) && sought === true) return []
    if (!isExpected(path) && (source !== 'traced' || (sought === true && filled && isAsked))) return []
    const need = stateNeed(path, 'observed', {
      source,
      detail: `${path} is made by the program at its start: ${detail}`,
    })
    return [{ ...need, ...closedMode(operation) }]
  }
  const all = done.flatMap(made)
  const own = all.filter(({ path }) => isOwnPlace(path))
  return [...own.slice(0, MOST_MADE), ...all.filter(({ path }) => !isOwnPlace(path))]
}

/**
 * Folders below /var/log in which the original wrote a log of its own: to open it anew once it was moved away, and to rotate it, takes
 * the folder, and no run waits for that.
 */
export function logFolders({ operations }: Observation, files: FileModel): readonly Need[] {
  const folders = new Map<string, Need>()
  for (const { access, outcome, path, source, detail } of operations) {
    const folder = path === null ? '/' : parentOf(path)
    const isLog = outcome === 'done' && (access === 'write' || access === 'create-file') && isInside(folder, '/var/log')
    // A link leads to an output of the container.
    if (path === null || !isLog || folder === '/var/log' || files.entry(path)?.type === 'symlink') continue
    const need = stateNeed(folder, 'observed', { source, detail: `${path} is rotated there: ${detail}` })
    if (!folders.has(folder) && files.entry(folder)?.type === 'directory') folders.set(folder, need)
  }
  return [...folders.values()]
}
