import type { DiffEntry, Engine } from '../../engine/engine.ts'
import { parentOf } from '../../plan/places.ts'
import { entriesAt } from './entries-at.ts'
import type { AddedKind } from './run-record.ts'

const MOST_LOOKS = 80

/** What the added paths of a container are. A path that is in no tar has no kind: it is a socket, or gone again. */
export async function kindsOf(
  engine: Engine,
  container: string,
  diff: readonly DiffEntry[],
): Promise<Map<string, AddedKind>> {
  const added = new Set(diff.filter((entry) => entry.kind === 'added').map((entry) => entry.path))
  const tops = [...added].filter((path) => !added.has(parentOf(path))).slice(0, MOST_LOOKS)
  const kinds = new Map<string, AddedKind>()
  for (const top of tops) {
    for (const [path, { type }] of await entriesAt(engine, container, top)) kinds.set(path, type)
  }
  return kinds
}
