import type { Operation } from '../../evidence/operation.ts'
import { baseName, isAuthority, isInside, isRuntimePlace, isStatePlace, normalisePath } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { isOptional } from '../run/observe.ts'
import type { RunRecord } from '../run/run-record.ts'
import { withoutNumbers } from '../without-numbers.ts'
import { withoutTwins } from './drawn-names.ts'

/** For others to find the process by, and worth nothing without it. */
const TRANSIENT = /\.(pid|lock|lck|swp|tmp|sock)$|(^|[/.])(pid|lock)$/i

export const MADE = 'makes the files that it made'

export interface Folders {
  /** Root's. */
  readonly home: string
  /** What is in them outlives the container; a file elsewhere does not. */
  readonly volumes: readonly string[]
  /** The folder of the image that a path lies in: what the run itself made below it belongs to who made it. */
  readonly inImage: (path: string) => string
}

/**
 * Whether a run leaves the files that the original leaves: one that keeps its work in memory where it may not write, or
 * never tries, answers just as well. What is judged is all that a job leaves (it ends, and its files are its work), and
 * of a service what it keeps state in, reads back, or is refused. Empty where the runs were not traced.
 */
export function leftFiles(original: RunRecord, traced: RunRecord | null, folders: Folders): readonly ReportCheck[] {
  if (original.trace === null || traced?.trace == null) return []
  const operations = original.trace.operations
  const read = new Set(done(operations, 'read').map(({ path }) => path))
  const isWork = (path: string): boolean => !original.state.running || isStatePlace(path) || read.has(path)
  const all = filesMade(operations)
  // What it tried to make, and was refused, it misses wherever that is.
  const refused = new Set(refusedFiles(traced.trace.operations))
  const left = [...all].filter((path) => !isPassing(path, folders.home) && (isWork(path) || refused.has(path)))
  if (left.length === 0) return []
  const lacking = new Set(missingFiles(all, filesMade(traced.trace.operations), folders))
  const unmatched = left.filter((path) => lacking.has(path))
  return [madeCheck(withoutTwins(unmatched, operations, traced.trace.operations))]
}

export function madeCheck(missing: readonly string[]): ReportCheck {
  const result = missing.length === 0 ? 'yes' : `not ${missing.slice(0, 3).join(', ')}`
  return { name: MADE, baseline: 'yes', result, passed: missing.length === 0 }
}

/**
 * Those of all that one run has left which another has neither there nor by that name elsewhere; what may come and go
 * is no loss. A number in a name may be another one in each run, in that of a folder only where the run made it: of two
 * folders of the image one may be open to its user and the other not.
 */
export function missingFiles(
  left: Iterable<string>,
  made: Iterable<string>,
  { home, volumes, inImage }: Folders,
): readonly string[] {
  const [here, there] = [new Set(left), [...made]]
  const place = (path: string): string => {
    const folder = inImage(path)
    return `${folder}\0${withoutNumbers(path.slice(folder.length))}`
  }
  const places = new Set(there.map(place))
  const name = (path: string): string => withoutNumbers(baseName(path))
  // What goes to a folder that nobody keeps, for want of its own, is as good as lost; what both have stands for itself.
  const names = new Set(there.filter((path) => !isPassing(path, home) && !here.has(path)).map(name))
  const isInVolume = (path: string): boolean => volumes.some((volume) => isInside(path, volume))
  return [...here].filter(
    (path) => !isPassing(path, home) && !places.has(place(path)) && (isInVolume(path) || !names.has(name(path))),
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

function refusedFiles(operations: readonly Operation[]): readonly (string | null)[] {
  return operations.flatMap(({ access, outcome, path, to }) =>
    outcome === 'refused' && (access === 'create-file' || access === 'write' || access === 'rename')
      ? [access === 'rename' ? (to ?? null) : path]
      : [],
  )
}

function done(operations: readonly Operation[], access: Operation['access']): readonly Operation[] {
  return operations.filter((operation) => operation.access === access && operation.outcome === 'done')
}

export function isPassing(path: string, home: string): boolean {
  return (
    isOptional(path) ||
    isRuntimePlace(path) ||
    isAuthority(path) ||
    TRANSIENT.test(path) ||
    path.includes('/#unnamed') ||
    ['/run', '/var/run', home].some((folder) => folder !== '/' && isInside(normalisePath(path) ?? path, folder))
  )
}
