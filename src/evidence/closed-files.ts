import type { StageContents } from '../contents/stage-contents.ts'
import { lineOf } from '../edit.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileEntry, FileModel } from '../image/file-model.ts'
import { baseName, isAuthority, isInside, isSecretPlace, isSystemState } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import { findProgram } from '../start/start.ts'
import { choices } from '../words.ts'
import { declared, inferred, type PathClaim } from './claim.ts'
import type { Provider } from './provider.ts'

type ClosedSources = Pick<StageContents, 'entries' | 'origins'>

/** With more closed files it is no secret: the whole checkout is closed. */
const MOST_FILES = 8

/** Files of the application that another user than root cannot read or execute, since COPY keeps their modes. */
export const closedFiles: Provider = {
  name: 'closed-files',
  summary: 'files that COPY brings closed to others: what is started, and single files such as keys',
  when: 'always',
  *claims({ contents, facts: { config }, own }) {
    yield* closedClaims(contents, config, own)
    const closed = closedOf(contents)
    const [first] = closed
    if (closed.length <= MOST_FILES || first === undefined) return
    yield {
      kind: 'remark',
      outcome: 'todo',
      transform: 'own-writable-paths',
      message: `${closed.length} files of the build context are closed to everybody but their owner (such as ${contents.origins.get(first) ?? first}), and COPY keeps their modes: the user could not read them`,
      hint: choices(
        'open them in the checkout with chmod -R go+rX (a checkout under umask 077 closes them)',
        'copy them with --chown',
      ),
      about: 'COPY',
      evidence: [{ source: 'framework', subject: first, detail: 'closed to others in the build context' }],
    }
  },
}

function closedClaims(contents: ClosedSources, config: ImageConfig, files: FileModel): readonly PathClaim[] {
  if (contents.origins.size === 0) return []
  const closed = closedOf(contents)
  const folders = closedFolders(contents)
  const started = startedFiles(config, files).filter((path) => contents.origins.has(path))
  return [
    ...started.flatMap((path) => [
      ...(isProgram(contents.entries.get(path)) ? [claim('execute', path, contents, 'started by the command')] : []),
      claim('read', path, contents, 'started by the command'),
    ]),
    ...(folders.length > MOST_FILES ? [] : folders).map((path) => claim('read', path, contents, 'copied')),
    ...(closed.length > MOST_FILES ? [] : closed).map((path) =>
      claim('read', path, contents, contents.origins.get(path) === path ? 'of the application' : 'copied'),
    ),
  ]
}

function closedOf({ origins, entries }: ClosedSources): readonly string[] {
  return [...origins.keys()].filter((path) => isClosed(entries.get(path)) && !isOfRoots(path))
}

/** Keys in root's home stay closed; root-home.ts says whether the program looks for them. */
function isOfRoots(path: string): boolean {
  return isInside(path, '/root') && isSecretPlace(path)
}

/** It is root's, and nobody else may read it. */
function isClosed(entry: FileEntry | null | undefined): boolean {
  if (entry?.uid !== 0 || (entry.mode & 0o004) !== 0) return false
  // A path that a RUN closes and another step made may be a folder, which has mode bits of its own.
  return entry.type === 'file' || (entry.type === 'other' && (entry.mode & 0o111) === 0)
}

/** Folders that come with the application and that nobody else may look into: all that is in them is closed. */
function closedFolders({ origins, entries }: ClosedSources): readonly string[] {
  return [...origins.keys()].filter((path) => {
    const entry = entries.get(path)
    return entry?.type === 'directory' && entry.uid === 0 && (entry.mode & 0o005) !== 0o005 && !isOfRoots(path)
  })
}

function claim(access: 'execute' | 'read', path: string, { origins, entries }: ClosedSources, what: string): PathClaim {
  const mode = inOctal(entries.get(path))
  const origin = origins.get(path) ?? path
  const isFetched = /^https?:/i.test(origin)
  const detail =
    origin === path || isFetched
      ? `${isFetched ? `fetched from ${origin} by ADD` : what}, with mode ${mode}`
      : `${what} from ${origin}, which has mode ${mode} there, and COPY keeps it`
  return inferred(access === 'read' && OF_ONE.test(baseName(path)) ? 'write' : access, path, detail)
}

/** `0600` */
function inOctal(entry: FileEntry | null | undefined): string {
  return (entry?.mode ?? 0).toString(8).padStart(4, '0')
}

/** Without an execute bit not even root can start it: the word is an argument, such as a configuration. */
function isProgram(entry: FileEntry | null | undefined): boolean {
  return entry != null && (entry.mode & 0o111) !== 0
}

function startedFiles(config: ImageConfig, files: FileModel): readonly string[] {
  return [config.entrypoint?.[0], config.cmd?.[0]].flatMap((word) => {
    const path = word === undefined ? null : findProgram(word, config, files)
    return path === null ? [] : [path]
  })
}

/**
 * Files that only root may read and that one of the texts names: a key in a server's configuration, a configuration in
 * the program's source. `texts`: by where they stand.
 */
export function namedClosedFiles(texts: ReadonlyMap<string, string>, files: FileModel): readonly PathClaim[] {
  return closedIn(files).flatMap((path): readonly PathClaim[] => {
    for (const [name, text] of texts) {
      // Many files name themselves in their first line.
      const at = name === path ? null : placeOf(path, text)
      if (at === null) continue
      const line = text.includes('\n') ? ` line ${lineOf(text, at)}` : ''
      const detail = `named in ${name}${line}, and has mode ${inOctal(files.entry(path))}`
      return [declared(OF_ONE.test(baseName(path)) ? 'write' : 'read', path, detail)]
    }
    return []
  })
}

/**
 * Their programs refuse what anybody else may read, and what is not their own: Traefik's certificates, libpq's passwords, the key of a
 * MongoDB replica set, Erlang's cookie.
 */
const OF_ONE = /^acme[\w.-]*\.json$|^\.pgpass$|^\.erlang\.cookie$|key-?file/i

/** An image has few of them. */
function closedIn(files: FileModel): readonly string[] {
  return [...files.paths()].filter((path) => isClosed(files.entry(path)) && !isAuthority(path) && !isSystemState(path))
}

/** The place of the whole path, not of the beginning of a longer one. */
function placeOf(path: string, text: string): number | null {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const before = text[at - 1] ?? ' '
    const after = text.slice(at + path.length, at + path.length + 2)
    if (!/[\w./-]/.test(before) && !/^([\w/-]|\.\w)/.test(after) && !isComment(text, at)) return at
  }
  return null
}

/** A comment is not read by the program; `;` and `#` also turn a setting off. */
function isComment(text: string, at: number): boolean {
  return /^[ \t]*(#|;|\/\/|\*|--)|\s#\s/.test(text.slice(text.lastIndexOf('\n', at) + 1, at))
}

/** The texts of the command and of the variables, by where they stand. */
export function startTexts(config: ImageConfig): readonly (readonly [where: string, text: string])[] {
  return [
    ['the command', argvOf(config).join(' ')],
    ...[...config.env].map(([name, value]) => [`ENV ${name}`, value] as const),
  ]
}
