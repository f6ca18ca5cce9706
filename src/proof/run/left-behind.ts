import type { Changes, DiffEntry, Engine } from '../../engine/engine.ts'
import { parentOf } from '../../places.ts'
import { entriesAt } from './entries-at.ts'
import type { AddedKind } from './run-record.ts'

/** What a container holds that its image does not. */
export interface Left {
  readonly diff: readonly DiffEntry[]
  /** See RunRecord. */
  readonly unread: readonly string[]
  readonly kinds: ReadonlyMap<string, AddedKind>
}

export const nothingLeft: Left = { diff: [], unread: [], kinds: new Map() }

export async function leftBy(engine: Engine, container: string): Promise<Left> {
  const { entries: diff, more } = await engine.diff(container)
  return { diff, unread: unreadOf(more), kinds: await kindsOf(engine, container, diff) }
}

/** `more`: why a list of changes may not be all, said of the engine. */
export function unreadOf(more: Changes['more']): readonly string[] {
  return more === null ? [] : [`what else it changed in its files: the engine ${more}`]
}

const MOST_LOOKS = 80

/** What the added paths of a container are. A path that is in no tar has no kind: it is a socket, or gone again. */
async function kindsOf(engine: Engine, container: string, diff: readonly DiffEntry[]): Promise<Map<string, AddedKind>> {
  const added = new Set(diff.filter((entry) => entry.kind === 'added').map((entry) => entry.path))
  const tops = [...added].filter((path) => !added.has(parentOf(path))).slice(0, MOST_LOOKS)
  const kinds = new Map<string, AddedKind>()
  for (const top of tops) {
    for (const [path, { type }] of await entriesAt(engine, container, top)) kinds.set(path, type)
  }
  return kinds
}
