import type { StagePlan } from '../plan/plan.ts'

const MOST_NAMED = 3

/**
 * Places that the program's own files speak of, and that no run has come to: it may do so on a signal, after minutes or
 * for a request that nobody sent. What a report says of them, one sentence each.
 */
export function unshownPlaces({ unshown }: Pick<StagePlan, 'grants' | 'unshown'>): readonly string[] {
  const grants = unshown?.() ?? []
  const rest = grants.length - MOST_NAMED
  return [
    ...grants.slice(0, MOST_NAMED).map(({ path, kind, evidence }) => {
      const verb = kind === 'group-read' ? 'read' : 'write'
      return `whether it has to ${verb} ${path} (${evidence[0]?.detail ?? 'its own files speak of it'}): no run did, and its new user may not (--writable gives it)`
    }),
    ...(rest > 0 ? [`the same of ${rest} more places that its own files speak of`] : []),
  ]
}
