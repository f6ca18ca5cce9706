import type { Operation } from '../../evidence/operation.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { baseName, isAuthority, isInside, isRuntimePlace, isStatePlace, normalisePath, parentOf } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { withoutNumbers } from '../ask/answers.ts'
import { done, filesMade, isOptional, OWNER } from '../container/files.ts'
import type { RunRecord } from '../container/run-record.ts'
import { rootHome, volumePaths } from '../container/run-specs.ts'
import { type Check, operationsOf } from './check.ts'

/** Files by which others find the process, worthless without it. */
const TRANSIENT = /\.(pid|lock|lck|swp|tmp|sock)$|(^|[/.])(pid|lock)$/i

const MADE = 'makes the files that it made'

export interface Folders {
  /** Root's. */
  readonly home: string
  /** Files in them outlive the container; others do not. */
  readonly volumes: readonly string[]
  /** The folder of the image above a path: what the run made below it belongs to its maker. */
  readonly inImage: (path: string) => string
}

export function foldersOf(facts: ImageFacts): Folders {
  const files = facts.files.known ? facts.files.value : null
  return {
    home: rootHome(facts),
    volumes: volumePaths(facts.config),
    inImage(path) {
      let folder = files === null ? '/' : parentOf(path)
      while (folder !== '/' && files?.entry(folder)?.type !== 'directory') folder = parentOf(folder)
      return folder
    },
  }
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
  // A file that it was kept from making is missing wherever it is.
  const isRefused = refusedBy(operations, traced.trace.operations, folders)
  const isWanted = (path: string): boolean => isWork(path) && original.unsteady?.has(path) !== true
  const left = [...all].filter((path) => !isPassing(path, folders.home) && (isWanted(path) || isRefused(path)))
  if (left.length === 0) return []
  const lacking = new Set(missingFiles(all, filesMade(traced.trace.operations), folders))
  const unmatched = left.filter((path) => lacking.has(path))
  return [madeCheck(withoutTwins(unmatched, operations, traced.trace.operations))]
}

/**
 * Files that a run of the original made while it was up, by its trace up to its stop, and that another one which is up for longer has
 * not: whether they are made is chance. `added`: all that the other has made. Volumes are not looked at.
 */
export function unsteadyFiles(
  { trace }: Pick<RunRecord, 'trace'>,
  added: readonly string[],
  folders: Folders,
): ReadonlySet<string> {
  const operations = trace?.operations ?? []
  const missing = missingFiles(filesMade(operations), added, folders).filter(
    (path) => !folders.volumes.some((volume) => isInside(path, volume)),
  )
  // Any name may have been drawn.
  const others = added.map(
    (path): Operation => ({ access: 'create-file', path, outcome: 'done', source: 'observed', detail: 'O_EXCL' }),
  )
  return new Set(withoutTwins(missing, operations, others))
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
    return `${folder}\0${withoutDrawn(path.slice(folder.length))}`
  }
  const places = new Set(there.map(place))
  const name = (path: string): string => withoutDrawn(baseName(path))
  // A file in a folder that nobody keeps, for lack of its own, is as good as lost; one that both runs have counts.
  const names = new Set(there.filter((path) => !isPassing(path, home) && !here.has(path)).map(name))
  const isInVolume = (path: string): boolean => volumes.some((volume) => isInside(path, volume))
  return [...here].filter(
    (path) => !isPassing(path, home) && !places.has(place(path)) && (isInVolume(path) || !names.has(name(path))),
  )
}

/** Refusals that prevent a file: on it or on a folder above it. */
const IN_THE_WAY = new Set<Operation['access']>(['write', 'create-file', 'create-directory', 'rename', 'traverse'])

/**
 * Whether a run may have missed a file because of what it alone was refused: that file, a folder above it that is made, entered or
 * only asked about, or another name in the same folder of the image (`touch lock && date > last`). The call that writes the
 * file then ends with another error (ENOENT: its folder is missing), or is never made, and the program may say nothing.
 */
function refusedBy(
  before: readonly Operation[],
  after: readonly Operation[],
  { inImage }: Folders,
): (path: string) => boolean {
  const usual = new Set(before.filter(({ outcome }) => outcome === 'refused').map(refusedPath))
  const refused = new Set(
    after.flatMap((operation) => {
      const { access, asked, outcome } = operation
      const path = refusedPath(operation)
      if (outcome !== 'refused' || path === null || usual.has(path) || isOptional(path)) return []
      return IN_THE_WAY.has(access) || (access === 'look' && asked === 'write') ? [path] : []
    }),
  )
  const made = new Set(done(after, 'create-directory').map(({ path }) => path))
  const inTheWay = [...refused].filter((path) => !made.has(path))
  const closed = new Set([...refused].map(inImage))
  return (path) => inTheWay.some((other) => isInside(path, other)) || closed.has(inImage(path))
}

function refusedPath({ access, path, to }: Operation): string | null {
  return access === 'rename' ? (to ?? null) : path
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

/** A ULID, a cuid or the like: many letters and digits, and no word with a number behind it. */
const IDENTIFIER = /(?<![A-Za-z\d])(?=[A-Za-z]{0,40}\d{1,40}[A-Za-z]{1,40}\d)[A-Za-z\d]{20,40}(?![A-Za-z\d])/g

/** A path without the parts that differ in each run. */
function withoutDrawn(path: string): string {
  return withoutNumbers(path.replace(IDENTIFIER, '0'))
}

/** Letters that a program draws for a name that nobody has yet: mkstemp takes six, Python eight, an Erlang database twelve. */
const DRAWN = /^\w{3,12}$/
/** A digest or a key's thumbprint in base64url: nobody calls a file so by hand. */
const DIGEST = /^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w-]{20,}$/

/**
 * Those without a file of the other run that is named alike but for parts that were drawn: files that were to be new
 * (O_EXCL) and folders that the run itself made, where neither run has the other's; or that are called by a digest of
 * what is in them. Each stands for one.
 */
function withoutTwins(
  paths: readonly string[],
  before: readonly Operation[],
  after: readonly Operation[],
): readonly string[] {
  const [own, other] = [namesOf(before), namesOf(after)]
  const unused = new Set(other.files)
  return paths.filter((path) => {
    const twin = [...unused].find((candidate) => areTwins({ path, of: own }, { path: candidate, of: other }))
    if (twin !== undefined) unused.delete(twin)
    return twin === undefined
  })
}

interface Names {
  readonly files: ReadonlySet<string>
  /** Paths whose last part may be random. */
  readonly drawn: ReadonlySet<string>
  /** All that the run made, without numbers. */
  readonly made: ReadonlySet<string>
}

function namesOf(operations: readonly Operation[]): Names {
  const files = new Set<string>()
  const drawn = new Set<string>()
  for (const { access, outcome, path, to, mayCreate, detail } of operations) {
    if (outcome !== 'done' || path === null) continue
    if (access === 'create-file' || (access === 'write' && mayCreate === true)) files.add(path)
    if (access === 'rename' && to !== undefined) files.add(to)
    if (access === 'create-directory' || (access === 'create-file' && /\bO_EXCL\b/.test(detail))) drawn.add(path)
  }
  return { files, drawn, made: new Set([...files, ...drawn].map(withoutNumbers)) }
}

interface Name {
  readonly path: string
  readonly of: Names
}

function areTwins(a: Name, b: Name): boolean {
  const [parts, others] = [a.path.split('/'), b.path.split('/')]
  if (parts.length !== others.length) return false
  return parts.every((part, at) => {
    const other = others[at] ?? ''
    if (withoutNumbers(part) === withoutNumbers(other)) return true
    const [mine, its] = [parts, others].map((all) => all.slice(0, at + 1).join('/')) as [string, string]
    const wasDrawn = a.of.drawn.has(mine) && b.of.drawn.has(its)
    const isNews = !a.of.made.has(withoutNumbers(its)) && !b.of.made.has(withoutNumbers(mine))
    if (isFanOut(parts, at) && isFanOut(others, at)) return true
    return isNews && ((wasDrawn && differsByDrawn(part, other)) || differsByDigest(part, other))
  })
}

/** `objects/cf/cea702819…`: a folder for the files whose digest begins so. */
function isFanOut(parts: readonly string[], at: number): boolean {
  return (
    /^[\da-f]{1,3}$/.test(parts[at] ?? '') && parts.slice(at + 1).some((part) => /^[\da-f]{30,}(\.\w+)?$/.test(part))
  )
}

/** But for its ending: `EpoOALxMlU3gCQLdz6w-SkRaaEFDXxyFSEz3bmRaPqU.jwk`. */
function differsByDigest(a: string, b: string): boolean {
  const [[stem = '', ...end], [other = '', ...otherEnd]] = [a.split('.'), b.split('.')]
  return stem.length === other.length && `${end}` === `${otherEnd}` && DIGEST.test(stem) && DIGEST.test(other)
}

function differsByDrawn(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  const differs = [...a].map((letter, at) => letter !== b[at])
  const [from, to] = [differs.indexOf(true), differs.lastIndexOf(true) + 1]
  return [a, b].every((name) => DRAWN.test(name.slice(from, to)))
}

const USES = new Set<Operation['access']>(['read', 'write', 'list', 'traverse', 'create-file', 'rename', 'remove'])

/**
 * Whether a run can use what it made itself, as the original can: a file that is written so that only root can read it
 * again is lost with the next start, and the program may never say so. Empty where the runs were not traced.
 */
export const keptData = {
  name: 'own-files',
  summary: 'it can use what it wrote itself',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord): readonly ReportCheck[] {
    const key = ({ access, path }: Operation): string => `${access} ${path}`
    const done = new Set(
      operationsOf(original)
        .filter(({ outcome }) => outcome === 'done')
        .map(key),
    )
    const lost = operationsOf(traced).find(
      (operation) =>
        operation.outcome === 'refused' &&
        operation.made === true &&
        USES.has(operation.access) &&
        done.has(key(operation)),
    )
    const result = lost === undefined ? 'yes' : `no: ${lost.detail}`
    return [{ name: 'can use what it wrote', baseline: 'yes', result, passed: lost === undefined }]
  },
} satisfies Check

/**
 * Whether a file that the original filled is filled: a program that makes its file and is refused to give it to somebody
 * can leave it at that, empty, and go on. Only what is refused on that very file makes an empty one its loss, since a log
 * may well have nothing to say. Empty where the runs were not traced, or do nothing of the kind.
 */
export const filledFiles = {
  name: 'files-filled',
  summary: 'a file that the original fills is filled',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord): readonly ReportCheck[] {
    const refusal = (path: string): Operation | undefined =>
      operationsOf(traced).find(
        (operation) => operation.outcome === 'refused' && OWNER.has(operation.access) && operation.path === path,
      )
    const filled = [...original.sizes].flatMap(([path, size]) => (size > 0 ? [path] : []))
    if (filled.length === 0) return []
    const empty = filled.find((path) => traced.sizes.get(path) === 0 && refusal(path) !== undefined)
    const result = empty === undefined ? 'yes' : `${empty} stays empty: ${refusal(empty)?.detail}`
    return [{ name: 'fills the files that it made', baseline: 'yes', result, passed: empty === undefined }]
  },
} satisfies Check

/**
 * The sockets in the file system that a run bound, wherever they are now: a server that has no port is reached by
 * them. Empty where the runs were not traced.
 */
export const boundSockets = {
  name: 'sockets',
  summary: 'sockets in the file system are bound',
  of: 'traces',
  compare(original: RunRecord, traced: RunRecord): readonly ReportCheck[] {
    const [before, after] = [socketsOf(original), socketsOf(traced)]
    // A socket that the original has too stands for itself.
    const names = new Set(after.filter((path) => !before.includes(path)).map(anyName))
    return before.map((path) => {
      const passed = after.includes(path) || names.has(anyName(path))
      // Each container has its own file system there, which is root's.
      const why = path.startsWith('/dev/')
        ? '; each container gets its /dev from the engine, so no image can hand it over'
        : ''
      return { name: `socket ${path}`, baseline: 'bound', result: passed ? 'bound' : `not bound${why}`, passed }
    })
  },
} satisfies Check

function socketsOf(record: RunRecord): readonly string[] {
  const paths = operationsOf(record).flatMap(({ access, outcome, path }) =>
    access === 'create-socket' && outcome === 'done' && path !== null ? [path] : [],
  )
  return [...new Set(paths)].sort()
}

/** Also one that has a number or a digest of its own each time: LibreOffice names it by the uid and its folder. */
function anyName(path: string): string {
  return withoutNumbers(baseName(path))
}

export const leavesFiles = {
  name: 'files-made',
  summary: 'the files that a job leaves, and those that a service keeps as state, reads back or is refused, are made',
  of: 'traces',
  compare: (original: RunRecord, traced: RunRecord, facts: ImageFacts): readonly ReportCheck[] =>
    leftFiles(original, traced, foldersOf(facts)),
} satisfies Check
