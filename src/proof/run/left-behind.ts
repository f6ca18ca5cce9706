import type { Changes, DiffEntry, Engine } from '../../engine/engine.ts'
import { kindsOf } from './added-kinds.ts'
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
