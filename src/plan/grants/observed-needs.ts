import { type Evidence, type Need, stateNeed } from '../../evidence/claim.ts'
import { CHANGES, needsOf } from '../../evidence/operation.ts'
import type { FileModel } from '../../image/file-model.ts'
import {
  baseName,
  isAuthority,
  isInside,
  isOwnPlace,
  isSharedFolder,
  isStatePlace,
  isSystemFolder,
  parentOf,
} from '../../places.ts'
import type { Observation } from '../stage-input.ts'

/** Needs outside root's home; a refused operation counts like one that the original did. */
export function observedNeeds(observation: Observation | null): readonly Need[] {
  if (observation === null) return []
  const { operations } = observation
  const moved = new Set(
    operations.flatMap(({ access, outcome, path, to }) =>
      access === 'rename' && outcome === 'done' && to !== undefined && path !== null ? [path] : [],
    ),
  )
  // `ln -sf` and `sed -i` use a random name in /etc: only the final name is needed.
  const isDrawn = (path: string): boolean => moved.has(path) && isSystemFolder(parentOf(path))
  return operations
    .filter(
      ({ access, outcome, path }) =>
        access !== 'create-file' || outcome === 'refused' || path === null || !isDrawn(path),
    )
    .flatMap((operation) =>
      needsOf(operation).filter(
        ({ path }) =>
          operation.outcome === 'refused' ||
          // A start script that edits accounts does so for the user that it starts as root.
          !(isInHome(path, observation) || isAuthority(path)),
      ),
    )
}

/** What the original did in root's home, but for what it only read. */
export function homeNeeds(observation: Observation | null): readonly Need[] {
  if (observation === null) return []
  return observation.operations
    .filter(({ outcome, access }) => outcome === 'done' && access !== 'read' && access !== 'list')
    .flatMap((operation) => needsOf(operation).filter(({ path }) => isInHome(path, observation)))
}

/** Settings of the image that only root's home leads to. */
export function foundByHome(observation: Observation | null): readonly Evidence[] {
  if (observation === null) return []
  return observation.operations
    .filter(({ byHome }) => byHome === true)
    .flatMap((operation) => needsOf(operation).map(({ evidence }) => evidence))
}

/** A path in root's own home, which is another folder for another user. */
function isInHome(path: string, { home }: Observation): boolean {
  return home !== '/' && isInside(path, home)
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
  return done
    .flatMap(({ access, path, sought, source, detail, mode = 0o777 }): readonly Need[] => {
      if (access !== 'create-directory' || path === null || !isOwnPlace(path) || PASSING.test(baseName(path))) return []
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
      return [(mode & 0o007) === 0 ? { ...need, closed: mode & 0o777 } : need]
    })
    .slice(0, MOST_MADE)
}
