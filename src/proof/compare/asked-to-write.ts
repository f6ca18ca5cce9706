import type { Operation } from '../../evidence/operation.ts'
import { isRuntimePlace, isSharedFolder, isSystemFolder } from '../../places.ts'
import { isOptional } from '../run/observe.ts'
import type { RunRecord } from '../run/run-record.ts'
import { operationsBy } from './refused-work.ts'

const MOST_NAMED = 3

/**
 * Places that the original asked whether it may write, and as root might; the result asks, may not, and goes on without
 * a word. What a report says of them: nobody saw what hangs on the answer. What lies where programs keep data is given.
 */
export function askedToWrite(original: RunRecord, traced: RunRecord | null): readonly string[] {
  const may = operationsBy(original, 'done', askedToWriteAt)
  const refused = operationsBy(traced, 'refused', askedToWriteAt)
  const paths = [...refused.keys()].filter((path) => may.has(path) && isPrograms(path))
  if (paths.length === 0) return []
  const named = paths.slice(0, MOST_NAMED).join(', ')
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : ''
  return [
    `whether it has to write ${named}${more}: it asks whether it may, as root it might, and its new user may not (--writable gives it)`,
  ]
}

function askedToWriteAt({ access, asked, path }: Operation): string | null {
  return access === 'look' && asked === 'write' ? path : null
}

function isPrograms(path: string): boolean {
  return !(isSystemFolder(path) || isSharedFolder(path) || isRuntimePlace(path) || isOptional(path))
}
