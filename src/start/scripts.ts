import { bounds } from '../bounds.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { joinPath, nameOf, normalisePath } from '../path.ts'
import {
  actionsBy,
  actionsOf,
  foldersIn,
  ownFolder,
  parseShellScript,
  programIndex,
  type ShellCommand,
  scriptRunBy,
  staticValue,
  type Variables,
} from '../shell/index.ts'
import {
  onlyAsOther,
  onlyAsRoot,
  type RootQuestions,
  type RootRefusal,
  refusals,
  refusing,
  rootQuestions,
} from '../shell/root-checks.ts'
import { findProgram, type StartScript, serviceScripts } from './start.ts'

/** A start script that was read. */
export interface ReadScript extends StartScript {
  readonly commands: readonly ScriptCommand[]
  readonly variables: Variables
  /** Where whoever runs it is then, as far as that is known. */
  readonly workdir: string
  /** What starts it may not come to it. */
  readonly conditional: boolean
  /** The questions that stand before that. */
  readonly conditions: readonly string[]
  /** The command of another script that runs it; null where the image itself does, or nothing that is known. */
  readonly by: ShellCommand | null
  /** By `.` or `source`: its functions are the other one's too. */
  readonly sourced: boolean
  /** Where it ends unless it is root; none where only root comes to it. */
  readonly refusals: readonly RootRefusal[]
}

export interface ScriptCommand {
  readonly command: ShellCommand
  /** Only reached as root: behind an `id -u` check, or after the others have left. */
  readonly guarded: boolean
  /** A failure ends the script: `set -e`, and nothing that catches it; or all that follows is joined to it by `&&`. */
  readonly fatal: boolean
}

export interface ReadScripts {
  readonly scripts: readonly ReadScript[]
  /** Scripts that are no shell scripts or could not be parsed. */
  readonly unread: readonly { readonly path: string; readonly reason: string; readonly tooLong?: true }[]
}

/** Reads start scripts and those that they source, run or find in a `….d` folder. */
export function readScripts(start: readonly StartScript[], config: ImageConfig, files: FileModel | null): ReadScripts {
  const scripts: ReadScript[] = []
  const unread: { path: string; reason: string; tooLong?: true }[] = []
  const seen = new Set<string>()
  const queue: Followed[] = start.map((script) => ({
    script,
    ...byItself,
    workdir: config.workdir,
    exitsOnError: script.exitsOnError === true,
  }))
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path, text } = next.script
    // The text of `CMD /start.sh` is no file, although it reads like the path of the one that it starts.
    const key = path ?? `sh -c ${text}`
    if (seen.has(key)) continue
    seen.add(key)
    const name = path ?? 'the text of sh -c'
    if (scripts.length >= bounds.scripts) {
      unread.push({ path: name, reason: `there are more than ${bounds.scripts} start scripts`, tooLong: true })
      break
    }
    const parsed = parseShellScript(text)
    if (parsed.kind === 'unparsed') {
      const { reason, tooLong } = parsed
      if (path !== null || tooLong) unread.push({ path: name, reason, ...(tooLong && { tooLong }) })
      continue
    }
    if (parsed.commands.length > bounds.scriptCommands) {
      const reason = `it has more than ${bounds.scriptCommands} commands`
      unread.push({ path: name, reason, tooLong: true })
      continue
    }
    const { workdir } = next
    const variables = variablesOf({ ...config, workdir }, path, parsed.commands, files)
    const commands = judge(text, parsed.commands, next)
    const wantsRoot = next.guarded ? [] : refusals(text, parsed.commands, rootQuestions(text, parsed.commands))
    const { conditional, conditions, by } = next
    const sourced = by !== null && isSourced(by)
    const read = { path, text, commands, variables, workdir, conditional, conditions, by, sourced, refusals: wantsRoot }
    scripts.push(read)
    if (files !== null && files.texts().length > 0) queue.push(...followed(read, config, files))
  }
  return { scripts, unread }
}

function variablesOf(
  config: ImageConfig,
  path: string | null,
  commands: readonly ShellCommand[],
  files: FileModel | null,
): Variables {
  const variables = new Map(config.env)
  setVariables(variables, commands, { config, files, path, depth: 0 })
  return variables
}

/** Files of settings source others seldom. */
const SOURCED_DEPTH = 3

interface SettingFiles {
  readonly config: ImageConfig
  readonly files: FileModel | null
  /** Of the script; null for the text of a command. */
  readonly path: string | null
  readonly depth: number
}

function setVariables(
  variables: Map<string, string>,
  commands: readonly ShellCommand[],
  { config, files, path: own, depth }: SettingFiles,
): void {
  const local = onceIn(commands)
  for (const command of commands)
    for (const action of actionsOf(command)) {
      // `. /etc/app/env`: what it sets holds from there on.
      if (action.kind === 'sources' && command.functionName === null && files !== null && depth < SOURCED_DEPTH) {
        const path = action.file === null ? null : staticValue(action.file.text, variables)
        const other = path === null || path === '' ? null : files.text(normalisePath(path, config.workdir))
        const parsed = other === null ? null : parseShellScript(other)
        if (parsed?.kind === 'parsed' && parsed.commands.length <= bounds.scriptCommands)
          setVariables(variables, parsed.commands, { config, files, path, depth: depth + 1 })
      }
      if (action.kind !== 'sets' || variables.has(action.name)) continue
      if (action.isLocal && !local.has(action.name)) continue
      // `CONF="$HOME/app.conf"`, `DIR=${DIR:-/data}`.
      const said = staticValue(action.text, variables) ?? ownFolder(action.text, own)
      if (said !== null) variables.set(action.name, said)
    }
}

/** Names that one command alone gives a value: what `local` says of them holds wherever they are used. */
function onceIn(commands: readonly ShellCommand[]): ReadonlySet<string> {
  const once = new Set<string>()
  const again = new Set<string>()
  for (const command of commands)
    for (const { name } of [...command.assignments, ...(command.words.length > 0 ? actionsBy(command, 'sets') : [])]) {
      if (once.has(name)) again.add(name)
      once.add(name)
    }
  return new Set([...once].filter((name) => !again.has(name)))
}

interface Caller {
  readonly guarded: boolean
  readonly exitsOnError: boolean
  readonly conditional: boolean
  readonly conditions: readonly string[]
  readonly by: ShellCommand | null
}

const byItself: Caller = { guarded: false, exitsOnError: false, conditional: false, conditions: [], by: null }

function judge(text: string, commands: readonly ShellCommand[], caller: Caller): readonly ScriptCommand[] {
  const questions = rootQuestions(text, commands)
  const functions = guardedFunctions(commands, questions)
  const refused = refusing(commands, questions)
  let exitsOnError = caller.exitsOnError || /^#!.*\s-\w*e/.test(text)
  let othersLeft = caller.guarded
  // What follows it is joined to it by `&&`.
  const lastBegin = commands.findLastIndex(begins)
  return commands.map((command, index) => {
    const { conditions, functionName, words } = command
    if (words[0]?.value === 'set' && words.some((word) => /^-\w*e|^errexit$/.test(word.value ?? '')))
      exitsOnError = true
    const guarded =
      othersLeft || onlyAsRoot(conditions, questions) || (functionName !== null && functions.has(functionName))
    if (
      functionName === null &&
      leaves(command) &&
      !refused.has(command) &&
      conditions.length === 1 &&
      onlyAsOther(conditions, questions)
    )
      othersLeft = true
    const caught =
      command.tested === true || commands[index + 1]?.connector === '||' || commands[index + 1]?.connector === '|'
    // Its status is that of the script, and so of the container or of what runs the script.
    const isLast = conditions.length === 0 && functionName === null && index >= lastBegin
    return { command, guarded, fatal: !caught && (exitsOnError || (isLast && !isSourced(command))) }
  })
}

/** It is run whatever becomes of the one before it. */
function begins({ connector, conditions, within, functionName }: ShellCommand): boolean {
  return connector !== '&&' && conditions.length === 0 && within === 'script' && functionName === null
}

function leaves({ name }: ShellCommand): boolean {
  return name === 'exec' || name === 'exit' || name === 'return'
}

/** Functions that are called only behind a check. */
function guardedFunctions(commands: readonly ShellCommand[], questions: RootQuestions): ReadonlySet<string> {
  const calls = new Map<string, boolean>()
  const defined = new Set(commands.map((command) => command.functionName))
  for (const { name, conditions } of commands) {
    if (name === null || !defined.has(name)) continue
    calls.set(name, (calls.get(name) ?? true) && onlyAsRoot(conditions, questions))
  }
  return new Set([...calls].filter(([, guarded]) => guarded).map(([name]) => name))
}

interface Followed extends Caller {
  readonly script: StartScript
  readonly workdir: string
}

function followed(read: ReadScript, config: ImageConfig, files: FileModel): readonly Followed[] {
  const found: Followed[] = []
  const add = (path: string, caller: Caller, workdir: string, sourced = false): void => {
    const text = files.text(path)
    if (text !== null && (sourced || text.startsWith('#!') || /\.(?:sh|envsh|bash)$/.test(path)))
      found.push({ script: { path, text }, ...caller, workdir })
  }
  for (const { command, guarded, fatal } of read.commands) {
    const target = targetOf(command, read)
    const workdir = foldersIn(read).get(command) ?? read.workdir
    const path = target === null ? null : findProgram(target, { ...config, workdir }, files)
    // What the distribution itself brings as scripts (adduser, service …) is a program here, and has no suffix.
    if (path !== null && path !== read.path && (/\.sh$/.test(path) || !/^\/usr\/s?bin\/|^\/s?bin\//.test(path))) {
      const conditional = read.conditional || command.conditional
      const conditions = [...read.conditions, ...command.conditions]
      const exitsOnError = fatal && isSourced(command)
      add(path, { guarded, exitsOnError, conditional, conditions, by: command }, workdir, isSourced(command))
    }
    for (const script of serviceScripts(wordsOf(command, read), files)) found.push({ script, ...byItself, workdir })
  }
  for (const folder of folders(read.text, files)) {
    for (const name of files.list(folder)) add(joinPath(folder, name), byItself, read.workdir)
  }
  return found
}

/** The command from the name of its program on; '' for a word that a variable decides. */
function wordsOf({ words }: ShellCommand, { variables }: ReadScript): readonly string[] {
  return words.slice(programIndex(words)).map(({ text }) => staticValue(text, variables) ?? '')
}

function isSourced({ name }: ShellCommand): boolean {
  return name === '.' || name === 'source'
}

/** The script that a command sources or runs; null where a variable decides it. */
function targetOf(command: ShellCommand, { variables }: ReadScript): string | null {
  const words = command.words.map((word) => ({ text: word.text, value: staticValue(word.text, variables) }))
  const run = scriptRunBy({ words })
  if (run === null || !run.file.value || nameOf(run.file.value) === '') return null
  // A shell looks where it is before it looks through PATH.
  return !run.isGiven || run.file.value.includes('/') ? run.file.value : `./${run.file.value}`
}

/** Folders such as /docker-entrypoint.d that the script names. */
function folders(text: string, files: FileModel): readonly string[] {
  const named = [...text.matchAll(/(?<![\w$}])(\/(?:[\w.-]+\/){0,20}[\w.-]+\.d)\b/g)].flatMap((match) => match[1] ?? [])
  return [...new Set(named)].filter((path) => !path.startsWith('/etc/') && files.entry(path)?.type === 'directory')
}
