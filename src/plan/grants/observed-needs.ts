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

/** Operations outside root's home; what a run was refused counts like what the original did. */
export function observedNeeds(observation: Observation | null): readonly Need[] {
  if (observation === null) return []
  const { operations } = observation
  const moved = new Set(
    operations.flatMap(({ access, outcome, path, to }) =>
      access === 'rename' && outcome === 'done' && to !== undefined && path !== null ? [path] : [],
    ),
  )
  // `ln -sf` and `sed -i` in /etc make it under a name that is drawn: only the one that it gets in the end is asked for.
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
          // A start script that changes accounts does it for whom it starts as root.
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

/** In root's own home: for another user that is another folder. */
function isInHome(path: string, { home }: Observation): boolean {
  return home !== '/' && isInside(path, home)
}

/** More of one image are no few places for a volume. */
const MOST_MADE = 5
/** What is made anew at each start, and nobody keeps; and the names of a moment. */
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
      // An empty one is for what a request brings, unless a start that finds it there may leave something else undone.
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
