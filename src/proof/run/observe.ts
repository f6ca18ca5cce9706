import type { DiffEntry } from '../../engine/engine.ts'
import type { Operation } from '../../evidence/operation.ts'
import type { FileModel } from '../../image/file-model.ts'
import { isInside, isOfEngine, isRuntimePlace } from '../../places.ts'
import { TRACER_FOLDER } from '../trace/tracer-layout.ts'

/** Python writes its bytecode beside the code when it may and shrugs when not. */
const OPTIONAL = /\/__pycache__(\/|$)|\.pyc$/

/**
 * Turns `docker diff` of a run as root into operations. `before` is the image, `after` what the container holds of the
 * added paths: a path that was added and is in no tar is a socket, which tar has no word for.
 */
export function operationsOfDiff(
  diff: readonly DiffEntry[],
  before: FileModel,
  after: (path: string) => 'file' | 'directory' | 'other' | null,
): readonly Operation[] {
  const operations: Operation[] = []
  for (const { kind, path } of diff) {
    if (isInside(path, TRACER_FOLDER) || isOfEngine(path) || isRuntimePlace(path) || OPTIONAL.test(path)) continue
    const operation = { path, outcome: 'done', source: 'observed' } as const
    if (kind === 'deleted')
      operations.push({ ...operation, access: 'remove', detail: `${path} is removed by the original run` })
    else if (kind === 'changed') {
      if (before.entry(path)?.type === 'file')
        operations.push({ ...operation, access: 'write', detail: `${path} is written by the original run` })
    } else {
      const type = after(path)
      const access = type === 'directory' ? 'create-directory' : type === null ? 'create-socket' : 'create-file'
      operations.push({ ...operation, access, detail: `${path} is created by the original run` })
    }
  }
  return operations
}

export function isOptional(path: string): boolean {
  return isOfEngine(path) || OPTIONAL.test(path)
}

/** Two looks at one container as one: what was there at either time. */
export function mergeDiffs(up: readonly DiffEntry[], down: readonly DiffEntry[]): readonly DiffEntry[] {
  const byPath = new Map<string, DiffEntry>()
  for (const entry of [...down, ...up]) byPath.set(entry.path, entry)
  return [...byPath.values()].sort((x, y) => (x.path < y.path ? -1 : 1))
}
