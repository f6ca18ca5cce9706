import { type Need, needsOf } from './need.ts'
import type { Operation } from './operation.ts'
import { isAuthority, isInside } from './places.ts'
import type { Observation } from './stage-input.ts'

/** Operations outside root's home; what a run was refused counts like what the original did. */
export function observedNeeds(observation: Observation | null): readonly Need[] {
  if (observation === null) return []
  return observation.operations
    .filter(
      (operation) =>
        operation.outcome === 'refused' ||
        // A start script that changes accounts does it for whom it starts as root.
        !(isInHome(operation, observation) || (operation.path !== null && isAuthority(operation.path))),
    )
    .flatMap(needsOf)
}

/** What the original did in root's home, but for what it only read. */
export function homeNeeds(observation: Observation | null): readonly Need[] {
  if (observation === null) return []
  return observation.operations
    .filter(
      (operation) =>
        operation.outcome === 'done' &&
        isInHome(operation, observation) &&
        operation.access !== 'read' &&
        operation.access !== 'list',
    )
    .flatMap(needsOf)
}

/** In root's own home: for another user that is another folder. */
function isInHome(operation: Operation, { home }: Observation): boolean {
  return home !== '/' && operation.path !== null && isInside(operation.path, home)
}
