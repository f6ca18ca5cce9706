import type { DiffEntry, Engine } from '../../engine/engine.ts'
import { CHANGES, type Operation } from '../../evidence/operation.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { isInside, parentOf } from '../../places.ts'
import { entriesAt, entryAt, operationsOfDiff, unreadOf } from '../container/files.ts'
import type { RunRecord } from '../container/run-record.ts'
import { foldersOf, isPassing, missingFiles } from './files.ts'

/** Each is copied out of the container. */
const MOST_COPIES = 40
/** Operations that only an owner or root may do with a file, and that change nothing in it. */
const OWNS = new Set(['change-owner', 'change-mode', 'change-times'])

export interface LateRequest {
  readonly engine: Pick<Engine, 'copyOut'>
  /** The container of the original. */
  readonly container: string
  readonly facts: ImageFacts
  /** Its traced run. */
  readonly original: RunRecord
  /** When it was started, milliseconds since 1970. */
  readonly since: number
}

/**
 * What one container has made, changed or removed and another has not, of that which no trace of a short run shows: a
 * program may do so after seconds or at its tenth request for the first time, and say nothing where it may not. They did
 * not start in the same moment, so that it is a reason to look, and no more.
 */
export async function lateFiles(
  { engine, container, facts, original, since }: LateRequest,
  left: Held,
  made: Held,
): Promise<readonly string[]> {
  // Each list may well end elsewhere.
  if (left.unread.length + made.unread.length > 0) return []
  const folders = foldersOf(facts)
  const known = touched(original)
  const isNews = (path: string): boolean => !known.has(path)
  const lacking = missingFiles([...left.added, ...left.changed], [...made.added, ...made.changed], folders).filter(
    isNews,
  )
  const olds = new Set(left.changed)
  const changed = lacking.filter((path) => olds.has(path))
  // A tar tells no more than seconds.
  const start = Math.floor(since / 1000) * 1000
  const areWritten = await Promise.all(
    changed.slice(0, MOST_COPIES).map((path) => isWritten(engine, container, path, start)),
  )
  return [
    ...lacking.filter((path) => !olds.has(path)),
    ...changed.filter((_, index) => areWritten[index]),
    ...[...left.kept].flatMap(([path, at]) => {
      const other = made.kept.get(path)
      return at >= start && other !== undefined && other < start && isNews(path) ? [path] : []
    }),
    ...[...left.removed].filter((path) => !made.removed.has(path) && !isPassing(path, folders.home) && isNews(path)),
  ]
}

/**
 * Of what was missing in runs before these, what the result has not done now either, given all that a longer trace of the
 * original told: it came by the clock, or by chance, or the result does not try.
 */
export function stillMissing(
  { facts, original }: Pick<LateRequest, 'facts' | 'original'>,
  missed: readonly string[],
  { added, changed, removed }: Held,
): readonly string[] {
  const folders = foldersOf(facts)
  const isOld = (path: string): boolean => facts.files.known && facts.files.value.exists(path)
  const known = touched(original)
  const open = new Set(added.map(folders.inImage))
  return missingFiles(missed, [...added, ...changed, ...removed], folders).filter(
    // A name that differs in each run stands for a new file beside it.
    (path) => isOld(path) || known.has(path) || !open.has(folders.inImage(path)),
  )
}

/** Paths that a run has made, changed or removed. */
function touched({ trace, diff }: RunRecord): ReadonlySet<string> {
  // Without a trace it is what it has left.
  const paths = new Set(diff.map(({ path }) => path))
  for (const { access, outcome, path, to } of trace?.operations ?? []) {
    if (outcome !== 'done' || !(CHANGES.has(access) || OWNS.has(access))) continue
    if (path !== null) paths.add(path)
    if (to !== undefined) paths.add(to)
  }
  return paths
}

/** A file whose owner or mode changed holds nothing new. */
async function isWritten(
  engine: LateRequest['engine'],
  container: string,
  path: string,
  since: number,
): Promise<boolean> {
  const entry = await entryAt(engine, container, path)
  return entry?.type === 'file' && entry.changed >= since
}

/** Files of a container that its image does not have, without folders that hold only new files, and its volumes. */
export interface Held {
  readonly diff: readonly DiffEntry[]
  /** See RunRecord. */
  readonly unread: readonly string[]
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: ReadonlySet<string>
  /** Files in volumes, and when each was last changed; all are among `added`, since nobody tells which are new. */
  readonly kept: ReadonlyMap<string, number>
}

export async function heldBy(engine: Engine, container: string, facts: ImageFacts): Promise<Held> {
  const { volumes } = foldersOf(facts)
  const [{ entries: diff, more }, ...kept] = await Promise.all([
    engine.diff(container),
    ...volumes.map((volume) => filesIn(engine, container, volume)),
  ])
  // The mount point of a volume is the engine's doing.
  const own = leavesOf(diff).filter(({ path }) => !volumes.some((volume) => isInside(volume, path)))
  const of = (kind: DiffEntry['kind']): readonly string[] =>
    own.flatMap((entry) => (entry.kind === kind ? [entry.path] : []))
  const inVolumes = new Map(kept.flat())
  return {
    diff,
    unread: unreadOf(more),
    added: [...of('added'), ...inVolumes.keys()],
    changed: of('changed'),
    removed: new Set(of('deleted')),
    kept: inVolumes,
  }
}

async function filesIn(
  engine: Engine,
  container: string,
  folder: string,
): Promise<readonly (readonly [string, number])[]> {
  const entries = await entriesAt(engine, container, folder)
  return [...entries].flatMap(([path, { type, changed }]) => (type === 'file' ? [[path, changed] as const] : []))
}

function leavesOf(diff: readonly DiffEntry[]): readonly DiffEntry[] {
  const folders = new Set(diff.map(({ path }) => parentOf(path)))
  return diff.filter(({ path }) => !folders.has(path))
}

/** As operations of who made it; without what lies in its volumes. */
export function operationsOfHeld({ diff }: Held, facts: ImageFacts): readonly Operation[] {
  return facts.files.known ? operationsOfDiff(diff, facts.files.value, () => 'file') : []
}
