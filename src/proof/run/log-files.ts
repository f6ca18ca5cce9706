import { bounds } from '../../bounds.ts'
import type { DiffEntry, Engine } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import { readTarTexts } from '../../image/sources/tar-text.ts'
import { counted } from '../../report/summary.ts'
import type { RunRecord } from './run-record.ts'

const LOG = /\.(log|err)$|^\/var\/log\/.*[^/]$/

/** Log files that a run wrote into its own file system. */
export interface LogFiles {
  readonly text: string
  /** See RunRecord. */
  readonly unread: readonly string[]
}

export const noLogFiles: LogFiles = { text: '', unread: [] }

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
  const texts = read.flatMap((some) => [...(some?.values() ?? [])]).filter(isText)
  return { text: texts.join('\n'), unread: unread.sort() }
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
