import type { ProgramRule, RootlessConfiguration, RootNeed } from '../../catalogue/program.ts'
import { memoizeByObject } from '../memoize.ts'
import { nameOf } from '../path.ts'
import { isInside } from '../places.ts'
import { parsePasswd } from './accounts.ts'
import type { FileModel } from './file-model.ts'

export interface RootProgram {
  /** The program as the command names it. */
  readonly program: string
  readonly rule: RootNeed
}

/**
 * The first program of a command that must stay root to do its job, or null. `started` are the names or paths of what
 * is started, without wrappers; `words` are all words of the command; `hasFile` asks the image, null where its files
 * are not known. `files`: those of the very image, whose configuration may show that there is nobody else to become.
 */
export function programThatNeedsRoot(
  rules: readonly ProgramRule[],
  started: readonly string[],
  words: readonly string[],
  hasFile: ((path: string) => boolean) | null,
  files: FileModel | null = null,
): RootProgram | null {
  for (const program of started) {
    // A caller may know the base name only; its path then stands among the words.
    const path = words.find((word) => word.endsWith(`/${program}`)) ?? program
    const named = byName(rules).get(nameOf(path))
    const rule = named?.find((candidate) => namesProgram(candidate, path))?.needsRoot
    const others = words.filter((word) => word !== program && word !== path)
    if (rule !== undefined && applies(rule, others, hasFile, files)) return { program, rule }
  }
  return null
}

/** The rules, by the base names that they are about. */
const byName = memoizeByObject((rules: readonly ProgramRule[]) => {
  const found = new Map<string, ProgramRule[]>()
  for (const rule of rules) {
    if (rule.needsRoot === undefined) continue
    const names = new Set([...rule.programs, ...(rule.paths ?? []).map(nameOf)])
    for (const name of names) found.set(name, [...(found.get(name) ?? []), rule])
  }
  return found
})

/** `/usr/local/samba/sbin` and `/opt/x/sbin` too: a program in such a folder is a server of the system. */
const systemFolder = /^(\/usr(\/local)?)?\/(s?bin|lib|lib64|libexec)(\/|$)|^\/(usr\/local|opt)\/[^/]+\/sbin\//

function namesProgram(rule: ProgramRule, path: string): boolean {
  if (rule.paths?.includes(path)) return true
  const name = nameOf(path)
  return rule.programs.includes(name) && (name === path || systemFolder.test(path))
}

function applies(
  rule: RootNeed,
  words: readonly string[],
  hasFile: ((path: string) => boolean) | null,
  files: FileModel | null,
): boolean {
  const has = (pattern: string): boolean => words.some((word) => new RegExp(pattern).test(word))
  if (rule.onlyWith !== undefined && !has(rule.onlyWith)) return false
  if (rule.onlyWithFile !== undefined && hasFile !== null && !hasFile(rule.onlyWithFile)) return false
  return !rule.unless?.some(
    ({ argument, file, config }) =>
      (argument !== undefined && has(argument)) ||
      (file !== undefined && hasFile?.(file) === true) ||
      (config !== undefined && files !== null && isSaid(config, files)),
  )
}

function isSaid({ folder, says, lacks, accounts }: RootlessConfiguration, files: FileModel): boolean {
  const paths = files.texts().filter((path) => isInside(path, folder) && path.endsWith('.conf'))
  const lines = paths.flatMap((path) =>
    (files.text(path) ?? '').split('\n').map((line) => line.replace(/^\s*(?:#.*)?|\s+#.*$/g, '').trimEnd()),
  )
  const first = (pattern: string): readonly string[] => {
    const expression = new RegExp(pattern, 'i')
    return lines.flatMap((line) => expression.exec(line)?.slice(0, 2) ?? [])
  }
  if (!says.every((pattern) => first(pattern).length > 0) || lacks.some((pattern) => first(pattern).length > 0))
    return false
  if (accounts === undefined) return true
  const [list, user] = [first(accounts.list), first(accounts.user)]
  const users = parsePasswd(files.text('/etc/passwd') ?? '')
  const uid = users.find(({ name }) => name === user[1])?.uid ?? 0
  const others = list.length === 2 ? parsePasswd(files.text(list[1] ?? '') ?? '') : []
  return user.length === 2 && uid > 0 && others.length > 0 && others.every((one) => one.uid === uid)
}
