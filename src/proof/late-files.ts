import type { DiffEntry, Engine } from '../engine/engine.ts'
import type { ImageFacts } from '../image/facts.ts'
import { readTarEntries } from '../image/sources/tar-text.ts'
import { isInside } from '../plan/places.ts'
import { filesMade, missingFiles } from './left-files.ts'
import type { RunRecord } from './run-record.ts'
import { foldersOf } from './traced-checks.ts'

/** Each is copied out of the container. */
const MOST_LOOKS = 40

export interface LateRequest {
  readonly engine: Engine
  readonly facts: ImageFacts
  /** Its traced run. */
  readonly original: RunRecord
}

/**
 * What one container has made and another has not, of that which no trace of a short run shows: a program may write
 * after seconds for the first time, and say nothing where it may not. They did not start in the same moment, so that it
 * is a reason to look, and no more.
 */
export async function lateFiles(
  { engine, facts, original }: LateRequest,
  before: string,
  after: string,
): Promise<readonly string[]> {
  const folders = foldersOf(facts)
  const [left, made] = await Promise.all(
    [before, after].map((container) => filesOf(engine, container, folders.volumes)),
  )
  const known = filesMade(original.trace?.operations ?? [])
  const missing = missingFiles(left ?? [], made ?? [], folders).filter((path) => !known.has(path))
  const areFiles = await Promise.all(missing.slice(0, MOST_LOOKS).map((path) => isFile(engine, before, path)))
  return missing.filter((_, index) => areFiles[index])
}

/** A folder that was given to somebody is changed, and holds nothing new. */
async function isFile(engine: Engine, container: string, path: string): Promise<boolean> {
  const [entry] = (await engine.copyOut(container, path, readTarEntries))?.values() ?? []
  return entry?.type === 'file'
}

async function filesOf(engine: Engine, container: string, volumes: readonly string[]): Promise<readonly string[]> {
  const [diff, ...kept] = await Promise.all([
    engine.diff(container),
    ...volumes.map((volume) => filesIn(engine, container, volume)),
  ])
  // What a volume is mounted on is the engine's doing.
  const own = leavesOf(diff).filter((path) => !volumes.some((volume) => isInside(volume, path)))
  return [...own, ...kept.flat()]
}

async function filesIn(engine: Engine, container: string, folder: string): Promise<readonly string[]> {
  const entries = (await engine.copyOut(container, folder, readTarEntries)) ?? new Map()
  // The names in the tar begin with the folder's own.
  const parent = folder.slice(0, folder.lastIndexOf('/'))
  return [...entries].flatMap(([name, { type }]) => (type === 'file' ? [`${parent}/${name}`] : []))
}

/** Without the folders that only hold them. */
function leavesOf(diff: readonly DiffEntry[]): readonly string[] {
  const paths = diff.flatMap(({ kind, path }) => (kind === 'deleted' ? [] : [path]))
  const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))))
  return paths.filter((path) => !folders.has(path))
}
