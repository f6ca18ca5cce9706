import type { ShellCommand } from '../../command/index.ts'
import { lineOf } from '../../line-of.ts'
import { onlyAsOther, type RootQuestions } from './guard.ts'

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
