import type { ShellCommand } from '../../command/index.ts'
import type { ReadScript, ScriptCommand } from './scripts.ts'
import { staticValue, type Variables } from './static-text.ts'
import { type FirstStart, type Sure, sureConditions, withUnset } from './sure-conditions.ts'

/** A command that a first start comes to, with what its variables hold there. */
export interface Step {
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
  same: (step: Step) => string,
): readonly Step[] {
  const reached = script.commands.filter(isReached).map(({ command }) => command)
  const bodyOf = (name: string | null): readonly ShellCommand[] =>
    name === null ? [] : reached.filter(({ functionName }) => functionName === name)
  const walk = (commands: readonly ShellCommand[], given: FirstStart, caller: Sure, depth: number): readonly Step[] => {
    const variables = new Map(given.variables)
    const open: (Step & { readonly rest: string })[] = []
    const steps: Step[] = []
    for (const command of commands) {
      // Only in a function do variables change on the way.
      const now: FirstStart = depth === 0 ? given : { ...given, variables: new Map(variables) }
      const { conditions } = command
      const asked: FirstStart = { ...now, variables: withUnset(conditions, { text: script.text, ...now }) }
      const sure = sureConditions(conditions, asked)
      const ifMissing = sure.ifMissing || caller.ifMissing
      const step: Step = { command, variables: now.variables, ifMissing }
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

function eitherWay(open: readonly (Step & { readonly rest: string })[], same: (step: Step) => string): readonly Step[] {
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
