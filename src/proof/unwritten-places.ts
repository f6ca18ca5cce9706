import type { Need } from '../evidence/claim.ts'
import { CHANGES } from '../evidence/operation.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import {
  baseName,
  isAuthority,
  isForEverybody,
  isInside,
  isOwnPlace,
  isStatePlace,
  isSystemState,
  looksLikeFile,
  parentOf,
} from '../places.ts'
import type { RunRecord } from './container/run-record.ts'

/** Folders that others fill: what is served, loaded or included from there is only read. */
const FILLED_BY_OTHERS =
  /^(empty|html?|www|htdocs|public|static|assets|webroot|docroot|certs?|ssl|tls|keys?|secrets?|includes?|modules|plugins|extensions|templates|themes|locales?|fonts|scripts|hooks|bin|lib|sites-\w+|.*\.d)$/i

/**
 * Places that nobody has written to, and that a request which nobody sent may need: locks and logs that settings which the original
 * read name and that are not there (`lock file = /run/x.lock`), and empty folders of root's that a file which the original read names (`storage = /var/lib/notes`), or that a source gives a name and
 * that are not even there, and that no run wrote to: a request that nobody sent may well do. None where the original was not traced.
 */
export function unwrittenPlaces(
  { trace }: Pick<RunRecord, 'trace'>,
  { files }: Pick<ImageFacts, 'files'>,
): readonly Need[] {
  if (trace === null || !files.known) return []
  const model = files.value
  const done = trace.operations.filter(({ outcome, path }) => outcome === 'done' && path !== null)
  const read = new Set(
    done.flatMap(({ access, path }) => (access === 'read' && path !== null && !isOfSystem(path) ? [path] : [])),
  )
  const written = done.flatMap(({ access, path, to }) => (CHANGES.has(access) ? [path ?? '', to ?? ''] : []))
  const isOpen = (path: string): boolean => {
    const entry = model.entry(path)
    const isMissing = entry === null && isStatePlace(path) && !isRunPlace(path) && !looksLikeFile(path)
    if (!isMissing && (entry?.type !== 'directory' || entry.uid !== 0 || !hasFoldersOnly(model, path))) return false
    if (!isOwnPlace(path) || isForEverybody(path) || FILLED_BY_OTHERS.test(baseName(path))) return false
    return !written.some((other) => isInside(other, path))
  }
  const isMissingFile = (path: string): boolean =>
    LATE_FILE.test(path) &&
    !isSystemState(path) &&
    model.entry(path) === null &&
    model.entry(parentOf(path))?.type === 'directory' &&
    !written.includes(path)
  const named = new Map<string, Need>()
  for (const path of read) {
    for (const file of SOURCE.test(path) ? [] : settingsOf(model, path))
      if (!named.has(file) && isMissingFile(file))
        named.set(file, {
          access: 'create-file',
          path: file,
          certainty: 'inferred',
          namedIn: path,
          evidence: { source: 'config', subject: file, detail: `named in ${path}` },
        })
    const constants = SOURCE.test(path) ? constantFolders(model, path) : []
    for (const folder of [...constants, ...pathsNamed(model, path).filter((one) => model.entry(one) !== null)]) {
      if (named.has(folder) || !isOpen(folder)) continue
      const how = model.entry(folder) === null ? 'not there' : 'empty'
      named.set(folder, {
        access: 'keep-state',
        path: folder,
        certainty: 'inferred',
        namedIn: path,
        evidence: { source: 'config', subject: folder, detail: `${how}, and named in ${path}` },
      })
    }
  }
  return [...named.values()].slice(0, MOST_NAMED)
}

const MOST_NAMED = 8

/** A source file of the author's own, for an interpreter. */
const SOURCE =
  /^(?!.*\/(?:node_modules|site-packages|dist-packages|vendor|gems)\/).*\.(?:py|[cm]?[jt]s|rb|php|pl|pm|lua|tcl|exs?|jl|R)$/

/** `local DATA = os.getenv("DATA") or "/var/lib/hits"`: absolute paths that a line gives a name. */
function constantFolders(model: FileModel, path: string): readonly string[] {
  return (model.text(path) ?? '').split('\n').flatMap((line) => {
    const [, value = ''] =
      /^\s*(?:(?:local|const|let|var|my|our|set|public|private|static|final|export)\s+)*[$@]?\w{1,60}\s*=(?![=>~])(.{1,400})$/.exec(
        line,
      ) ?? []
    return [...value.matchAll(/["'](\/[\w./-]+)["']/g)].map(
      ([, found = '']) => model.resolve(found.replace(/\/$/, '')) ?? found,
    )
  })
}

/** What a server makes once somebody asks for the work behind it; a pid file it makes at its start, or not at all. */
const LATE_FILE = /(?:\.(?:lock|log|db|state)|[._/-]lock)$/

/** Absolute paths that a line of settings gives a name. */
function settingsOf(model: FileModel, path: string): readonly string[] {
  const lines = (model.text(path) ?? '').split('\n')
  return lines.flatMap(
    (line) => /^[ \t]*[\w.-][\w .-]{0,60}(?:[=: \t]|\bfile\b)[ \t"']*(\/[\w./-]+)["';,]?[ \t]*$/.exec(line)?.[1] ?? [],
  )
}

/** Folders with sockets and pid files, which exist only while a program runs. */
function isRunPlace(path: string): boolean {
  return /^(?:\/var)?\/run\//.test(path)
}

/** The tree holds only folders, three levels deep. */
function hasFoldersOnly(model: FileModel, path: string, depth = 3): boolean {
  return model.list(path).every((name) => {
    const below = `${path}/${name}`
    return depth > 0 && model.entry(below)?.type === 'directory' && hasFoldersOnly(model, below, depth - 1)
  })
}

/** Accounts and files of the distribution name paths of all programs. */
function isOfSystem(path: string): boolean {
  return isAuthority(path) || /^\/(usr\/)?(s?bin|lib\w*|share)\//.test(path)
}

/** Absolute paths in what a text says, without its comments. */
export function pathsNamed(model: FileModel, path: string): readonly string[] {
  const said = (model.text(path) ?? '').split('\n').filter((line) => !/^\s*(#|\/\/|;|\*)/.test(line))
  return said.flatMap((line) =>
    [...line.matchAll(/(?<![\w.$/-])\/[\w./-]+/g)].map(([found]) => model.resolve(found.replace(/\/$/, '')) ?? ''),
  )
}
