import type { DiffEntry, Engine } from '../../engine/engine.ts'
import { kindsOf } from './added-kinds.ts'
import type { AddedKind } from './run-record.ts'

/** What a container holds that its image does not. */
export interface Left {
  readonly diff: readonly DiffEntry[]
  readonly kinds: ReadonlyMap<string, AddedKind>
}

export const nothingLeft: Left = { diff: [], kinds: new Map() }

export async function leftBy(engine: Engine, container: string): Promise<Left> {
  const diff = await engine.diff(container)
  return { diff, kinds: await kindsOf(engine, container, diff) }
}
