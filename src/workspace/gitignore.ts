import { dirname, join, relative, sep } from 'node:path'
import ignore, { type Ignore } from 'ignore'
import { bounds } from '../bounds.ts'
import { rulesIn } from './found-file.ts'

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

/** Rules of `folder` itself, in front of those above. */
export function withFolder(folder: string, above: IgnoreRules | null): IgnoreRules | null {
  const text = rulesIn(join(folder, '.gitignore'))
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
  let rules = withFolder(repository, excludes(repository))
  for (const at of folders) {
    if (isIgnored(rules, at, true)) return null
    rules = withFolder(at, rules)
  }
  return isIgnored(rules, folder, true) ? null : rules
}

/** As git decides: the nearest file that says anything about the path, in or out. */
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
  const text = rulesIn(join(repository, '.git', 'info', 'exclude'))
  return text === null ? null : { folder: repository, rules: rulesOf(text), above: null }
}
