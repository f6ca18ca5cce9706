import type { DiffEntry, Engine } from '../engine/engine.ts'
import { readTarTexts } from '../image/sources/tar-text.ts'

const MOST_FILES = 12

/** Text of the log files that a run wrote into its own file system: servers often say there what went wrong. */
export async function readLogFiles(engine: Engine, container: string, diff: readonly DiffEntry[]): Promise<string> {
  const paths = diff
    .filter((entry) => entry.kind !== 'deleted' && /\.(log|err)$|^\/var\/log\/.*[^/]$/.test(entry.path))
    .map((entry) => entry.path)
  const leaves = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`)))
  const texts: string[] = []
  for (const path of leaves.slice(0, MOST_FILES)) {
    const read = await engine.copyOut(container, path, readTarTexts)
    if (read !== null) texts.push(...read.values())
  }
  return texts.join('\n')
}
