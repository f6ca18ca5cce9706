import { bounds } from '../bounds.ts'
import { type Step, shellCommands } from '../dockerfile/index.ts'
import { memoizeByObject } from '../memoize.ts'
import { baseName, normalisePath } from '../places.ts'
import {
  followFolders,
  parseShellScript,
  recipeOf,
  type ShellCommand,
  scriptRunBy,
  toolOf,
  type Word,
} from '../shell/index.ts'
import type { BuildContext } from './build-context.ts'

/** A script of the stage's own that a RUN starts. */
export interface RunScript {
  readonly text: string
  readonly commands: readonly ShellCommand[]
  /** Its arguments `$1`, `$2` …; null for one that a variable decides. */
  readonly args: readonly (string | null)[]
  /** Where it starts; null where that is not known. */
  readonly folder: string | null
}

/** How deep scripts that run others are followed. */
const DEPTH = 3

/**
 * The scripts that a RUN starts, each before those that it starts in turn, and the recipes of a `make`. `textOf`: of a file as it is then; null where it is
 * not known. `mentions`: what a script of interest says.
 */
export function runScripts(
  step: Step,
  textOf: (path: string) => string | null,
  mentions: RegExp,
): readonly RunScript[] {
  if (step.instruction.keyword !== 'RUN') return []
  const run = shellCommands(step.instruction, step.shell)
  if (run.kind !== 'parsed') return []
  const seen = new Set<string>()
  const follow = (commands: readonly ShellCommand[], from: string | null, depth: number): readonly RunScript[] =>
    started(commands, from, textOf).flatMap(({ text, args, folder }) => {
      if (text === null || seen.has(text) || seen.size >= bounds.scripts || /^#!(?!.*sh\b)/.test(text)) return []
      seen.add(text)
      // A script that only starts others is recognised by these words alone.
      if (!mentions.test(text) && (depth >= DEPTH || !/\.sh\b/.test(text))) return []
      const script = parseShellScript(text)
      if (script.kind !== 'parsed' || script.commands.length > bounds.scriptCommands) return []
      const inner = depth < DEPTH ? follow(script.commands, folder, depth + 1) : []
      return [...(mentions.test(text) ? [{ text, commands: script.commands, args, folder }] : []), ...inner]
    })
  return follow(run.commands, step.workdir, 1)
}

interface Started {
  readonly text: string | null
  readonly args: RunScript['args']
  readonly folder: string | null
}

/** The files that commands name as programs, and those that a shell is given. */
function started(
  commands: readonly ShellCommand[],
  workdir: string | null,
  textOf: (path: string) => string | null,
): readonly Started[] {
  const folderOf = followFolders(workdir)
  return commands.flatMap((command): readonly Started[] => {
    const folder = folderOf(command)
    const { tool, args } = toolOf(command)
    if (tool === 'make') return folder === null ? [] : [{ text: recipeText(args, folder, textOf), args: [], folder }]
    const run = scriptRunBy(command)
    if (run === null || (!run.isGiven && run.file.value?.includes('/') !== true)) return []
    const path = normalisePath(run.file.value ?? '', folder ?? '')
    return path === null ? [] : [{ text: textOf(path), args: run.args.map(({ value }) => value), folder }]
  })
}

/** The recipe as a script that names the folder of each line. Null where a word of it, or the Makefile, is unknown. */
function recipeText(words: readonly Word[], folder: string, textOf: (path: string) => string | null): string | null {
  const args = words.map(({ value }) => value)
  const recipe = args.every((arg) => arg !== null) ? recipeOf(args, folder, textOf, '') : null
  return recipe === null ? null : recipe.lines.map((line) => `cd ${recipe.folder}\n${line}\n`).join('')
}

/** Texts of a build context by the names of their files. */
const textsByName = memoizeByObject((context: BuildContext): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const [path, { text }] of context.entries) {
    if (text === null) continue
    const name = baseName(path)
    const others = found.get(name)
    if (others === undefined) found.set(name, [text])
    else others.push(text)
  }
  return found
})

/** A RUN may start a script that says this: a cheap question before files are followed. */
export function mayRunScript(steps: readonly Step[], context: BuildContext | null, mentions: RegExp): boolean {
  return steps.some(({ instruction: { keyword, text, heredocs } }) => {
    if (keyword === 'COPY') return heredocs.some(({ content }) => mentions.test(content))
    if (keyword !== 'RUN' || context === null) return false
    const names = new Set([...text.matchAll(/[\w.-]+/g)].map(([word]) => word))
    if (names.has('make')) for (const name of ['Makefile', 'makefile', 'GNUmakefile']) names.add(name)
    return [...names].some(
      (name) =>
        textsByName(context)
          .get(name)
          ?.some((script) => mentions.test(script)) === true,
    )
  })
}
