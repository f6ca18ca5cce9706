import type { Engine } from '../../engine/engine.ts'
import type { Operation } from '../../evidence/operation.ts'
import type { ReportCheck } from '../../report/report.ts'
import { filesMade } from '../compare/left-files.ts'
import { entryAt } from './entries-at.ts'
import type { RunRecord } from './run-record.ts'

/** What only an owner, or root, may do with a file. */
const OWNER = new Set<Operation['access']>(['change-owner', 'change-mode', 'change-times'])
/** Each is copied out of the container. */
const MOST_FILES = 12

/** Sizes in bytes of those files that a run made and left, and did more with than write them. */
export async function sizesOf(
  engine: Engine,
  container: string,
  operations: readonly Operation[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  for (const path of [...owned(operations)].slice(0, MOST_FILES)) {
    const entry = await entryAt(engine, container, path)
    if (entry?.type === 'file') sizes.set(path, entry.size)
  }
  return sizes
}

/**
 * Whether a file that the original filled is filled: a program that makes its file and is refused to give it to somebody
 * can leave it at that, empty, and go on. Only what is refused on that very file makes an empty one its loss, since a log
 * may well have nothing to say. Empty where the runs were not traced, or do nothing of the kind.
 */
export function filledFiles(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  const refusal = (path: string): Operation | undefined =>
    traced.trace?.operations.find(
      (operation) => operation.outcome === 'refused' && OWNER.has(operation.access) && operation.path === path,
    )
  const filled = [...original.sizes].flatMap(([path, size]) => (size > 0 ? [path] : []))
  if (filled.length === 0) return []
  const empty = filled.find((path) => traced.sizes.get(path) === 0 && refusal(path) !== undefined)
  const result = empty === undefined ? 'yes' : `${empty} stays empty: ${refusal(empty)?.detail}`
  return [{ name: 'fills the files that it made', baseline: 'yes', result, passed: empty === undefined }]
}

function owned(operations: readonly Operation[]): ReadonlySet<string> {
  const made = filesMade(operations)
  return new Set(
    operations.flatMap(({ access, path }) => (OWNER.has(access) && path !== null && made.has(path) ? [path] : [])),
  )
}
