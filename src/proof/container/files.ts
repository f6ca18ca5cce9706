import { stripVTControlCharacters } from 'node:util'
import { bounds } from '../../bounds.ts'
import type { Changes, DiffEntry, Engine } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import type { Operation } from '../../evidence/operation.ts'
import type { FileModel } from '../../image/file-model.ts'
import { readTarEntries, readTarTexts, type TarEntry } from '../../image/sources/tar-text.ts'
import { joinPath } from '../../path.ts'
import { isInside, isOfEngine, isRuntimePlace, parentOf } from '../../places.ts'
import { counted } from '../../report/summary.ts'
import { TRACER_FOLDER } from '../trace/tracer.ts'
import type { AddedKind, RunRecord } from './run-record.ts'

type Source = Pick<Engine, 'copyOut'>

/** The files of a container at a path and below, by absolute path; empty where there are none. A tar holds no sockets. */
export async function entriesAt(
  engine: Source,
  container: string,
  path: string,
): Promise<ReadonlyMap<string, TarEntry>> {
  const copied = (await engine.copyOut(container, path, readTarEntries)) ?? new Map<string, TarEntry>()
  // The names in the tar begin with the path's own.
  return new Map([...copied].map(([name, entry]) => [joinPath(parentOf(path), name), entry]))
}

/** The file at that path itself. */
export async function entryAt(engine: Source, container: string, path: string): Promise<TarEntry | null> {
  return (await entriesAt(engine, container, path)).get(path) ?? null
}

/** Files of a container that its image does not have. */
interface Left {
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

const LOG = /\.(log|err)$|^\/var\/log\/.*[^/]$/

/** Log files that a run wrote into its own file system. */
export interface LogFiles {
  /** By path. */
  readonly texts: ReadonlyMap<string, string>
  /** See RunRecord. */
  readonly unread: readonly string[]
}

export const noLogFiles: LogFiles = { texts: new Map(), unread: [] }

/** Servers often say there what went wrong. Nothing else rests on them, so that one that cannot be read is no failure. */
export async function readLogFiles(
  engine: Pick<Engine, 'copyOut'>,
  container: string,
  paths: readonly string[],
): Promise<LogFiles> {
  const leaves = leavesOf(paths)
  const unread: string[] = []
  const read = await Promise.all(
    leaves.slice(0, bounds.readLogFiles).map((path) =>
      engine.copyOut(container, path, readTarTexts).catch((error: unknown) => {
        if (!(error instanceof HardenError) || error.code !== 'engine-failed') throw error
        unread.push(`what it wrote into ${path}: ${error.message}`)
        return null
      }),
    ),
  )
  const others = leaves.length - bounds.readLogFiles
  if (others > 0)
    unread.push(`what it wrote into ${counted(others, 'more log file')}: no more than ${bounds.readLogFiles} are read`)
  // The names in the tar begin with the path's own.
  const texts = read.flatMap((some, at) =>
    [...(some ?? [])].map(([name, text]) => [joinPath(parentOf(leaves[at] ?? ''), name), text] as const),
  )
  return { texts: new Map(texts.filter(([, text]) => isText(text))), unread: unread.sort() }
}

/** Without the folders that others are in. */
function leavesOf(paths: readonly string[]): readonly string[] {
  const folders = new Set(paths.flatMap(foldersAbove))
  return paths.filter((path) => !folders.has(path))
}

function foldersAbove(path: string): readonly string[] {
  return [...path.matchAll(/\//g)].flatMap(({ index }) => (index > 0 ? [path.slice(0, index)] : []))
}

/** Databases call the file of their last changes a log too. */
export function isText(text: string): boolean {
  return !text.includes('\0') && !text.includes('\ufffd')
}

/** The log files among what a run left behind. */
export function logsLeft(diff: readonly DiffEntry[]): readonly string[] {
  return diff.filter(({ kind, path }) => kind !== 'deleted' && LOG.test(path)).map(({ path }) => path)
}

/** The log files that traced runs wrote to; null where one of them was not traced. */
export function logsTraced(...records: readonly (RunRecord | null)[]): readonly string[] | null {
  const paths = new Set<string>()
  for (const record of records) {
    if (record?.trace == null) return null
    for (const { access, outcome, path } of record.trace.operations)
      if (outcome === 'done' && (access === 'write' || access === 'create-file') && path !== null && LOG.test(path))
        paths.add(path)
  }
  return [...paths]
}

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

export function done(operations: readonly Operation[], access: Operation['access']): readonly Operation[] {
  return operations.filter((operation) => operation.access === access && operation.outcome === 'done')
}

/** Operations that only an owner or root may do with a file. */
export const OWNER = new Set<Operation['access']>(['change-owner', 'change-mode', 'change-times'])

/** Each is copied out of the container. */
const MOST_SIZES = 12

/** Sizes in bytes of those files that a run made and left, and did more with than write them. */
export async function sizesOf(
  engine: Engine,
  container: string,
  operations: readonly Operation[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  for (const path of [...owned(operations)].slice(0, MOST_SIZES)) {
    const entry = await entryAt(engine, container, path)
    if (entry?.type === 'file') sizes.set(path, entry.size)
  }
  return sizes
}

function owned(operations: readonly Operation[]): ReadonlySet<string> {
  const made = filesMade(operations)
  return new Set(
    operations.flatMap(({ access, path }) => (OWNER.has(access) && path !== null && made.has(path) ? [path] : [])),
  )
}

/** The last lines of a log, for a message: from the one that says what is wrong, where advice follows it. */
export function tail(logs: string): string {
  // Terminal colours do not belong into a report.
  const lines = stripVTControlCharacters(logs)
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-12)
  const last = Math.max(0, lines.length - 3)
  const wrong = lines.findLastIndex((line) => /\b(error|fatal|must|required)\b/i.test(line))
  return lines
    .slice(wrong < 0 ? last : Math.min(wrong, last))
    .join(' | ')
    .slice(0, 400)
}
