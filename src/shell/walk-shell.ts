import {
  type Assignment,
  type Command,
  type CommandArgument,
  type CompoundList,
  forEachChild,
  type ParsedScript,
  type PipelineNode,
  parse,
  type Redirection,
  type Statement,
  type SyntaxNode,
  type Word,
  type WordPart,
} from 'unbash'
import { bounds } from '../bounds.ts'
import { innerScript, type ShellText, trapScript } from './parse-shell.ts'
import type { Connector, ShellAssignment, ShellCommand, ShellRedirect, ShellWord, Span } from './shell-command.ts'
import { isShell } from './starters.ts'

/** The context of the commands below a node of a script. */
interface WalkContext {
  readonly source: ShellText
  readonly connector: Connector
  readonly conditional: boolean
  readonly conditions: readonly string[]
  readonly functionName: string | null
  readonly subshell: Span | null
  readonly within: ShellCommand['within']
  readonly tested: boolean
}

type ShellNode = PipelineNode | Statement['command'] | CompoundList

/** A place in a script. */
interface Extent {
  readonly pos: number
  readonly end: number
}

/** Receives each command as it is found: this runs for every RUN of a tree, and nested generators would cost more than parsing. */
type FoundCommands = ShellCommand[]

export function walkScript(script: ParsedScript, source: ShellText): readonly ShellCommand[] {
  const found: FoundCommands = []
  statements(script.commands, found, {
    source,
    connector: '',
    conditional: false,
    conditions: [],
    functionName: null,
    subshell: null,
    within: 'script',
    tested: false,
  })
  return found
}

function statements(list: readonly Statement[], found: FoundCommands, context: WalkContext): void {
  let connector: Connector = context.connector
  for (const statement of list) {
    // A list in the background runs in a shell of its own: `cd web && npm start &`.
    const isOwn = statement.background === true && statement.command.type === 'AndOr'
    const inside = isOwn ? own(context, statement.command) : context
    node(statement.command, found, joined(inside, connector))
    connector = statement.background === true ? '&' : ';'
  }
}

/** In a shell of its own. */
function own(context: WalkContext, { pos, end }: Extent): WalkContext {
  return { ...context, subshell: context.source.spanOf(pos, end) }
}

/** Their success is tested: `if`, `while` and `!` (set -e does not end there). */
function tested(context: WalkContext): WalkContext {
  return context.tested ? context : { ...context, tested: true }
}

function joined(context: WalkContext, connector: Connector): WalkContext {
  return connector === context.connector ? context : { ...context, connector }
}

function node(current: ShellNode, found: FoundCommands, context: WalkContext): void {
  switch (current.type) {
    case 'Command':
      return command(current, found, context)
    case 'AndOr':
      return andOr(current.commands, current.operators, found, context)
    case 'Pipeline': {
      const inside = current.prefixes.some(({ type }) => type === 'Negation') ? tested(context) : context
      for (const [index, part] of current.commands.entries()) {
        node(part, found, index === 0 ? inside : joined(inside, '|'))
      }
      return
    }
    case 'CompoundList':
      return statements(current.commands, found, context)
    case 'Subshell':
      return statements(current.body.commands, found, own(context, current))
    case 'BraceGroup':
      return statements(current.body.commands, found, context)
    case 'Redirected':
      found.push({ ...bare(current, context), redirects: redirects(current.redirects, context) })
      return node(current.command, found, context)
    case 'If': {
      node(current.clause, found, tested(context))
      node(current.then, found, under(context, textOf(current.clause, context)))
      let failed = under(context, not(textOf(current.clause, context)))
      for (const branch of current.elif) {
        node(branch.clause, found, tested(failed))
        node(branch.then, found, under(failed, textOf(branch.clause, context)))
        failed = under(failed, not(textOf(branch.clause, context)))
      }
      if (current.else !== undefined) node(current.else, found, failed)
      return
    }
    case 'While': {
      node(current.clause, found, tested(context))
      const clause = textOf(current.clause, context)
      // Its body runs in any case.
      if ((current.kind === 'until' ? NEVER : ALWAYS).test(clause)) return node(current.body, found, context)
      return node(current.body, found, under(context, current.kind === 'until' ? not(clause) : clause))
    }
    case 'For':
    case 'Select':
    case 'ArithmeticFor': {
      const head = context.source.text.slice(current.pos, current.body.pos).trim()
      return node(current.body, found, under(context, head))
    }
    case 'Case':
      for (const item of current.items) {
        const patterns = item.pattern.map((pattern) => pattern.text).join(' | ')
        node(item.body, found, under(context, `case ${current.word.text} in ${patterns}`))
      }
      return
    case 'Function': {
      const inside = { connector: '', conditional: true, functionName: current.name.value, tested: false } as const
      return node(current.body, found, { ...context, ...inside })
    }
    case 'Coproc':
      return node(current.body, found, context)
    case 'TestCommand':
      found.push({ ...bare(current, context), name: '[[' })
      return substitutions(current, found, context)
    case 'ArithmeticCommand':
      return substitutions(current, found, context)
  }
}

const ALWAYS = /^\s*(:|(\/(usr\/)?bin\/)?true|\[\[?\s+(1|true)\s+\]\]?|\(\(\s*1\s*\)\))\s*(?:;\s*)?$/
const NEVER = /^\s*(\/(usr\/)?bin\/)?false\s*(?:;\s*)?$/

function andOr(
  parts: readonly PipelineNode[],
  operators: readonly ('&&' | '||')[],
  found: FoundCommands,
  context: WalkContext,
): void {
  let inherited = context
  for (const [index, part] of parts.entries()) {
    const operator = operators[index - 1]
    const before = parts[index - 1]
    if (operator !== undefined && before !== undefined) {
      if (operator === '||') inherited = under(context, not(textOf(before, context)))
      else if (isQuestion(before)) inherited = under(inherited, textOf(before, context))
    }
    node(part, found, index === 0 ? context : joined(inherited, operator ?? ''))
  }
}

function command(current: Command, found: FoundCommands, context: WalkContext): void {
  const { source } = context
  const words = current.args.map((word) => wordOf(word, source))
  if (current.name !== undefined) words.unshift(wordOf(current.name, source))
  const whole: ShellCommand = {
    ...bare(current, context),
    name: words[0]?.value ?? null,
    words,
    assignments: current.prefix.flatMap((part) => (part.type === 'Assignment' ? [assignmentOf(part, source)] : [])),
    redirects: redirects(current.redirects, context),
  }
  // A plain command has none, and a search would parse every word. (A heredoc's body lies outside its text.)
  if (current.redirects.length > 0 || /[`(]/.test(textOf(current, context))) substitutions(current, found, context)
  found.push(whole)
  if (context.within === 'sh -c' || context.within === 'heredoc' || context.within === 'trap') return
  const trapped = trapScript(words)
  if (trapped !== null) return embedded(trapped, found, { ...own(context, current), conditional: true, within: 'trap' })
  const script = innerScript(words)
  if (script !== null) embedded(script, found, { ...own(context, current), within: 'sh -c' })
  else if (isShell(whole.name ?? '') && words.length === 1) heredocScripts(current, found, context)
}

/** `sh <<EOF`: the heredoc is the script. */
function heredocScripts(current: Command, found: FoundCommands, context: WalkContext): void {
  for (const redirect of current.redirects) {
    if (redirect.type !== 'HereDoc') continue
    const { pos, text } = redirect.body
    const spanOf = (start: number, end: number) => context.source.spanOf(pos + start, pos + end)
    const inside = own(context, { pos, end: pos + text.length })
    embedded({ kind: 'text', text, spanOf }, found, { ...inside, within: 'heredoc' })
  }
}

/** A script inside a script. One that cannot be read adds nothing: the command that runs it is reported all the same. */
function embedded(source: ShellText, found: FoundCommands, context: WalkContext): void {
  const script = parse(source.text)
  if (script.errors === undefined || script.errors.length === 0) {
    statements(script.commands, found, { ...context, source, connector: '' })
  }
}

/** The commands of `$(…)`, `<(…)` and backquotes below a node, which run before it. */
function substitutions(current: SyntaxNode, found: FoundCommands, context: WalkContext): void {
  forEachChild(current, (child) => {
    if (child.type !== 'Script') {
      substitutions(child, found, context)
      return
    }
    // Backquotes with escapes in them are decoded: their places are those of the whole.
    const subshell = context.source.spanOf(current.pos, current.end)
    const source: ShellText =
      child.source === undefined ? context.source : { kind: 'text', text: child.source, spanOf: () => subshell }
    statements(child.commands, found, { ...context, source, subshell, connector: '', within: 'substitution' })
  })
}

function bare(extent: Extent, context: WalkContext): ShellCommand {
  const { connector, conditional, conditions, functionName, subshell, within, source } = context
  const span = source.spanOf(extent.pos, extent.end)
  return {
    name: null,
    words: [],
    assignments: [],
    redirects: [],
    connector,
    conditional,
    conditions,
    functionName,
    ...(subshell === null ? {} : { subshell }),
    within,
    ...(context.tested ? { tested: true as const } : {}),
    span,
  }
}

function redirects(list: readonly Redirection[], context: WalkContext): ShellCommand['redirects'] {
  return list.map((redirect) => redirectOf(redirect, context.source))
}

/** Throws RangeError where more conditions hold for a command than are kept. */
function under(context: WalkContext, condition: string): WalkContext {
  if (context.conditions.length >= bounds.shellConditions)
    throw new RangeError(`a command depends on more than ${bounds.shellConditions} conditions`)
  return { ...context, connector: '', conditional: true, conditions: [...context.conditions, condition] }
}

function not(condition: string): string {
  return condition.startsWith('! ') ? condition.slice(2) : `! ${condition}`
}

function textOf({ pos, end }: Extent, { source }: WalkContext): string {
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
function isQuestion(part: PipelineNode): boolean {
  if (part.type === 'TestCommand' || part.type === 'ArithmeticCommand') return true
  if (part.type === 'Command') return questions.has(part.name?.value ?? '')
  if (part.type !== 'Pipeline') return false
  const last = part.commands.at(-1)
  return part.prefixes.some((prefix) => prefix.type === 'Negation') || (last !== undefined && isQuestion(last))
}

function wordOf(word: CommandArgument, source: ShellText): ShellWord {
  const span = source.spanOf(word.pos, word.end)
  if (word.type === 'Word') return { text: word.text, value: staticValue(word), span }
  const { value } = assignmentOf(word, source)
  return { text: word.text, value: value === null ? null : `${word.name}${word.append ? '+' : ''}=${value}`, span }
}

function assignmentOf(assignment: Assignment, source: ShellText): ShellAssignment {
  const { value } = assignment
  return {
    name: assignment.name,
    text: assignment.text,
    value: value.type === 'Word' && assignment.index === undefined ? staticValue(value) : null,
    span: source.spanOf(assignment.pos, assignment.end),
  }
}

function redirectOf(redirect: Redirection, source: ShellText): ShellRedirect {
  const span = source.spanOf(redirect.pos, redirect.end)
  if (redirect.type === 'HereDoc') {
    const expands = redirect.delimiter?.quoted === true ? {} : { expands: true as const }
    return { operator: redirect.operator, target: null, body: redirect.body.text, ...expands, span }
  }
  const target = redirect.target === undefined ? null : wordOf(redirect.target, source)
  return { operator: redirect.operator, target, body: null, span }
}

const plain = /^[\w./=:@,+%-]*$/

/** The value of a word that neither the environment nor files decide; null for others. */
function staticValue(word: Word): string | null {
  // Most words are plain, and unbash takes a word apart only when it is asked for its parts.
  if (plain.test(word.text)) return word.text
  return word.parts === undefined || word.parts.every(isStatic) ? word.value : null
}

function isStatic(part: WordPart): boolean {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return true
    case 'DoubleQuoted':
    case 'LocaleString':
      return part.parts.every(isStatic)
    default:
      return false
  }
}
