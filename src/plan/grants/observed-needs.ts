import type { Evidence, Need } from '../../evidence/claim.ts'
import { needsOf } from '../../evidence/operation.ts'
import { isAuthority, isInside, isSystemFolder, parentOf } from '../../places.ts'
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
