import type { Operation } from '../plan/operation.ts'
import { baseName, isAuthority, isInside, isRuntimePlace, normalisePath } from '../plan/places.ts'
import { isStatePlace } from '../plan/state-places.ts'
import type { ReportCheck } from '../report/report.ts'
import { withoutTwins } from './drawn-names.ts'
import { isOptional } from './observe.ts'
import type { RunRecord } from './run-record.ts'
import { withoutNumbers } from './without-numbers.ts'

/** For others to find the process by, and worth nothing without it. */
const TRANSIENT = /\.(pid|lock|lck|swp|tmp|sock)$|(^|[/.])(pid|lock)$/i

export const MADE = 'makes the files that it made'

export interface Folders {
  /** Root's. */
  readonly home: string
  /** What is in them outlives the container; a file elsewhere does not. */
  readonly volumes: readonly string[]
}

/**
 * Whether a run leaves the files that the original leaves: one that keeps its work in memory where it may not write, or
 * never tries, answers just as well. What is judged is all that a job leaves (it ends, and its files are its work), and
 * of a service what it keeps state in or reads back. Empty where the runs were not traced.
 */
export function leftFiles(original: RunRecord, traced: RunRecord | null, folders: Folders): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  const operations = original.trace.operations
  const read = new Set(done(operations, 'read').map(({ path }) => path))
  const isWork = (path: string): boolean => !original.state.running || isStatePlace(path) || read.has(path)
  const left = [...filesMade(operations)].filter((path) => !isPassing(path, folders.home) && isWork(path))
  if (left.length === 0) return []
  const unmatched = missingFiles(left, filesMade(traced.trace.operations), folders)
  return [madeCheck(withoutTwins(unmatched, operations, traced.trace.operations))]
}

export function madeCheck(missing: readonly string[]): ReportCheck {
  const result = missing.length === 0 ? 'yes' : `not ${missing.slice(0, 3).join(', ')}`
  return { name: MADE, baseline: 'yes', result, passed: missing.length === 0 }
}

/** Those that another run has neither there nor by that name elsewhere; what may come and go is no loss. */
export function missingFiles(
  left: Iterable<string>,
  made: Iterable<string>,
  { home, volumes }: Folders,
): readonly string[] {
  const paths = new Set([...made].map(withoutNumbers))
  // What goes to a folder that nobody keeps, for want of its own, is as good as lost.
  const names = new Set([...paths].filter((path) => !isPassing(path, home)).map(baseName))
  const isInVolume = (path: string): boolean => volumes.some((volume) => isInside(path, volume))
  return [...left].filter(
    (path) =>
      !isPassing(path, home) &&
      !paths.has(withoutNumbers(path)) &&
      (isInVolume(path) || !names.has(withoutNumbers(baseName(path)))),
  )
}

/** Names that are there in the end; what was removed at any time may come and go. */
export function filesMade(operations: readonly Operation[]): ReadonlySet<string> {
  const made = new Set<string>()
  for (const { access, outcome, path, to, mayCreate } of operations) {
    if (outcome !== 'done' || path === null) continue
    if (access === 'create-file' || (access === 'write' && mayCreate === true)) made.add(path)
    if (access === 'rename' && to !== undefined) made.add(to)
  }
  for (const { path } of [...done(operations, 'remove'), ...done(operations, 'rename')]) made.delete(path ?? '')
  return made
}

function done(operations: readonly Operation[], access: Operation['access']): readonly Operation[] {
  return operations.filter((operation) => operation.access === access && operation.outcome === 'done')
}

function isPassing(path: string, home: string): boolean {
  return (
    isOptional(path) ||
    isRuntimePlace(path) ||
    isAuthority(path) ||
    TRANSIENT.test(path) ||
    path.includes('/#unnamed') ||
    ['/run', '/var/run', home].some((folder) => folder !== '/' && isInside(normalisePath(path) ?? path, folder))
  )
}
