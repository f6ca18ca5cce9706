import type { StagePlan } from '../plan/plan.ts'
import { isStatePlace } from '../plan/state-places.ts'

/**
 * Files that are closed to others, lie where programs keep their data, and were only read: the original, as root, could
 * write them all the same, and nobody asked it for what it writes them for. What a report says of them.
 */
export function readState({ grants }: Pick<StagePlan, 'grants'>): readonly string[] {
  const paths = grants.filter(({ kind, path }) => kind === 'group-read' && isStatePlace(path)).map(({ path }) => path)
  if (paths.length === 0) return []
  return [
    `whether it also writes ${paths.join(', ')}: it only read there, and its new user may not write it (--writable gives it)`,
  ]
}
