import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type IgnoreRules, isIgnored, rulesAbove, withFolder } from './gitignore.ts'
import { isDockerfileName } from './names.ts'
import { repositoryOf } from './repository.ts'

/** What a walk comes across: a Dockerfile, or a folder that could not be read. */
export interface Walked {
  /** Absolute, not resolved. */
  readonly path: string
  /** With symlinks resolved: the same file under two names has it twice. */
  readonly real: string
  readonly error: Error | null
}

const neverEntered = new Set(['.git', 'node_modules'])

/**
 * Every Dockerfile below `root` (absolute), sorted by path. `ignore` with a walk of our own, because globby reads the
 * whole tree for ignore files before it filters, tinyglobby knows no ignore files, and `git ls-files` needs a repository.
 * Linked folders are not entered, as in git, so nothing loops. A linked file counts when it leads to a file of the same
 * repository (without one: below `root`) that was not found by its own name: a run on a folder must not change files
 * that are somewhere else entirely.
 */
export async function walk(root: string): Promise<readonly Walked[]> {
  const files: Walked[] = []
  const links: string[] = []
  const repository = repositoryOf(root)
  await enter(root, await rulesAbove(root, repository), files, links)
  const inside = (await realpath(repository ?? root)) + sep
  const seen = new Set(files.map(({ real }) => real))
  for (const link of links.sort(byPath)) {
    const real = await fileBehind(link)
    if (real === null || seen.has(real) || !real.startsWith(inside)) continue
    seen.add(real)
    files.push({ path: link, real, error: null })
  }
  return files.sort((a, b) => byPath(a.path, b.path))
}

async function enter(folder: string, above: IgnoreRules | null, files: Walked[], links: string[]): Promise<void> {
  let entries: Dirent[]
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    files.push({ path: folder, real: folder, error: error as Error })
    return
  }
  const rules = await withFolder(folder, above)
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!neverEntered.has(entry.name) && !isIgnored(rules, path, true)) await enter(path, rules, files, links)
      continue
    }
    if (!isDockerfileName(entry.name) || isIgnored(rules, path, false)) continue
    if (entry.isSymbolicLink()) links.push(path)
    else if (entry.isFile()) files.push({ path, real: await realpath(path), error: null })
  }
}

async function fileBehind(link: string): Promise<string | null> {
  try {
    return (await stat(link)).isFile() ? await realpath(link) : null
  } catch {
    // A link to nothing is no Dockerfile.
    return null
  }
}

/** By code unit, folder by folder: the same order on every machine. */
function byPath(a: string, b: string): number {
  const [left, right] = [a.split(sep), b.split(sep)]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]]
    if (x !== y) return x < y ? -1 : 1
  }
  return left.length - right.length
}
