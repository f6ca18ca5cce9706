import { type Dirent, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { bounds } from '../bounds.ts'
import { isInside, listIn, realOf, staysIn, textIn } from '../files-in.ts'
import {
  type Excludes,
  excludesAbove,
  type IgnoreRules,
  isIgnored,
  noExcludes,
  rulesAbove,
  withFolder,
  withPatterns,
} from './ignore-rules.ts'
import { repositoryOf } from './repository.ts'
import { holdsHome } from './trust.ts'

/** What a walk comes across. */
export interface Tree {
  readonly found: readonly Walked[]
  /** Compose and bake files, absolute. */
  readonly buildFiles: readonly string[]
}

/** A Dockerfile, or a folder that could not be read. */
interface Walked {
  /** Absolute, not resolved. */
  readonly path: string
  /** With symlinks resolved: the same file under two names has it twice. */
  readonly real: string
  readonly error: Error | null
}

export const neverEntered = new Set(['.git', 'node_modules'])

/**
 * Every Dockerfile below `root` (absolute), sorted by path. `ignore` with a walk of our own, because globby reads the
 * whole tree for ignore files before it filters, tinyglobby knows no ignore files, and `git ls-files` needs a repository.
 * Linked folders are not entered, as in git, so nothing loops. A linked file counts when it leads to a file of the same
 * repository (without one: below `root`) that was not found by its own name: a run on a folder must not change files
 * that are somewhere else entirely.
 */
export async function walk(root: string, excludes: Excludes = noExcludes): Promise<Tree> {
  const files: Walked[] = []
  const links: string[] = []
  const buildFiles: string[] = []
  const repository = repositoryOf(root)
  const rules = { git: rulesAbove(root, repository), excludes: await excludesAbove(root, repository, excludes) }
  const own = repository === null || holdsHome(repository) ? root : repository
  // A linked folder that the caller has named is no part of the repository that the link is in.
  const inside = realOf(staysIn(own, root) ? own : root)
  await enter(root, rules, { inside, folders: 0, files, links, buildFiles, excludes })
  const seen = new Set(files.map(({ real }) => real))
  for (const link of links.sort(byPath)) {
    const real = fileBehind(link)
    if (real === null || seen.has(real) || !isInside(real, inside)) continue
    seen.add(real)
    files.push({ path: link, real, error: null })
  }
  return { found: files.sort((a, b) => byPath(a.path, b.path)), buildFiles: buildFiles.sort(byPath) }
}

interface Seen {
  /** How far its word reaches: real. */
  readonly inside: string
  folders: number
  readonly files: Walked[]
  readonly links: string[]
  readonly buildFiles: string[]
  readonly excludes: Excludes
}

interface Rules {
  readonly git: IgnoreRules | null
  readonly excludes: IgnoreRules | null
}

const FOLDERS_AT_A_TIME = 100

async function enter(folder: string, above: Rules, seen: Seen, depth = 0): Promise<void> {
  if (depth > bounds.folderDepth) {
    seen.files.push({
      path: folder,
      real: folder,
      error: new Error(`it lies more than ${bounds.folderDepth} folders deep`),
    })
    return
  }
  let entries: readonly Dirent[]
  try {
    // For signals: a tree may have very many.
    if (++seen.folders % FOLDERS_AT_A_TIME === 0) await setImmediate()
    entries = listIn(seen.inside, folder)
  } catch (error) {
    seen.files.push({ path: folder, real: folder, error: error as Error })
    return
  }
  const rules = {
    git: withFolder(seen.inside, folder, above.git),
    excludes: withPatterns(folder, await seen.excludes.at(folder), above.excludes),
  }
  const isOut = (path: string, isFolder: boolean) =>
    isIgnored(rules.git, path, isFolder) || isIgnored(rules.excludes, path, isFolder)
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!neverEntered.has(entry.name) && !isOut(path, true)) await enter(path, rules, seen, depth + 1)
      continue
    }
    const isBuildFile = isBuildFileName(entry.name)
    if (!(isBuildFile || isDockerfileName(entry.name) || hasSuffix(entry.name)) || isOut(path, false)) continue
    if (!isBuildFile && entry.isFile() && !isDockerfile(seen.inside, path, entry.name)) continue
    if (isBuildFile) seen.buildFiles.push(path)
    else if (entry.isSymbolicLink()) seen.links.push(path)
    else if (entry.isFile()) seen.files.push({ path, real: realpathSync.native(path), error: null })
  }
}

function fileBehind(link: string): string | null {
  try {
    return statSync(link).isFile() ? realpathSync.native(link) : null
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

const builtFrom =
  /^(?:Dockerfile|dockerfile|Containerfile|containerfile)(?:\..+)?$|\.[Dd]ockerfile$|\.[Cc]ontainerfile$/

// What is named like a Dockerfile and is none: ignore files, copies that editors and merges leave, documents, the source
// of templates (their placeholders make another text of them than what is built).
const notBuilt =
  /~$|\.(?:dockerignore|containerignore|bak|backup|old|orig|rej|save|sw[a-p]|tmp|md|txt|rst|gif|ico|jpe?g|pdf|png|webp|zip|j2|jinja2?|tmpl|tpl|template|erb|hbs|mustache|in|m4)$/i

// It may as well be code or data about Dockerfiles: its text decides.
const namedLikeSource =
  /\.(?:c|cc|cpp|cs|css|dart|go|html?|java|js|json|jsx|kt|lock|lua|mjs|php|pl|py|rb|rs|scala|sh|svg|swift|toml|ts|tsx|xml|ya?ml)$/i

/** `Dockerfile-arm`, `dockerfile_agent`: what stands behind the sign may as well say that it is something about Dockerfiles. */
const withSuffix = /^(?:Dockerfile|dockerfile|Containerfile|containerfile)[-_][\w.-]+$/

const templateSuffix = /[-_.](?:template|tmpl|tpl|in|skeleton)$/i

function hasSuffix(name: string): boolean {
  return withSuffix.test(name) && !templateSuffix.test(name) && !notBuilt.test(name)
}

/** By its name, and where that may mean something else by its text. */
export function isDockerfile(root: string, path: string, name: string): boolean {
  if (!isDockerfileName(name)) return hasSuffix(name) && beginsAsDockerfile(root, path)
  return !namedLikeSource.test(name) || beginsAsDockerfile(root, path)
}

/** Is the first of its lines that is no comment one that a Dockerfile begins with? False where it cannot be read. */
function beginsAsDockerfile(root: string, path: string): boolean {
  const first = textIn(root, path)
    ?.split('\n')
    .find((line) => !/^\s*(?:#|$)/.test(line))
  // `from x import y` is Python.
  return /^\s*(?:ARG\s|FROM\s|(?:arg|from)\s+\S+(?:\s+as\s+\S+)?\s*$)/.test(first ?? '')
}

/** Is a file of this name (not a path) meant to be built? */
export function isDockerfileName(name: string): boolean {
  return builtFrom.test(name) && !notBuilt.test(name)
}

const compose = /^(docker-)?compose([.-][\w.-]+)?\.ya?ml$/
const bake = /^docker-bake([.-][\w.-]+)?\.json$/

/** Is a file of this name (not a path) one that names builds? Bake files in HCL are not read. */
export function isBuildFileName(name: string): boolean {
  return compose.test(name) || bake.test(name)
}

/** Is a file of this name (not a path) a document that tells people how to use an image? */
export function isDocumentName(name: string): boolean {
  return /\.(?:mdx?|markdown|rst|adoc)$/i.test(name)
}
