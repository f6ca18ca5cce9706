import type { Operation } from '../operation.ts'
import type { Need } from './need.ts'

const OF_FILES = new Set<Operation['access']>(['create-file', 'create-socket'])

/** Without the folders that a text only seemed to name: the run has shown that the path is a file. */
export function withoutSeenFiles(needs: readonly Need[], operations: readonly Operation[]): readonly Need[] {
  if (operations.length === 0) return needs
  const files = new Set(
    operations.flatMap(({ access, outcome, path }) => (outcome === 'done' && OF_FILES.has(access) ? [path] : [])),
  )
  return needs.filter((need) => need.access !== 'keep-state' || !files.has(need.path))
}
