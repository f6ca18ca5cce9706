import { bounds } from '../bounds.ts'
import type { FileModel } from '../image/file-model.ts'
import { memoizeByObject, memoizeByText } from '../memoize.ts'
import { normalisePath } from '../path.ts'
import type { ShellCommand } from '../shell/index.ts'
import { staticValue, type Values, type Variables } from '../shell/static-text.ts'
import { declaredIn, type ReadScript, type ScriptCommand } from './scripts.ts'

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
      const isNever = rest.some((one) => neverHolds(one, now))
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
        assign(command, of.text, variables)
        assign(command, of.text, always)
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
function assign(command: ShellCommand, text: string, variables: Map<string, string>) {
  const { words, assignments, conditions } = command
  const said = words.length === 0 ? assignments : declaredIn(command)
  for (const { span } of said) {
    const [, of, value] = /^(\w+)=(.*)$/s.exec(text.slice(span.start, span.end)) ?? []
    if (of === undefined || value === undefined) continue
    const known = conditions.length > 0 ? null : staticValue(value, variables)
    if (known === null) variables.delete(of)
    else variables.set(of, known)
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

/** `ifMissing`: some file has to be missing for it, which the image does not have. */
export type Sure = { readonly holds: boolean; readonly ifMissing: boolean }

/** The variables, argument and files that conditions are tested against. */
export type Asked = Omit<FirstStart, 'variables' | 'fixed' | 'fixedArgument' | 'environment'> & {
  readonly variables: Values
}

/** Whether conditions certainly hold at the first start: tests of `$1`, of a known variable, and of a file. */
export function sureConditions(conditions: readonly string[], start: Asked): Sure {
  let ifMissing = false
  for (const condition of conditions)
    for (const parts of allOf(condition)) {
      const found = parts.map((part) => answer(part, start))
      const sure = found.find((one) => one !== null) ?? null
      // Another branch may have been taken before it was tested.
      if (sure === null || (sure === 'missing' && found.length > 1)) return { holds: false, ifMissing: false }
      ifMissing ||= sure === 'missing'
    }
  return { holds: true, ifMissing }
}

/** The condition can never hold: the script itself, its command or a file of the image rules it out. */
function neverHolds(condition: string, start: FirstStart): boolean {
  const known = { ...start, variables: start.fixed, argument: start.fixedArgument }
  // A default counts only where nobody sets the variable.
  const isFixed = (part: string): boolean => variablesAskedIn(part).every((name) => start.fixed.has(name))
  return allOf(condition).some((parts) =>
    parts.every((part) => isFixed(part) && answer(negation(part), known) === 'known'),
  )
}

const variablesAskedIn = memoizeByText((part): readonly string[] =>
  [...part.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name),
)

function negation(condition: string): string {
  return condition.startsWith('! ') ? condition.slice(2) : `! ${condition}`
}

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

/**
 * Conditions that must all hold, each with its alternatives: `a || b`, `a && b`, `[ a -a b ]` and their negations. A mixture is
 * unknown.
 */
const allOf = memoizeByText((condition): readonly (readonly string[])[] => {
  const isNot = condition.startsWith('! ')
  const inner = isNot ? condition.slice(2) : condition
  const [, open, asked, close] = /^(\[ |test )(.*?)( \]|)$/s.exec(inner) ?? []
  const word = ['&&', '||', ' -a ', ' -o '].filter((one) => inner.includes(one))
  if (word[0] === undefined || word.length > 1) return [[condition]]
  const isAnd = word[0] === '&&' || word[0] === ' -a '
  const isOfTest = word[0].startsWith(' -')
  if (isOfTest && (open === undefined || asked === undefined)) return [[condition]]
  const parts = isOfTest
    ? (asked ?? '').split(word[0]).map((part) => `${open}${part}${close}`)
    : inner.split(word[0]).map((part) => part.trim())
  const said = isNot ? parts.map(negation) : parts
  return isAnd === isNot ? [said] : said.map((part) => [part])
})

const TEST = /^(! )?\s*(?:\[\[?|test)\s+(! )?\s*(.*)$/s

/** A loop over literal words, or over an array, runs at least once. */
const OVER_WORDS = /^for\s+\w+\s+in(\s+[\w./:@%+-]+|\s+"\$\{!?\w+\[@\]\}")+[\s;]*(do\s*)?$/

/** `$1`, `${1:-}`, quoted or not. */
const FIRST = /^"?\$\{?1(?:[:-]+)?\}?"?$/

/** A condition, parsed. */
interface Question {
  readonly isNot: boolean
  readonly overWords: boolean
  /** `case WORD in PATTERNS`. */
  readonly choice: { readonly word: string; readonly patterns: string } | null
  /** `expr WORD : BEGINS`. */
  readonly match: { readonly word: string; readonly begins: string } | null
  readonly negated: boolean
  /** `-e PATH`. */
  readonly path: string | null
  /** `-n WORD`. */
  readonly length: { readonly operator: string; readonly word: string } | null
  /** A variable alone. */
  readonly bare: string | null
  /** `LEFT = TEXT`. */
  readonly compared: Comparison | null
  /** `LEFT = PATTERN`. */
  readonly matched: Comparison | null
}

interface Comparison {
  readonly left: string
  readonly isSame: boolean
  readonly right: string
}

/** Scripts repeat the same conditions. */
const questionIn = memoizeByText((condition): Question => {
  const text = condition.replace(/^! /, '')
  const [, word = '', patterns] = /^case\s+(\S+)\s+in\s+(\S+(?:\s+\|\s+\S+)*)$/.exec(text) ?? []
  const [, of = '', , begins] = /^expr\s+(\S+)\s+:\s+(["']?)([\w./-]+)(?:\.\*)?\2\s*(?:>.*)?$/.exec(text) ?? []
  const [, before, inner, closed = ''] = TEST.exec(condition) ?? []
  // `[ "x$1" = x ]` is an old way to ask for what may be empty.
  const asked = closed
    .replace(/\]\]?\s*;?$/, '')
    .trimEnd()
    .replace(/^("?)[xX](\$\{?\w+\}?"?\s+(?:==?|!=)\s+"?)[xX]/, '$1$2')
    .replace(/(==?|!=)\s+$/, '$1 ""')
  const [, operator, measured = ''] = /^(-[nz])\s+(\S+)$/.exec(asked) ?? []
  const comparison = (pattern: RegExp): Comparison | null => {
    const [, left = '', is, right = ''] = pattern.exec(asked) ?? []
    return is === undefined ? null : { left, isSame: is !== '!=', right }
  }
  return {
    isNot: condition.startsWith('! '),
    overWords: OVER_WORDS.test(condition),
    choice: patterns === undefined ? null : { word, patterns },
    match: begins === undefined ? null : { word: of, begins },
    negated: (before === undefined) !== (inner === undefined),
    path: /^-[efs]\s+(\S+)$/.exec(asked)?.[1] ?? null,
    length: operator === undefined ? null : { operator, word: measured },
    bare: /^"?\$\{?(?:1|[A-Za-z_]\w*)(?::?-)?\}?"?$/.test(asked) ? asked : null,
    compared: comparison(/^(\S+)\s+(==?|!=)\s+([\w./:@%+-]+|"[^"$`]*"|'[^']*')$/),
    matched: comparison(/^(\S+)\s+(==?|!=)\s+(\S+)$/),
  }
})

/** The answer; null where something else decides, or the condition does not hold. */
function answer(condition: string, start: Asked): 'known' | 'missing' | null {
  const { isNot, overWords, negated, path, length, bare, compared, matched, ...said } = questionIn(condition)
  if (overWords) return 'known'
  const ofMatch = matchOf(said, start)
  if (ofMatch !== null) return ofMatch === isNot ? null : 'known'
  const variables = withArgument(start)
  if (path !== null && !negated) return isPresent(path, start) ? 'known' : null
  if (path !== null) return isMissing(path, start) ? 'missing' : null
  const value = length === null ? null : staticValue(length.word, variables)
  if (length !== null && value !== null)
    return (value !== '') === ((length.operator === '-n') !== negated) ? 'known' : null
  const held = bare === null ? null : staticValue(bare, variables)
  if (held !== null) return (held !== '') !== negated ? 'known' : null
  const left =
    compared === null || !/\$\{?[A-Za-z_]/.test(compared.left) ? null : staticValue(compared.left, start.variables)
  if (compared !== null && left !== null)
    return (left === staticValue(compared.right, start.variables)) === (compared.isSame !== negated) ? 'known' : null
  const isMet = matched !== null && FIRST.test(matched.left) ? matches(matched.right, start) : null
  return isMet !== null && isMet === (matched?.isSame !== negated) ? 'known' : null
}

function withArgument({ variables, argument }: Asked): Values {
  return argument === null ? variables : { get: (name) => (name === '1' ? argument : variables.get(name)) }
}

/** `case "$1" in serve | run)` and `expr "$1" : "serve" >/dev/null`, without regard to a `! ` before it; null where that is not known. */
function matchOf({ choice, match }: Pick<Question, 'choice' | 'match'>, start: Asked): boolean | null {
  if (choice !== null) {
    const value = FIRST.test(choice.word) ? start.argument : staticValue(choice.word, start.variables)
    const met = choice.patterns
      .split('|')
      .map((pattern) => (pattern.trim() === '*' ? null : matches(pattern.trim(), { argument: value })))
    return met.includes(true) ? true : met.includes(null) ? null : false
  }
  if (match === null || !FIRST.test(match.word) || start.argument === null || /\.(?!\*$)/.test(match.begins))
    return null
  return start.argument.startsWith(match.begins)
}

function isMissing(word: string, start: Asked): boolean {
  const path = pathIn(word, start)
  return path !== null && start.files?.exists(path) === false
}

function isPresent(word: string, start: Asked): boolean {
  const path = pathIn(word, start)
  return path !== null && start.files?.exists(path) === true
}

function pathIn(word: string, { variables, workdir }: Asked): string | null {
  const path = staticValue(word, variables)
  return path === null || path === '' ? null : normalisePath(path, workdir)
}

/** `apache2*` as `[[` and `case` take it; null where that is not known. */
function matches(pattern: string, { argument }: Pick<Asked, 'argument'>): boolean | null {
  const [, quoted] = /^(["'])([\w./-]*)\1$/.exec(pattern)?.slice(1) ?? []
  if (argument === null) return null
  if (quoted !== undefined) return argument === quoted
  if (!/^[\w./-]+\*?$/.test(pattern)) return pattern === '' ? argument === '' : null
  return pattern.endsWith('*') ? argument.startsWith(pattern.slice(0, -1)) : argument === pattern
}
