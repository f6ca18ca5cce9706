import type { ShellCommand } from '../../command/index.ts'

/** How a script asks whether it is root: variables that hold the uid, and functions that test it. */
export interface RootQuestions {
  readonly variables: ReadonlySet<string>
  readonly functions: ReadonlySet<string>
}

export function rootQuestions(text: string, commands: readonly ShellCommand[]): RootQuestions {
  const variables = new Set(['UID', 'EUID'])
  for (const match of text.matchAll(/\b(\w+)=["']?(?:\$\(\s*id -u\s*\)|`id -u`)["']?(?:\s|;|$)/g)) {
    if (match[1] !== undefined) variables.add(match[1])
  }
  const functions = new Set<string>()
  const own = { variables, functions: new Set<string>() }
  for (const command of commands) {
    const test = command.name === '[' || command.name === 'test' || command.name === '[['
    const asks = test && saysRoot(text.slice(command.span.start, command.span.end), own) === 'root'
    if (asks && command.functionName !== null) functions.add(command.functionName)
  }
  return { variables, functions }
}

/** Whether a command is only reached as root, by the conditions around it. */
export function onlyAsRoot(conditions: readonly string[], questions: RootQuestions): boolean {
  return conditions.some((condition) => saysRoot(condition, questions) === 'root')
}

export function onlyAsOther(conditions: readonly string[], questions: RootQuestions): boolean {
  return conditions.some((condition) => saysRoot(condition, questions) === 'other')
}

/** What a condition that holds says of the user. One with an "or" says nothing. */
function saysRoot(condition: string, questions: RootQuestions): 'root' | 'other' | null {
  const negated = /^\s*!\s/.test(condition)
  const text = condition.replace(/^\s*!\s+/, '')
  const said = said_(text, questions)
  if (said === null) return null
  if (!negated) return said
  // Not (a and root) says nothing, not (root) says "other".
  if (/&&| -a |\band\b/.test(text)) return null
  return said === 'root' ? 'other' : 'root'
}

function said_(text: string, { variables, functions }: RootQuestions): 'root' | 'other' | null {
  if (/\|\|| -o /.test(text)) return null
  const names = [...variables].join('|')
  const uid = String.raw`["']?(?:\$\(\s*id -u\s*\)|${'`'}id -u${'`'}|\$\{?(?:${names})\}?|\b(?:EUID|UID)\b)["']?`
  const name = String.raw`["']?(?:\$\(\s*(?:id -un|whoami)\s*\)|${'`'}(?:id -un|whoami)${'`'}|\$\{?USER\}?)["']?`
  const zero = String.raw`["']?0["']?(?![\w.])`
  const root = String.raw`["']?root["']?(?![\w.])`
  const [same, other] = [String.raw`\s*(?:==?|-eq)\s*`, String.raw`\s*(?:!=|-ne|-gt|>)\s*`]
  const either = (operator: string): RegExp =>
    new RegExp(`${uid}${operator}${zero}|${zero}${operator}${uid}|${name}${operator}${root}`)
  const inner = /!\s*\[/.test(text)
  if (either(other).test(text)) return inner ? 'root' : 'other'
  if (either(same).test(text)) return inner ? 'other' : 'root'
  if (new RegExp(`^case ${uid} in ["']?0["']?$`).test(text)) return 'root'
  const called = /^["']?(\w+)["']?(?:\s*$|\s*&&)/.exec(text.trim())?.[1]
  return called !== undefined && functions.has(called) ? 'root' : null
}
