import { existsSync, lstatSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { bytesIn, textIn } from '../files-in.ts'
import { memoizeByText } from '../memoize.ts'

/** The folders from `folder` (absolute) up to the root, nearest first. */
export function* upwards(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at
    if (at === dirname(at)) return
  }
}

/** `.git` is a folder, or a file in a worktree or submodule; one that somebody else has put above `from` is none. */
function isRepository(folder: string, from: string): boolean {
  const git = join(folder, '.git')
  return existsSync(git) && isOfOwnHand(git, from)
}

/** The repository that `folder` (absolute) is in; null for none. */
export function repositoryOf(folder: string): string | null {
  for (const at of upwards(folder)) if (isRepository(at, folder)) return at
  return null
}

/**
 * The files that git tracks, from the folder of the repository. Null where its list cannot be read: only versions 2 and 3 spell paths
 * out. Source: gitformat-index(5).
 */
export function trackedFiles(repository: string): ReadonlySet<string> | null {
  const git = gitFolder(repository)
  const stats = git === null ? undefined : statSync(join(git, 'index'), NOT_THERE)
  return trackedAt(`${git}\0${stats?.mtimeMs} ${stats?.size}`)
}

/** `.git`, or what the file of that name says in a worktree and a submodule; null for neither. */
export function gitFolder(repository: string): string | null {
  const git = join(repository, '.git')
  if (statSync(git, NOT_THERE)?.isDirectory() === true) return git
  const [, folder] = /^gitdir: (.+)$/m.exec(textIn(repository, git) ?? '') ?? []
  return folder === undefined ? null : resolve(repository, folder)
}

const trackedAt = memoizeByText((stamped: string): ReadonlySet<string> | null => {
  const [git = ''] = stamped.split('\0')
  const list = bytesIn(git, join(git, 'index'), bounds.surveyedText)
  try {
    return list === null || list.readUInt32BE(4) > 3 ? null : pathsIn(list)
  } catch {
    return null
  }
})

function pathsIn(list: Buffer): ReadonlySet<string> {
  const paths = new Set<string>()
  let at = 12
  for (let left = list.readUInt32BE(8); left > 0; left -= 1) {
    const isExtended = (list.readUInt16BE(at + 60) & 0x4000) !== 0
    const start = at + (isExtended ? 64 : 62)
    const end = list.indexOf(0, start)
    if (end < 0) break
    paths.add(list.toString('utf8', start, end))
    // Each entry is padded with one to eight zero bytes to a multiple of eight.
    at += (Math.floor((end - at) / 8) + 1) * 8
  }
  return paths
}

/** What a repository is called where it comes from: the owner of `https://host/owner/name.git`, and its name, in lower case. */
export interface GitOrigin {
  readonly owner: string
  readonly name: string
}

/** URLs by remote in the text of a `.git/config`: of several the one that is fetched from. Source: git-config(1), gitrepository-layout(5). */
export function remotesIn(config: string): ReadonlyMap<string, string> {
  const urls = new Map<string, string>()
  let remote: string | null = null
  for (const line of config.split(/\r?\n/)) {
    if (/^\s*\[/.test(line)) remote = /^\s*\[remote\s+"([^"]+)"\]/.exec(line)?.[1] ?? null
    const url = remote === null ? undefined : /^\s*url\s*=\s*(\S+)\s*$/.exec(line)?.[1]
    if (remote !== null && url !== undefined && !urls.has(remote)) urls.set(remote, url)
  }
  return urls
}

/** By the remote `origin` in the text of a `.git/config`; null where it names none. */
export function originIn(config: string): GitOrigin | null {
  const url = remotesIn(config).get('origin') ?? ''
  // `git@host:owner/name` has no scheme; a path of this machine names nobody.
  const [, path = ''] = /^(?:\w+:\/\/[^/]+\/|[\w.-]+@[\w.-]+:)(.+)$/.exec(url) ?? []
  const [name = '', owner = ''] = path
    .replace(/\/$/, '')
    .replace(/\.git$/, '')
    .toLowerCase()
    .split('/')
    .toReversed()
  return name === '' ? null : { owner, name }
}

/**
 * Was a file put there by whoever calls, by root, or by whoever owns `folder`, which is worked on; and could nobody else have
 * written it? As git asks of a repository (safe.directory): into a shared folder such as /tmp anybody puts files, above those of others.
 */
export function isOfOwnHand(file: string, folder: string): boolean {
  const caller = callersId()
  if (caller === null) return true
  const [own, target] = [lstatSync(file, NOT_THERE), statSync(file, NOT_THERE)]
  if (own === undefined || target === undefined) return false
  const isOpen = target.isFile() && isWritableByOthers(target, ANYBODY)
  return !isOpen && [caller, 0, statSync(folder, NOT_THERE)?.uid].includes(own.uid)
}

/** Null where the system has no numbers for users. */
export function callersId(): number | null {
  return process.geteuid?.() ?? null
}

/** `who`: bits of the mode, which mean nothing where users have no numbers. */
export function isWritableByOthers({ mode }: { readonly mode: number }, who: number): boolean {
  return callersId() !== null && (mode & who) !== 0
}

export const ANYBODY = 0o002
export const GROUP_OR_ANYBODY = 0o022

const NOT_THERE = { throwIfNoEntry: false } as const

export const configNames = ['.harden-image.yaml', '.harden-image.yml', '.harden-image.json'] as const

/**
 * The configuration files from `folder` (absolute) upwards, the nearest first, up to the root of the repository. `passOver` is told
 * of each that somebody else has put above it, where no repository says that all is of one hand: those do not count. `fileIn`: a
 * `configIn` that has looked into some folders before.
 */
export function* configsFrom(
  folder: string,
  passOver: (file: string) => void = () => {},
  fileIn: (folder: string) => string | null = configIn,
): Generator<string> {
  const repository = repositoryOf(folder)
  for (const at of upwards(folder)) {
    const file = fileIn(at)
    if (file !== null && (at === folder || repository !== null || isOfOwnHand(file, folder))) yield file
    else if (file !== null) passOver(file)
    if (at === repository) return
  }
}

/** The configuration file in a folder; null for none. */
export function configIn(folder: string): string | null {
  const [first, second] = configNames.map((name) => join(folder, name)).filter((path) => existsSync(path))
  if (first && second) {
    throw new HardenError('bad-config', `${first} and ${second} are both there`, { hint: 'keep one of them' })
  }
  return first ?? null
}
