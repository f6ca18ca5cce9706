import { dirname, relative, sep } from 'node:path'
import ignore from 'ignore'
import { type IgnoreRules, isAffordable, isIgnored } from './gitignore.ts'
import { upwards } from './repository.ts'

/** What a walk leaves out, as patterns of .gitignore. */
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

/** Or the folder itself; both absolute. */
export function isInside(path: string, folder: string): boolean {
  return !relative(folder, path).split(sep).includes('..')
}
