import { dirname, join, relative, sep } from 'node:path'
import ignore, { type Ignore } from 'ignore'
import { bounds } from '../bounds.ts'
import { isInside, textIn } from '../files-in.ts'
import { memoizeSearch } from '../memoize.ts'
import { upwards } from './repository.ts'

/** The rules in force in one folder: those of its own `.gitignore` and of every folder above it, nearest first. */
export interface IgnoreRules {
  readonly folder: string
  readonly rules: Ignore
  readonly above: IgnoreRules | null
}

/**
 * A pattern that is tried in no more ways than a path allows for. Another leaves nothing out: what it was to hide is found. The
 * library gives each `**` all folders of a path, so their number is the power of the work.
 */
export function isAffordable(pattern: string): boolean {
  return pattern.split('**').length <= bounds.patternFolders + 1
}

function rulesOf(text: string): Ignore {
  return ignore().add(text.split('\n').filter(isAffordable))
}

/** Whether any pattern names a file, by its path from the folder that the patterns start from. */
export function isNamedBy(patterns: readonly string[], path: string): boolean {
  return ignore().add(patterns.filter(isAffordable)).ignores(path.split(sep).join('/'))
}

/** Rules of `folder` itself, which lies below `root`, in front of those above. */
export function withFolder(root: string, folder: string, above: IgnoreRules | null): IgnoreRules | null {
  const text = textIn(root, join(folder, '.gitignore'))
  return text === null ? above : { folder, rules: rulesOf(text), above }
}

/**
 * Rules that reach into `folder` from above: up to the root of its repository, `.git/info/exclude` too. None outside a
 * repository. None either when they leave out `folder` itself: it was named, and who names it wants it.
 */
export function rulesAbove(folder: string, repository: string | null): IgnoreRules | null {
  if (repository === null || repository === folder) return excludes(repository)
  const folders: string[] = []
  for (let at = dirname(folder); at !== repository; at = dirname(at)) folders.unshift(at)
  let rules = withFolder(repository, repository, excludes(repository))
  for (const at of folders) {
    if (isIgnored(rules, at, true)) return null
    rules = withFolder(repository, at, rules)
  }
  return isIgnored(rules, folder, true) ? null : rules
}

/** Decides as git does: the nearest file that says anything about the path counts. */
export function isIgnored(rules: IgnoreRules | null, path: string, isFolder: boolean): boolean {
  for (let at = rules; at !== null; at = at.above) {
    const below = relative(at.folder, path).split(sep).join('/')
    const { ignored, unignored } = at.rules.test(isFolder ? `${below}/` : below)
    if (ignored || unignored) return ignored
  }
  return false
}

function excludes(repository: string | null): IgnoreRules | null {
  if (repository === null) return null
  const text = textIn(repository, join(repository, '.git', 'info', 'exclude'))
  return text === null ? null : { folder: repository, rules: rulesOf(text), above: null }
}

/** Patterns of .gitignore that a walk leaves out. */
export interface Excludes {
  /** Those of flags and `--config`, each meant from its folder (absolute); for a walk elsewhere, from where it begins. */
  readonly given: readonly { readonly folder: string; readonly patterns: readonly string[] }[]
  /** Those of the configuration file in a folder. */
  readonly at: (folder: string) => Promise<readonly string[]>
}

export const noExcludes: Excludes = { given: [], at: async () => [] }

export function withPatterns(folder: string, patterns: readonly string[], above: IgnoreRules | null) {
  return patterns.length === 0 ? above : { folder, rules: ignore().add(patterns.filter(isAffordable)), above }
}

/** Those in force where a walk of `root` begins. None when they leave out `root` itself: who names it wants it. */
export async function excludesAbove(
  root: string,
  repository: string | null,
  { given, at }: Excludes,
): Promise<IgnoreRules | null> {
  let rules: IgnoreRules | null = null
  for (const { folder, patterns } of given)
    rules = withPatterns(isInside(root, folder) ? folder : root, patterns, rules)
  const above = [...upwards(dirname(root))]
  const top = repository === null ? above.length : above.indexOf(repository) + 1
  for (const folder of above.slice(0, top).reverse()) rules = withPatterns(folder, await at(folder), rules)
  return leavesOut(rules, root) ? null : rules
}

/** Rules of the folder itself say nothing of it. */
function leavesOut(rules: IgnoreRules | null, root: string): boolean {
  const above = rules?.folder === root ? null : rules
  return isIgnored(above, root, true)
}

/** Whether .dockerignore leaves a path of the build context out. The last pattern that matches the path or a folder above it decides. */
type LeavesOut = (path: string) => boolean

interface Rule {
  readonly pattern: RegExp
  readonly keeps: boolean
}

export interface DockerIgnore {
  readonly leavesOut: LeavesOut
  /** Some pattern takes paths back in, so that a folder that is left out must be looked into all the same. */
  readonly hasExceptions: boolean
  /** Some pattern is too costly to try and leaves nothing out, so what a build is sent is not known. */
  readonly isPartial: boolean
}

/** Reads .dockerignore as moby/patternmatcher does: patterns are relative to the root of the context, `**` is any number of folders. */
export function parseDockerIgnore(text: string): DockerIgnore {
  let isPartial = false
  const rules = text.split(/\r?\n/).flatMap((line): readonly Rule[] => {
    const trimmed = line.replace(/^\ufeff/, '').trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    const keeps = trimmed.startsWith('!')
    const glob = (keeps ? trimmed.slice(1) : trimmed)
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')
    const isTaken =
      glob.length < bounds.pathLength &&
      isAffordable(glob) &&
      glob.split('/').every((name) => name.split('*').length <= bounds.patternStars + 1)
    isPartial ||= !isTaken
    const pattern = glob === '' || !isTaken ? null : expressionOf(glob)
    return pattern === null ? [] : [{ pattern, keeps }]
  })
  return {
    isPartial,
    hasExceptions: rules.some((rule) => rule.keeps),
    leavesOut: memoizeSearch((path) => {
      const prefixes = prefixesOf(path)
      const last = rules.findLast(({ pattern }) => prefixes.some((prefix) => pattern.test(prefix)))
      return last !== undefined && !last.keeps
    }),
  }
}

/** The path and the folders that it lies in, the outermost first. */
function prefixesOf(path: string): readonly string[] {
  const found: string[] = []
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) found.push(path.slice(0, end))
  return [...found, path]
}

function expressionOf(glob: string): RegExp | null {
  const source = glob.replace(/\*\*\/?|\*|\?|\\.|[.+^${}()|\\]/g, (token) => {
    if (token === '**/') return '(?:.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return token.length === 2 ? `\\${token[1]}` : `\\${token}`
  })
  try {
    return new RegExp(`^${source}$`)
  } catch {
    return null
  }
}
