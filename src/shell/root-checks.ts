import { lineOf } from '../edit.ts'
import { memoizeByObject, memoizeByText } from '../memoize.ts'
import { actionsBy } from './actions.ts'
import type { ShellCommand } from './shell-command.ts'

/** How a script asks whether it is root: variables that hold the uid, and functions that test it. */
export interface RootQuestions {
  readonly variables: ReadonlySet<string>
  readonly functions: ReadonlySet<string>
}

/** `commands`: those of the text. */
export function rootQuestions(text: string, commands: readonly ShellCommand[]): RootQuestions {
  const known = questionsOf.get(commands)
  if (known?.text === text) return known.questions
  const questions = readQuestions(text, commands)
  questionsOf.set(commands, { text, questions })
  return questions
}

const questionsOf = new WeakMap<readonly ShellCommand[], { readonly text: string; readonly questions: RootQuestions }>()

function readQuestions(text: string, commands: readonly ShellCommand[]): RootQuestions {
  const variables = new Set(['UID', 'EUID'])
  for (const command of commands)
    for (const { name, text: said } of actionsBy(command, 'sets')) if (OWN_UID.test(said)) variables.add(name)
  const functions = new Set<string>()
  const own = { variables, functions: new Set<string>() }
  for (const command of commands) {
    const test = command.name === '[' || command.name === 'test' || command.name === '[['
    const asks = test && saysRoot(text.slice(command.span.start, command.span.end), own) === 'root'
    if (asks && command.functionName !== null) functions.add(command.functionName)
  }
  return { variables, functions }
}

const OWN_UID = /^["']?(?:\$\(\s*id -u\s*\)|`id -u`)["']?$/

/** Whether a command is only reached as root, by the conditions around it. */
export function onlyAsRoot(conditions: readonly string[], questions: RootQuestions): boolean {
  return conditions.some((condition) => saysRoot(condition, questions) === 'root')
}

export function onlyAsOther(conditions: readonly string[], questions: RootQuestions): boolean {
  return conditions.some((condition) => saysRoot(condition, questions) === 'other')
}

/** What a condition that holds says of the user. One with an "or" says nothing. */
function saysRoot(condition: string, questions: RootQuestions): 'root' | 'other' | null {
  return answersTo(questions)(condition)
}

/** The same question stands before many commands. */
const answersTo = memoizeByObject((questions: RootQuestions) =>
  memoizeByText((condition) => readAnswer(condition, questions)),
)

function readAnswer(condition: string, questions: RootQuestions): 'root' | 'other' | null {
  const negated = /^\s*!\s/.test(condition)
  const text = condition.replace(/^\s*!\s+/, '')
  const said = said_(text, questions)
  if (said === null) return null
  if (!negated) return said
  // Not (a and root) says nothing, not (root) says "other".
  if (/&&| -a |\band\b/.test(text)) return null
  return said === 'root' ? 'other' : 'root'
}

interface Asks {
  readonly isOther: RegExp
  readonly isSame: RegExp
  readonly isCase: RegExp
}

const asksOf = memoizeByObject(({ variables }: RootQuestions): Asks => {
  const names = [...variables].join('|')
  const uid = String.raw`["']?(?:\$\(\s*id -u\s*\)|${'`'}id -u${'`'}|\$\{?(?:${names})\}?|\b(?:EUID|UID)\b)["']?`
  const name = String.raw`["']?(?:\$\(\s*(?:id -un|whoami)\s*\)|${'`'}(?:id -un|whoami)${'`'}|\$\{?USER\}?)["']?`
  const zero = String.raw`["']?0["']?(?![\w.])`
  const root = String.raw`["']?root["']?(?![\w.])`
  const [same, other] = [String.raw`\s*(?:==?|-eq)\s*`, String.raw`\s*(?:!=|-ne|-gt|>)\s*`]
  const either = (operator: string): RegExp =>
    new RegExp(`${uid}${operator}${zero}|${zero}${operator}${uid}|${name}${operator}${root}`)
  return {
    isOther: either(other),
    isSame: either(same),
    isCase: new RegExp(`^case ${uid} in ["']?0["']?$`),
  }
})

function said_(text: string, questions: RootQuestions): 'root' | 'other' | null {
  if (/\|\|| -o /.test(text)) return null
  const { isOther, isSame, isCase } = asksOf(questions)
  const inner = /!\s*\[/.test(text)
  if (isOther.test(text)) return inner ? 'root' : 'other'
  if (isSame.test(text)) return inner ? 'other' : 'root'
  if (isCase.test(text)) return 'root'
  const called = /^["']?(\w+)["']?(?:\s*$|\s*&&)/.exec(text.trim())?.[1]
  return called !== undefined && questions.functions.has(called) ? 'root' : null
}

/** A start script that ends where it is not started as root. */
export interface RootRefusal {
  readonly line: number
  /** The line with the question, trimmed, and as it must be so that anybody passes. */
  readonly text: string
  readonly passed: string
}

const TALKS = /^(echo|printf|cat|logger|exit|return|:|sleep|usage)$/

/** The commands with which a script only says that it wants root, and ends. */
export function refusing(commands: readonly ShellCommand[], questions: RootQuestions): ReadonlySet<ShellCommand> {
  const ending = new Set(commands.flatMap(({ name, functionName }) => (name === 'exit' ? (functionName ?? []) : [])))
  const branch = ({ conditions }: ShellCommand): string => conditions.join('\0')
  return new Set(
    commands.filter((command) => {
      const { name, functionName } = command
      if (name === null || functionName !== null || !(name === 'exit' || ending.has(name))) return false
      if (!onlyAsOther(command.conditions, questions)) return false
      // What works as another user, and then ends, is no refusal.
      const beside = commands.filter((other) => branch(other) === branch(command))
      return beside.every((other) => other.name !== null && (TALKS.test(other.name) || ending.has(other.name)))
    }),
  )
}

/** How each is passed. One whose line stands there more than once is left as it is: another may mean something else. */
export function refusals(
  text: string,
  commands: readonly ShellCommand[],
  questions: RootQuestions,
): readonly RootRefusal[] {
  return [...refusing(commands, questions)].flatMap((command): readonly RootRefusal[] => {
    const condition = command.conditions.findLast((one) => onlyAsOther([one], questions)) ?? ''
    const asked = condition.replace(/^!\s+/, '')
    const at = text.lastIndexOf(asked, command.span.start)
    if (at < 0 || asked.includes('\n')) return []
    const start = text.lastIndexOf('\n', at) + 1
    const whole = text.slice(start).split('\n', 1)[0] ?? ''
    const line = whole.trim()
    if (text.split('\n').filter((other) => other.trim() === line).length > 1) return []
    const offset = at - start
    // `! root || exit` must hold, `other && exit` must not.
    const answer = asked === condition ? 'false' : 'true'
    const passed = `${whole.slice(0, offset)}${answer}${whole.slice(offset + asked.length)}`.trim()
    return [{ line: lineOf(text, at), text: line, passed }]
  })
}
