import type { CompoundList, PipelineNode, Statement } from 'unbash'
import { bounds } from '../bounds.ts'
import type { Connector, ShellCommand } from './shell-model.ts'
import type { ShellText } from './shell-source.ts'

/** What holds for the commands below a node of a script. */
export interface Context {
  readonly source: ShellText
  readonly connector: Connector
  readonly conditional: boolean
  readonly conditions: readonly string[]
  readonly functionName: string | null
  readonly within: ShellCommand['within']
}

export type Node = PipelineNode | Statement['command'] | CompoundList

/** A place in a script. */
export interface Extent {
  readonly pos: number
  readonly end: number
}

/** Throws RangeError where more conditions hold for a command than are kept. */
export function under(context: Context, condition: string): Context {
  if (context.conditions.length >= bounds.shellConditions)
    throw new RangeError(`a command depends on more than ${bounds.shellConditions} conditions`)
  return { ...context, connector: '', conditional: true, conditions: [...context.conditions, condition] }
}

export function not(condition: string): string {
  return condition.startsWith('! ') ? condition.slice(2) : `! ${condition}`
}

export function textOf({ pos, end }: Extent, { source }: Context): string {
  return source.text.slice(pos, end)
}

const questions: ReadonlySet<string> = new Set([
  '[',
  'test',
  'command',
  'type',
  'which',
  'hash',
  'grep',
  'id',
  'getent',
])

/** After `&&` a command stands under what comes before only where that is a question, not a step of its own. */
export function isQuestion(part: PipelineNode): boolean {
  if (part.type === 'TestCommand' || part.type === 'ArithmeticCommand') return true
  if (part.type === 'Command') return questions.has(part.name?.value ?? '')
  if (part.type !== 'Pipeline') return false
  const last = part.commands.at(-1)
  return part.prefixes.some((prefix) => prefix.type === 'Negation') || (last !== undefined && isQuestion(last))
}
