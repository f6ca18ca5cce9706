import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { isInside, realOf, staysIn } from '../files-in.ts'
import { ANYBODY, callersId, GROUP_OR_ANYBODY, isWritableByOthers, repositoryOf } from './repository.ts'

/** Whose word counts as much as a flag. */
export interface Trust {
  /** Of a file (absolute) that was found beside what is worked on. */
  readonly found: (file: string) => boolean
  /** Of a file (absolute) that `--config` names, while there is work in these folders. */
  readonly named: (file: string, folders: readonly string[]) => boolean
  /** What a person does who trusts it. */
  readonly hint: string
}

/**
 * `asked`: what `--trust-config` says, null where it is not there. Else a folder counts that the caller's own list has
 * (`$XDG_CONFIG_HOME/harden-image/trusted`), and a file that `--config` names when it is the caller's alone to write and lies outside
 * of every repository and folder that is worked on. Throws HardenError `bad-config` for a list that cannot be understood.
 */
export function trustOf(asked: boolean | null, env: Readonly<Record<string, string | undefined>>): Trust {
  if (asked !== null) return { found: () => asked, named: () => asked, hint: hintFor(null) }
  const list = trustedFolders(env)
  const found = (file: string) => list.folders.some((folder) => isInside(dirname(realOf(file)), folder))
  return {
    found,
    named: (file, folders) =>
      found(file) || (isCallersAlone(file) && folders.every((folder) => liesOutside(file, folder))),
    hint: hintFor(list.refused),
  }
}

/**
 * How far the word of a file reaches that nobody trusts (absolute, links resolved): its repository, or its own folder where there
 * is none. A home folder that is a repository (of its settings) is none here: what else lies below it is not of one hand.
 */
export function allowedRootOf(file: string, home: string = homedir()): string {
  const folder = dirname(file)
  const repository = repositoryOf(folder)
  const root = repository === null || holdsHome(repository, home) ? folder : repository
  if (root === folder) return realOf(folder)
  // A linked folder is no part of the repository that the link is in.
  return realOf(staysIn(root, folder) ? root : folder)
}

/** The home folder, or one above it. */
export function holdsHome(folder: string, home: string = homedir()): boolean {
  return isInside(realOf(home), realOf(folder))
}

interface TrustedFolders {
  /** Real paths. */
  readonly folders: readonly string[]
  /** Why the list is not believed; null where it is, or where there is none. */
  readonly refused: string | null
}

function trustedFolders(env: Readonly<Record<string, string | undefined>>): TrustedFolders {
  const { XDG_CONFIG_HOME: base = '', HOME: home = homedir() } = env
  // A relative one is invalid and ignored: XDG Base Directory Specification.
  const file = join(isAbsolute(base) ? base : join(home, '.config'), 'harden-image', 'trusted')
  const read = readOwn(file)
  if (read === null || 'refused' in read) return { folders: [], refused: read?.refused ?? null }
  const lines = read.text.split('\n').map((line) => line.trim())
  const folders = lines.flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return []
    if (isAbsolute(line)) return [realOf(line)]
    throw new HardenError(
      'bad-config',
      `${file}:${index + 1}: ${JSON.stringify(line.slice(0, 200))} is not an absolute path`,
      {
        hint: 'each line names one folder that is trusted, such as /home/me/work/shop',
        line: index + 1,
      },
    )
  })
  return { folders, refused: null }
}

/** The text of a list that nobody else can have written; null where there is none. */
function readOwn(file: string): { readonly text: string } | { readonly refused: string } | null {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return null
  }
  try {
    const stats = fstatSync(descriptor)
    const folder = statSync(dirname(file))
    if (!stats.isFile() || stats.size > bounds.textBytes)
      return { refused: `${file} is not a regular file, or too large to be a list of folders` }
    if (!isCallers(stats) || !isCallers(folder))
      return { refused: `${file} is not believed: it belongs to another user` }
    if (isWritableByOthers(stats, GROUP_OR_ANYBODY) || isWritableByOthers(folder, ANYBODY))
      return { refused: `${file} is not believed: others can write it (chmod go-w)` }
    return { text: readFileSync(descriptor, 'utf8') }
  } finally {
    closeSync(descriptor)
  }
}

function isCallersAlone(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats !== undefined && isCallers(stats) && !isWritableByOthers(stats, GROUP_OR_ANYBODY)
}

function isCallers({ uid }: { readonly uid: number }): boolean {
  const caller = callersId()
  return caller === null || uid === caller
}

/** Both as it is named and where it leads to: a link of a repository may lead to a file of the caller. */
function liesOutside(file: string, folder: string): boolean {
  const allowedRoot = allowedRootOf(join(folder, 'any'))
  return !staysIn(allowedRoot, file) && !staysIn(allowedRoot, dirname(file))
}

function hintFor(refused: string | null): string {
  const hint = 'trust the file with --trust-config, or list its folder in ~/.config/harden-image/trusted'
  return refused === null ? hint : `${hint}; ${refused}`
}
