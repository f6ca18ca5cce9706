import type { Engine } from '../../engine/engine.ts'
import { readTarEntries, type TarEntry } from '../../image/sources/tar-text.ts'
import { joinPath, parentOf } from '../../path.ts'

type Source = Pick<Engine, 'copyOut'>

/** What a container has at a path and below it, by absolute path; empty where there is nothing. A socket is in no tar. */
export async function entriesAt(
  engine: Source,
  container: string,
  path: string,
): Promise<ReadonlyMap<string, TarEntry>> {
  const copied = (await engine.copyOut(container, path, readTarEntries)) ?? new Map<string, TarEntry>()
  // The names in the tar begin with the path's own.
  return new Map([...copied].map(([name, entry]) => [joinPath(parentOf(path), name), entry]))
}

/** What is at that path itself. */
export async function entryAt(engine: Source, container: string, path: string): Promise<TarEntry | null> {
  return (await entriesAt(engine, container, path)).get(path) ?? null
}
