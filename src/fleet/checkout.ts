import { join, resolve } from 'node:path'
import { textIn } from '../files-in.ts'
import { gitFolder, remotesIn } from '../repository/repository.ts'

/**
 * What a repository (absolute) was cloned from and what is checked out in it, as `URL@COMMIT`; null where either is not known. Read from
 * git's own files, since a plan may be made where git is not. Source: gitrepository-layout(5).
 */
export function checkoutOf(repository: string): string | null {
  const folder = gitFolder(repository)
  if (folder === null) return null
  // A worktree has the branches and the configuration of its main one.
  const common = resolve(folder, textIn(folder, join(folder, 'commondir'))?.trim() || '.')
  const commit = commitOf(folder, common)
  const remote = remoteOf(textIn(common, join(common, 'config')) ?? '')
  return commit === null || remote === null ? null : `${remote}@${commit}`
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

function commitOf(folder: string, common: string): string | null {
  const head = textIn(folder, join(folder, 'HEAD'))?.trim() ?? ''
  if (COMMIT.test(head)) return head
  const [, branch] = /^ref: (refs\/[^\0]+)$/.exec(head) ?? []
  // A name with `..` is none that git takes: git-check-ref-format(1).
  if (branch === undefined || branch.includes('..')) return null
  const loose = textIn(common, join(common, branch))?.trim() ?? ''
  if (COMMIT.test(loose)) return loose
  const packed = (textIn(common, join(common, 'packed-refs')) ?? '')
    .split('\n')
    .find((line) => line.endsWith(` ${branch}`))
  const [commit = ''] = packed?.split(' ') ?? []
  return COMMIT.test(commit) ? commit : null
}

/** The URL of `origin`, else of the first remote, without a login. */
function remoteOf(config: string): string | null {
  const urls = remotesIn(config)
  const url = urls.get('origin') ?? [...urls.values()][0] ?? null
  return url?.replace(/^(\w+:\/\/)[^/@]*@/, (all, scheme: string) => (scheme === 'ssh://' ? all : scheme)) ?? null
}
