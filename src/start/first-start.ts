import { bounds } from '../bounds.ts'
import type { FileModel } from '../image/file-model.ts'
import { memoizeByObject, memoizeByText } from '../memoize.ts'
import { type Asked, negation, neverHolds, sureConditions } from '../shell/conditions.ts'
import { actionsBy, type ShellCommand, staticValue, type Values, type Variables } from '../shell/index.ts'
import type { ReadScript, ScriptCommand } from './scripts.ts'

/** A command that a first start may reach, with the values of its variables there. */
export interface ReachedCommand {
  readonly command: ShellCommand
  /** The script that it stands in, which may not be the one that calls its function. */
  readonly script: ReadScript
  readonly variables: Variables
  /** Those of them that nothing from outside changes. */
  readonly fixed: Variables
  /** The command runs only where something is missing. */
  readonly ifMissing: boolean
  /** Conditions before it that only a run answers; none: every first start reaches it. */
  readonly undecided: readonly string[]
}

const MOST_CALLS = 4

/** Commands of scripts, by the function that they stand in. */
export type Functions = ReadonlyMap<string, readonly LocatedCommand[]>

type LocatedCommand = Pick<ReachedCommand, 'command' | 'script'>

/** Functions of sourced scripts. One that two scripts define is left out: which counts is unknown. */
export function sourcedFunctions(scripts: readonly ReadScript[]): Functions {
  const found = new Map<string, readonly LocatedCommand[]>()
  for (const script of scripts.filter(({ sourced }) => sourced)) {
    const own = script.commands.filter(({ guarded }) => !guarded).map(({ command }) => ({ command, script }))
    for (const [name, commands] of groupedBy(own, ({ command }) => command.functionName))
      if (name !== null) found.set(name, found.has(name) ? [] : commands)
  }
  return found
}

/**
 * The commands that every start reaches, whatever the conditions: those of the image's start scripts, of the functions that these
 * call, and of the scripts that these run.
 */
export function certainCommands(
  scripts: readonly ReadScript[],
  startOf: (script: ReadScript) => GivenStart,
  sourced: Functions,
): ReadonlySet<ShellCommand> {
  const certain = new Set<ShellCommand>()
  const open = new Set(scripts)
  for (;;) {
    const next = [...open].filter(({ conditional, by }) => !conditional || (by !== null && certain.has(by)))
    if (next.length === 0) return certain
    for (const script of next) {
      open.delete(script)
      const questions = ({ guarded }: ScriptCommand): readonly string[] | null => (guarded ? null : [])
      for (const { command, undecided, ifMissing } of stepsOf(script, questions, startOf(script), () => '', sourced))
        if (undecided.length === 0 && !ifMissing) certain.add(command)
    }
  }
}

/**
 * The commands of a script that its first start comes to, those of a function where it is called, with the arguments of that
 * call. Left out is what no start of the image comes to. Of two branches that exclude each other one is taken: both count
 * where they do the same. `questions`: those that stand before a command in the way of the script itself; null for what is
 * not to be looked at.
 */
export function stepsOf(
  script: ReadScript,
  questions: (command: ScriptCommand) => readonly string[] | null,
  start: GivenStart,
  same: (step: ReachedCommand) => string,
  /** Those of the scripts that it may have sourced. */
  sourced: Functions = new Map(),
): readonly ReachedCommand[] {
  const open = new Map(
    script.commands.flatMap((each) => {
      const asked = questions(each)
      return asked === null ? [] : [[each.command, asked] as const]
    }),
  )
  const reached = [...open.keys()].map((command) => ({ command, script }))
  const bodies = groupedBy(reached, ({ command }) => command.functionName)
  const fixed = fixedVariables(script, start.environment)
  // Functions that call each other many times would be followed without end.
  let left = bounds.scriptCommands
  const walk = (
    commands: readonly LocatedCommand[],
    given: FirstStart,
    caller: Pick<ReachedCommand, 'ifMissing' | 'undecided'>,
    depth: number,
  ): readonly ReachedCommand[] => {
    const variables = new Map(given.variables)
    const always = new Map(given.fixed)
    const either: (ReachedCommand & { readonly rest: string })[] = []
    const steps: ReachedCommand[] = []
    let { undecided } = caller
    for (const { command, script: of } of commands) {
      left -= 1
      if (left < 0) break
      // Only in a function do variables change on the way.
      const now: FirstStart = depth === 0 ? given : { ...given, variables: new Map(variables), fixed: new Map(always) }
      const { conditions } = command
      const asked: Asked =
        conditions.length === 0 ? now : { ...now, variables: withUnset(conditions, of, now.variables) }
      const answers = conditions.map((one) => sureConditions([one], asked))
      const rest = conditions.filter((one, at) => answers[at]?.holds !== true && !refusedIn(of).has(negation(one)))
      const isNever = rest.some((one) => neverHolds(one, { ...now, variables: now.fixed, argument: now.fixedArgument }))
      const before = [...undecided, ...(depth === 0 ? (open.get(command) ?? []) : [])]
      const ifMissing = answers.some((one) => one.ifMissing) || caller.ifMissing
      const undecidedHere = [...before, ...rest]
      const step: ReachedCommand = {
        command,
        script: of,
        variables: now.variables,
        fixed: now.fixed,
        ifMissing,
        undecided: undecidedHere,
      }
      if (command.name === 'return' && !isNever) {
        if (conditions.length === 0 && depth > 0) break
        // The commands behind it run only for those whom it lets pass.
        undecided = [...undecided, ...conditions.map(negation).slice(-1)]
      }
      if (depth > 0) {
        assign(command, variables)
        assign(command, always)
      }
      if (isNever) continue
      const [only, ...others] = rest
      if (only !== undefined && others.length === 0 && before.length === 0) either.push({ ...step, rest: only })
      steps.push(step)
      const isCall = depth < MOST_CALLS && command.within === 'script'
      const body = isCall ? (bodies.get(command.name) ?? sourced.get(command.name ?? '') ?? []) : []
      if (body.length > 0 && command.name !== null)
        steps.push(...walk(body, called(command, now), { ifMissing, undecided: step.undecided }, depth + 1))
    }
    return [...steps, ...eitherWay(either, same)]
  }
  return walk(
    bodies.get(null) ?? [],
    { ...start, variables: script.variables, fixed },
    { ifMissing: false, undecided: [] },
    0,
  )
}

/** Conditions that end the script with an error: whoever it works for has answered no. */
const refusedIn = memoizeByObject(
  ({ commands }: ReadScript): ReadonlySet<string> =>
    new Set(
      commands.flatMap(({ command: { name, words, conditions } }) =>
        name === 'exit' && /^[1-9]/.test(words[1]?.value ?? '') ? conditions.slice(-1) : [],
      ),
    ),
)

function eitherWay(
  open: readonly (ReachedCommand & { readonly rest: string })[],
  same: (step: ReachedCommand) => string,
): readonly ReachedCommand[] {
  return open
    .filter((step) => {
      const what = same(step)
      const excludes = (a: string, b: string): boolean => a === `! ${b}` || b === `! ${a}`
      return what !== '' && open.some((other) => excludes(other.rest, step.rest) && same(other) === what)
    })
    .map((step) => ({ ...step, undecided: [] }))
}

function groupedBy<K, V>(values: readonly V[], keyOf: (value: V) => K): ReadonlyMap<K, readonly V[]> {
  const groups = new Map<K, V[]>()
  for (const value of values) {
    const group = groups.get(keyOf(value))
    if (group === undefined) groups.set(keyOf(value), [value])
    else group.push(value)
  }
  return groups
}

/** Variables that a script sets once, to a literal: the caller cannot change them. */
function fixedVariables(script: ReadScript, environment: FirstStart['environment']): Variables {
  const { filled } = namesIn(script.text)
  const all = script.commands.flatMap(({ command }) =>
    command.assignments.map((assignment) => ({
      ...assignment,
      isOpen: command.conditional || command.words.length > 0,
    })),
  )
  const named = groupedBy(all, ({ name }) => name)
  return new Map(
    [...named].flatMap(([name, [first, ...more]]) => {
      if (first === undefined || more.length > 0 || first.isOpen || first.value === null || environment.has(name))
        return []
      return filled.has(name) ? [] : [[name, first.value] as const]
    }),
  )
}

/** A function sees the words of its call as `$1`, `$2` …; '' where there are fewer. */
function called({ words }: ShellCommand, given: FirstStart): FirstStart {
  const withWords = (known: Variables): Map<string, string> => {
    const variables = new Map(known)
    for (let at = 1; at <= 9; at += 1) {
      const word = words[at]
      const value = word === undefined ? '' : staticValue(word.text, known)
      if (value === null) variables.delete(String(at))
      else variables.set(String(at), value)
    }
    return variables
  }
  const variables = withWords(given.variables)
  const fixed = withWords(given.fixed)
  return { ...given, variables, fixed, argument: variables.get('1') ?? null, fixedArgument: fixed.get('1') ?? null }
}

/** `file="$2"`, `local file="$2"`: what the variable holds from there on. */
function assign(command: ShellCommand, variables: Map<string, string>) {
  for (const { name, text } of actionsBy(command, 'sets')) {
    const known = command.conditions.length > 0 ? null : staticValue(text, variables)
    if (known === null) variables.delete(name)
    else variables.set(name, known)
  }
}

/** What is known about a first start. */
interface FirstStart {
  readonly variables: Variables
  /** Those of them that nothing from outside changes. */
  readonly fixed: Variables
  /** Variables of the image, which the caller may override. */
  readonly environment: ReadonlyMap<string, string>
  /** The script's `$1`; null where it is unknown. */
  readonly argument: string | null
  /** The script's `$1` where the caller cannot change it: without a command anything may be given. */
  readonly fixedArgument: string | null
  /** Null where no file is known. */
  readonly files: FileModel | null
  readonly workdir: string
}

/** The state before the script has run. */
export type GivenStart = Omit<FirstStart, 'variables' | 'fixed'>

/** A variable that neither the image nor the script sets is empty, unless the caller sets it. */
export function withUnset(conditions: readonly string[], script: ReadScript, variables: Variables): Values {
  const { set, filled } = namesIn(script.text)
  const unset = conditions
    .flatMap(settingsAskedIn)
    .filter((name) => !variables.has(name) && !set.has(name) && !filled.has(name))
  return unset.length === 0
    ? variables
    : { get: (name) => variables.get(name) ?? (unset.includes(name) ? '' : undefined) }
}

const settingsAskedIn = memoizeByText((condition): readonly string[] =>
  [...condition.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => name),
)

/** Names that the text of a script gives a value: `NAME=…` and `${NAME:=x}` (`set`); `read NAME`, `for NAME in` and `printf -v NAME` (`filled`). */
const namesIn = memoizeByText((text) => {
  const set = new Set<string>()
  for (const [, name = ''] of text.matchAll(/(?<![\w$"{])(\w+)\+?=/g)) set.add(name)
  for (const [, name = ''] of text.matchAll(/\{(\w+):?=/g)) set.add(name)
  const filled = new Set<string>()
  for (const [, words = ''] of text.matchAll(/\b(?:read|for|printf|mapfile|readarray|getopts)\b([^\n;]*)/g))
    for (const [name] of words.matchAll(/\w+/g)) filled.add(name)
  return { set, filled }
})
