import type { ShellCommand } from '../../command/index.ts'
import { normalisePath } from '../../path.ts'
import type { FileModel } from '../file-model.ts'
import type { ReadScript, ScriptCommand } from './scripts.ts'
import { staticValue, type Variables } from './static-text.ts'

/** A command that a first start comes to, with what its variables hold there. */
export interface ReachedCommand {
  readonly command: ShellCommand
  readonly variables: Variables
  /** Only where something is not there yet. */
  readonly ifMissing: boolean
}

const MOST_CALLS = 4

/**
 * The commands of a script that its first start comes to for certain, those of a function where it is called, with the
 * arguments of that call. Of two branches that exclude each other one is taken: both count where they do the same.
 */
export function stepsOf(
  script: ReadScript,
  isReached: (command: ScriptCommand) => boolean,
  start: Omit<FirstStart, 'variables'>,
  same: (step: ReachedCommand) => string,
): readonly ReachedCommand[] {
  const reached = script.commands.filter(isReached).map(({ command }) => command)
  const bodyOf = (name: string | null): readonly ShellCommand[] =>
    name === null ? [] : reached.filter(({ functionName }) => functionName === name)
  const walk = (
    commands: readonly ShellCommand[],
    given: FirstStart,
    caller: Sure,
    depth: number,
  ): readonly ReachedCommand[] => {
    const variables = new Map(given.variables)
    const open: (ReachedCommand & { readonly rest: string })[] = []
    const steps: ReachedCommand[] = []
    for (const command of commands) {
      // Only in a function do variables change on the way.
      const now: FirstStart = depth === 0 ? given : { ...given, variables: new Map(variables) }
      const { conditions } = command
      const asked: FirstStart = { ...now, variables: withUnset(conditions, { text: script.text, ...now }) }
      const sure = sureConditions(conditions, asked)
      const ifMissing = sure.ifMissing || caller.ifMissing
      const step: ReachedCommand = { command, variables: now.variables, ifMissing }
      // Whether a function goes on behind a question is not known.
      if (depth > 0 && command.name === 'return') break
      if (depth > 0) assign(command, script.text, variables)
      if (!sure.holds) {
        const [rest, ...others] = conditions.filter((one) => !sureConditions([one], asked).holds)
        if (rest !== undefined && others.length === 0) open.push({ ...step, rest })
        continue
      }
      steps.push(step)
      const body = depth < MOST_CALLS && command.within === 'script' ? bodyOf(command.name) : []
      if (body.length > 0) steps.push(...walk(body, called(command, now), { holds: true, ifMissing }, depth + 1))
    }
    return [...steps, ...eitherWay(open, same)]
  }
  return walk(
    reached.filter(({ functionName }) => functionName === null),
    { ...start, variables: script.variables },
    { holds: true, ifMissing: false },
    0,
  )
}

function eitherWay(
  open: readonly (ReachedCommand & { readonly rest: string })[],
  same: (step: ReachedCommand) => string,
): readonly ReachedCommand[] {
  return open.filter((step) => {
    const what = same(step)
    const excludes = (a: string, b: string): boolean => a === `! ${b}` || b === `! ${a}`
    return what !== '' && open.some((other) => excludes(other.rest, step.rest) && same(other) === what)
  })
}

/** A function has the words of its call as `$1`, `$2` …; '' where there are fewer. */
function called({ words }: ShellCommand, given: FirstStart): FirstStart {
  const variables = new Map(given.variables)
  for (let at = 1; at <= 9; at += 1) {
    const word = words[at]
    const value = word === undefined ? '' : staticValue(word.text, given.variables)
    if (value === null) variables.delete(String(at))
    else variables.set(String(at), value)
  }
  return { ...given, variables, argument: variables.get('1') ?? null }
}

/** `file="$2"`, `local file="$2"`: what the variable holds from there on. */
function assign({ name, words, assignments, conditions }: ShellCommand, text: string, variables: Map<string, string>) {
  const isDeclared = /^(local|declare|readonly|export|typeset)$/.test(name ?? '')
  const said = words.length === 0 ? assignments : isDeclared ? words.slice(1) : []
  for (const { span } of said) {
    const [, of, value] = /^(\w+)=(.*)$/s.exec(text.slice(span.start, span.end)) ?? []
    if (of === undefined || value === undefined) continue
    const known = conditions.length > 0 ? null : staticValue(value, variables)
    if (known === null) variables.delete(of)
    else variables.set(of, known)
  }
}

/** What is known of a first start. */
export interface FirstStart {
  readonly variables: Variables
  /** What the script gets as `$1`; null where that is not known. */
  readonly argument: string | null
  /** Null where no file is known. */
  readonly files: FileModel | null
  readonly workdir: string
}

/** `ifMissing`: some file has to be missing for it, which the image does not have. */
export type Sure = { readonly holds: boolean; readonly ifMissing: boolean }

/** Whether conditions hold at the first start for certain: those that ask for `$1`, for a variable that is known, and for a file that is not there yet. */
export function sureConditions(conditions: readonly string[], start: FirstStart): Sure {
  let ifMissing = false
  for (const condition of conditions) {
    const found = anyOf(condition).map((part) => oneOf(part.trim(), start))
    const sure = found.find((answer) => answer !== null) ?? null
    // What is not this one may have held before it was asked.
    if (sure === null || (sure === 'missing' && found.length > 1)) return { holds: false, ifMissing: false }
    ifMissing ||= sure === 'missing'
  }
  return { holds: true, ifMissing }
}

/** What neither the image nor the script sets is empty, where nobody says otherwise. */
export function withUnset(
  conditions: readonly string[],
  { text, variables }: { readonly text: string; readonly variables: Variables },
): Variables {
  const asked = conditions.flatMap((condition) => [...condition.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)])
  const unset = asked.map(([, name = '']) => name).filter((name) => !variables.has(name) && !isSet(name, text))
  return unset.length === 0 ? variables : new Map([...variables, ...unset.map((name) => [name, ''] as const)])
}

/** `NAME=…`, `read NAME`, `for NAME in`, `printf -v NAME`, and `${NAME:=x}`. */
function isSet(name: string, text: string): boolean {
  return new RegExp(
    `(^|[^\\w$"{])${name}\\+?=|\\b(read|for|printf|mapfile|readarray|getopts)\\b[^\\n;]*\\b${name}\\b|\\{${name}:?=`,
    'm',
  ).test(text)
}

/** One of these is enough: `a || b`, and what a failed `[ a -a b ]` or `a && b` leaves. */
function anyOf(condition: string): readonly string[] {
  const [, failed] = /^! (.*&&.*)$/s.exec(condition) ?? []
  if (failed !== undefined) return failed.split('&&').map((part) => `! ${part.trim()}`)
  const [, open, asked, close] = /^! (\[ |test )(.*) -a (?:.*?)( \]|)$/s.exec(condition) ?? []
  if (open !== undefined && asked !== undefined)
    return condition
      .slice(2 + open.length, condition.length - (close?.length ?? 0))
      .split(' -a ')
      .map((part) => `! ${open}${part}${close}`)
  return condition.split('||')
}

const TEST = /^(! )?\s*(?:\[\[?|test)\s+(! )?\s*(.*)$/s

/** A loop over words that stand there is gone through. */
const OVER_WORDS = /^for\s+\w+\s+in(\s+[\w./:@%+-]+)+[\s;]*(do\s*)?$/

function oneOf(condition: string, start: FirstStart): 'known' | 'missing' | null {
  if (OVER_WORDS.test(condition)) return 'known'
  const [, before, inner, closed = ''] = TEST.exec(condition) ?? []
  const asked = closed.replace(/\]\]?$/, '').trimEnd()
  const negated = (before === undefined) !== (inner === undefined)
  const [, path] = /^-[efs]\s+(\S+)$/.exec(asked) ?? []
  if (path !== undefined) return negated && isMissing(path, start) ? 'missing' : null
  const [, set, word = ''] = /^(-[nz])\s+(\S+)$/.exec(asked) ?? []
  const value = set === undefined ? null : staticValue(word, start.variables)
  if (value !== null) return (value !== '') === ((set === '-n') !== negated) ? 'known' : null
  const [, left = '', operator, right = ''] = /^(\S+)\s+(==?|!=)\s+([\w./:@%+-]+|"[^"$`]*"|'[^']*')$/.exec(asked) ?? []
  const compared = operator === undefined || !/\$\{?[A-Za-z_]/.test(left) ? null : staticValue(left, start.variables)
  if (compared !== null) {
    const isSame = compared === staticValue(right, start.variables)
    return isSame === ((operator !== '!=') !== negated) ? 'known' : null
  }
  const [, pattern] = /^"?\$\{?1(?:[:-]+)?\}?"?\s+==?\s+(\S+)$/.exec(asked) ?? []
  return pattern !== undefined && !negated && matches(pattern, start) ? 'known' : null
}

function isMissing(word: string, { variables, files, workdir }: FirstStart): boolean {
  const path = staticValue(word, variables)
  return files !== null && path !== null && path !== '' && !files.exists(normalisePath(path, workdir))
}

/** `apache2*` as `[[` takes it. */
function matches(pattern: string, { argument }: FirstStart): boolean {
  const [, quoted] = /^(["'])([\w./-]+)\1$/.exec(pattern)?.slice(1) ?? []
  if (argument === null) return false
  if (quoted !== undefined) return argument === quoted
  return (
    /^[\w./-]+\*?$/.test(pattern) &&
    (pattern.endsWith('*') ? argument.startsWith(pattern.slice(0, -1)) : argument === pattern)
  )
}
