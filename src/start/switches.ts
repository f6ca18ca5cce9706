import { lineOf, type Span } from '../edit.ts'
import type { FileModel } from '../image/file-model.ts'
import { nameOf } from '../path.ts'
import {
  argvOf,
  asWords,
  type Command,
  invocationsIn,
  readRunAs,
  readSwitch,
  type ShellCommand,
  type SwitchCommand,
  setuidTools,
  staticValue,
  switchTools,
  type Word,
} from '../shell/index.ts'
import { onlyAsOther, rootQuestions } from '../shell/root-checks.ts'
import type { AccountLine } from './config-lines.ts'
import { daemonOf } from './daemons.ts'
import { readDaemonOption } from './options.ts'
import type { ReadScript } from './scripts.ts'
import { type Launch, SUPERVISED, supervisorFiles } from './started.ts'

/** One place where a container that starts as root switches to another user. */
export interface StepDown {
  readonly kind: 'entrypoint-script' | 'argv' | 'directive'
  /** `gosu`, `su`, `setpriv` …; the daemon's name for its own directive or option. */
  readonly tool: string
  /** Name or uid; null where it is decided at run time. */
  readonly user: string | null
  readonly group: string | null
  /** The script or configuration file; null for ENTRYPOINT, CMD and the text of `sh -c`. */
  readonly path: string | null
  /** 1-based; null where there is no file. */
  readonly line: number | null
  /** The command, the argv or the configuration line, as written. */
  readonly text: string
  /** End of that text in the file; 0 for argv. */
  readonly end: number
  /** Skipped when the container starts as another user. */
  readonly guarded: boolean
  /**
   * Changes to the file's text (or, for `path: null` in a script, to that of `sh -c`) after which it runs the same
   * without switching; null where that cannot be said, empty for argv.
   */
  readonly edits: readonly { readonly span: Span; readonly text: string }[] | null
  /** For argv: which one, and what it is without the switch (null: cannot be said). */
  readonly argv: { readonly of: 'entrypoint' | 'cmd'; readonly without: readonly string[] | null } | null
  /** The folder that the same words lock it into. Absent: none. */
  readonly jail?: string
  /** Of a program that nobody has told us of, in a script: only its words say so. Absent: no. */
  readonly open?: true
  /** For a directive: the image's own start names that daemon. */
  readonly started: boolean
}

/** A tool that runs another program as somebody else, where the start comes to it as whoever it is started as. */
export interface SwitchTool {
  readonly tool: string
  /** The script, and the line in it; null for ENTRYPOINT, CMD and the text of `sh -c`. */
  readonly place: { readonly path: string; readonly line: number } | null
  /** The command, as written. */
  readonly text: string
  /** By the tool's own set-user-id bit; else the tool has to be started as root. */
  readonly bySetuid: boolean
}

/** Those of the start, also to root: `exec sudo -E server`, `gosu root cron`. `certain`: what every start comes to, `services`: what supervisord does. */
export function switchToolsIn(
  config: Command,
  scripts: readonly ReadScript[],
  certain: ReadonlySet<ShellCommand>,
  services: readonly Launch[],
): readonly SwitchTool[] {
  const inArgv = [config.entrypoint, config.cmd].flatMap((argv) =>
    toolsIn(asWords(argv ?? [])).map((found) => ({ ...found, place: null, text: argvOf(config).join(' ') })),
  )
  const inScripts = scripts.flatMap(({ path, text, variables, conditional, commands }) => {
    const questions = rootQuestions(
      text,
      commands.map(({ command }) => command),
    )
    return commands.flatMap(({ command, guarded }) => {
      const { conditions, words, span, within, functionName } = command
      // What stands behind "unless I am root" is for everybody else, and no start of another user goes round it.
      const isForOthers = conditions.length === 1 && functionName === null && onlyAsOther(conditions, questions)
      const mayNotCome = (conditional || command.conditional) && !certain.has(command) && !isForOthers
      if (guarded || within === 'trap') return []
      const known = words.map((word) => ({ ...word, value: word.value ?? staticValue(word.text, variables) }))
      const place = path === null ? null : { path, line: lineOf(text, span.start) }
      return toolsIn(known)
        .filter(({ bySetuid }) => !bySetuid || !mayNotCome)
        .map((found) => ({ ...found, place, text: text.slice(span.start, span.end) }))
    })
  })
  const inServices = services.flatMap(({ path, line, words, conditional }) => {
    const place = path === null ? null : { path, line }
    return conditional ? [] : toolsIn(asWords(words)).map((found) => ({ ...found, place, text: words.join(' ') }))
  })
  // The text of `sh -c` stands in the command and among the scripts.
  const byPlace = new Map([...inArgv, ...inScripts, ...inServices].map((one) => [toolAt(one), one]))
  return [...byPlace.values()]
}

function toolAt({ tool, place }: SwitchTool): string {
  return `${tool} ${place?.path ?? ''} ${place?.line ?? ''}`
}

function toolsIn(words: readonly Word[]): readonly Pick<SwitchTool, 'tool' | 'bySetuid'>[] {
  // `command -v sudo` only asks where it is.
  if (words[0]?.value === 'command' && /^-[vV]/.test(words[1]?.value ?? '')) return []
  const names = invocationsIn(words).flatMap(({ via, words: [program] }) => [...via, nameOf(program?.value ?? '')])
  const helpers = names.filter((name) => setuidTools.includes(name)).map((tool) => ({ tool, bySetuid: true }))
  const found = readRunAs(words)
  const isRoots = found !== null && switchTools.includes(found.tool) && !setuidTools.includes(found.tool)
  return [...helpers, ...(isRoots ? [{ tool: found.tool, bySetuid: false }] : [])]
}

/** A switch in ENTRYPOINT or CMD. */
export function argvStepDown(of: 'entrypoint' | 'cmd', argv: readonly string[], found: SwitchCommand): StepDown {
  const { tool, user, group, from, to, instead, jail } = found
  // An ENTRYPOINT of a switch alone (`gosu app`) runs the CMD.
  const rest = argv.slice(to)
  const inside = instead ?? (of === 'entrypoint' && rest.length === 0 && tool !== 'su' ? [] : null)
  const without = inside === null ? null : [...argv.slice(0, from), ...inside.map((word) => word.value ?? ''), ...rest]
  return {
    kind: 'argv',
    tool,
    user: user.value,
    group: group?.value ?? null,
    path: null,
    line: null,
    text: JSON.stringify(argv),
    end: 0,
    guarded: false,
    edits: [],
    argv: { of, without },
    ...(jail === undefined ? {} : { jail }),
    started: true,
  }
}

/** The switches of a start script; `read` finds one in the words of a command. */
export function scriptStepDowns(
  script: ReadScript,
  read: (words: readonly Word[]) => SwitchCommand | null = (words) => readSwitch(words) ?? readDaemonOption(words),
): readonly StepDown[] {
  return script.commands.flatMap(({ command, guarded }) => {
    const found = read(command.words)
    if (found === null) return []
    const user = found.user.value ?? staticValue(found.user.text, script.variables)
    if (user === 'root' || user === '0') return []
    return [inScript(script, found, command.words, { guarded, span: command.span })]
  })
}

function inScript(
  { path, text, variables }: Pick<ReadScript, 'path' | 'text' | 'variables'>,
  found: SwitchCommand,
  words: readonly { readonly span: Span }[],
  { guarded, span: { start, end } }: { readonly guarded: boolean; readonly span: Span },
): StepDown {
  const { tool, user, group } = found
  return {
    kind: 'entrypoint-script',
    tool,
    user: (user.value ?? staticValue(user.text, variables)) || null,
    group: group === null ? null : (group.value ?? staticValue(group.text, variables)) || null,
    path,
    line: lineOf(text, start),
    text: text.slice(start, end),
    end,
    guarded,
    edits: editsFor(found, words),
    argv: null,
    started: true,
  }
}

/**
 * Options in a text that a script puts together before it hands it to a daemon: `ARGS="-p 80 -a nobody"; exec "$@" $ARGS`.
 * `programs`: the names of those that are started.
 */
export function assignedStepDowns(script: ReadScript, programs: readonly string[]): readonly StepDown[] {
  const daemons = programs.filter((program) => daemonOf(program)?.options !== undefined)
  if (daemons.length === 0) return []
  return script.commands.flatMap(({ command, guarded }) =>
    command.assignments.flatMap(({ name, span }) => {
      const written = script.text.slice(span.start, span.end)
      const [, before = '', quote = '', inner] = /^(\w+\+?=)(["'])(.*)\2$/s.exec(written) ?? []
      if (inner === undefined || !isHandedOn(name, script)) return []
      const start = span.start + before.length + quote.length
      const words = [...inner.matchAll(/\S+/g)].map(({ 0: text, index }) => ({
        text,
        value: /[$`\\]/.test(text) ? null : text,
        span: { start: start + index, end: start + index + text.length },
      }))
      for (const program of daemons) {
        const all = [{ text: program, value: program, span: { start, end: start } }, ...words]
        const found = readDaemonOption(all)
        if (found !== null) return [inScript(script, found, all, { guarded, span })]
      }
      return []
    }),
  )
}

/** What supervisord is told to start as another user by the words of its command: `command=gunicorn app --user web`. */
export function supervisedStepDowns(files: FileModel | null): readonly StepDown[] {
  return supervisorFiles(files).flatMap(({ path, text }) =>
    [...text.matchAll(SUPERVISED)].flatMap(({ index, 1: before = '', 2: command = '' }) => {
      const start = index + before.length
      const words = [...command.matchAll(/\S+/g)].map(({ 0: word, index: at }) => ({
        text: word,
        // `%(ENV_NAME)s` is known only when it starts; what is in quotes may be several words.
        value: /%\(|["'\\]/.test(word) ? null : word,
        span: { start: start + at, end: start + at + word.length },
      }))
      const last = words.at(-1)
      const found = last === undefined ? null : (readSwitch(words) ?? readDaemonOption(words))
      if (last === undefined || found === null || /^(?:root|0)$/.test(found.user.value ?? '')) return []
      const script = { path, text, variables: new Map<string, string>() }
      return [inScript(script, found, words, { guarded: false, span: { start, end: last.span.end } })]
    }),
  )
}

/** A command has the variable among its arguments. */
function isHandedOn(name: string, { commands }: ReadScript): boolean {
  return commands.some(({ command: { words } }) =>
    words.some(({ text }, index) => index > 0 && [`$${name}`, `\${${name}}`].includes(text.replace(/["']/g, ''))),
  )
}

function editsFor({ from, to, instead }: SwitchCommand, words: readonly { readonly span: Span }[]): StepDown['edits'] {
  const first = words[from]
  if (instead === null || first === undefined) return null
  const next = words[to]
  const last = words[words.length - 1] ?? first
  // Of a text whose quotes hide others nobody knows where a word stands, only where the whole does.
  if (last !== first && last.span.start === first.span.start) return null
  const text = instead.map((word) => word.text).join(' ')
  if (next !== undefined)
    return [{ span: { start: first.span.start, end: next.span.start }, text: text === '' ? '' : `${text} ` }]
  // An option at the end takes the blank before it along.
  const start = text === '' ? (words[from - 1]?.span.end ?? first.span.start) : first.span.start
  return [{ span: { start, end: last.span.end }, text }]
}

/** A line of a configuration file; `programs`: the names of those that are started. */
export function directiveStepDown(found: AccountLine, programs: ReadonlySet<string>): StepDown {
  const lines = [found, ...(found.groupLine === null ? [] : [found.groupLine])]
  return {
    kind: 'directive',
    tool: found.daemon,
    user: found.user,
    group: found.group,
    path: found.path,
    line: found.line,
    text: found.text.trim(),
    end: found.end,
    guarded: false,
    edits: lines.map(({ start, end }) => ({ span: { start, end: end + 1 }, text: '' })),
    argv: null,
    started: [...programs].some(
      (program) =>
        found.programs.includes(program) || found.programs.includes(program.replace(/(?<![\d.])[\d.]+$/, '')),
    ),
  }
}
