import type { DiffEntry, Engine } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import { readTarTexts } from '../../image/sources/tar-text.ts'
import type { RunRecord } from './run-record.ts'

const MOST_FILES = 12

const LOG = /\.(log|err)$|^\/var\/log\/.*[^/]$/

/** Text of the log files that a run wrote into its own file system: servers often say there what went wrong. */
export async function readLogFiles(engine: Engine, container: string, paths: readonly string[]): Promise<string> {
  const leaves = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`)))
  const read = await Promise.all(
    leaves.slice(0, MOST_FILES).map((path) =>
      engine.copyOut(container, path, readTarTexts).catch((error: unknown) => {
        // One that is larger than any log: nobody reads it, and nothing rests on it.
        if (error instanceof HardenError && error.code === 'engine-failed') return null
        throw error
      }),
    ),
  )
  return read
    .flatMap((texts) => [...(texts?.values() ?? [])])
    .filter(isText)
    .join('\n')
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
