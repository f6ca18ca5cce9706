import type { Evidence, Need } from '../../evidence/claim.ts'
import { needsOf } from '../../evidence/operation.ts'
import { isAuthority, isInside } from '../../places.ts'
import type { Observation } from '../stage-input.ts'

/** Operations outside root's home; what a run was refused counts like what the original did. */
export function observedNeeds(observation: Observation | null): readonly Need[] {
  if (observation === null) return []
  return observation.operations.flatMap((operation) =>
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
