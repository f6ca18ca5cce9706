import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folders from `folder` (absolute) up to the root, nearest first. */
export function* upwards(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at
    if (at === dirname(at)) return
  }
}

/** `.git` is a folder, or a file in a worktree or submodule. */
export function isRepository(folder: string): boolean {
  return existsSync(join(folder, '.git'))
}

/** The repository that `folder` (absolute) is in; null for none. */
export function repositoryOf(folder: string): string | null {
  for (const at of upwards(folder)) if (isRepository(at)) return at
  return null
}
