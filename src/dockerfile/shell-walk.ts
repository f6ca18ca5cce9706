import {
  type Command,
  type CompoundList,
  forEachChild,
  type ParsedScript,
  type PipelineNode,
  parse,
  type Redirection,
  type Statement,
  type SyntaxNode,
} from 'unbash'
import { type Connector, isShell, type ShellCommand } from './shell-model.ts'
import { innerScript, type ShellText } from './shell-source.ts'
import { assignmentOf, redirectOf, wordOf } from './shell-words.ts'

/** What holds for the commands below a node. */
interface Context {
  readonly source: ShellText
  readonly connector: Connector
  readonly conditional: boolean
  readonly conditions: readonly string[]
  readonly functionName: string | null
  readonly within: ShellCommand['within']
}

type Node = PipelineNode | Statement['command'] | CompoundList

export function walkScript(script: ParsedScript, source: ShellText): readonly ShellCommand[] {
  const context: Context = {
    source,
    connector: '',
    conditional: false,
    conditions: [],
    functionName: null,
    within: 'script',
  }
  return Array.from(statements(script.commands, context))
}

function* statements(list: readonly Statement[], context: Context): Generator<ShellCommand> {
  let connector: Connector = context.connector
  for (const statement of list) {
    yield* node(statement.command, { ...context, connector })
    connector = statement.background === true ? '&' : ';'
  }
}

function* node(current: Node, context: Context): Generator<ShellCommand> {
  switch (current.type) {
    case 'Command':
      return yield* command(current, context)
    case 'AndOr':
      return yield* andOr(current.commands, current.operators, context)
    case 'Pipeline':
      for (const [index, part] of current.commands.entries()) {
        yield* node(part, index === 0 ? context : { ...context, connector: '|' })
      }
      return
    case 'CompoundList':
      return yield* statements(current.commands, context)
    case 'Subshell':
    case 'BraceGroup':
      return yield* statements(current.body.commands, context)
    case 'Redirected':
      yield { ...bare(current, context), redirects: redirects(current.redirects, context) }
      return yield* node(current.command, context)
    case 'If': {
      yield* node(current.clause, context)
      yield* node(current.then, under(context, textOf(current.clause, context)))
      let failed = under(context, not(textOf(current.clause, context)))
      for (const branch of current.elif) {
        yield* node(branch.clause, failed)
        yield* node(branch.then, under(failed, textOf(branch.clause, context)))
        failed = under(failed, not(textOf(branch.clause, context)))
      }
      if (current.else !== undefined) yield* node(current.else, failed)
      return
    }
    case 'While': {
      yield* node(current.clause, context)
      const clause = textOf(current.clause, context)
      return yield* node(current.body, under(context, current.kind === 'until' ? not(clause) : clause))
    }
    case 'For':
    case 'Select':
    case 'ArithmeticFor':
      return yield* node(current.body, under(context, context.source.text.slice(current.pos, current.body.pos).trim()))
    case 'Case':
      for (const item of current.items) {
        const patterns = item.pattern.map((pattern) => pattern.text).join(' | ')
        yield* node(item.body, under(context, `case ${current.word.text} in ${patterns}`))
      }
      return
    case 'Function':
      return yield* node(current.body, {
        ...context,
        connector: '',
        conditional: true,
        functionName: current.name.value,
      })
    case 'Coproc':
      return yield* node(current.body, context)
    case 'TestCommand':
      yield { ...bare(current, context), name: '[[' }
      return yield* substitutions(current, context)
    case 'ArithmeticCommand':
      return yield* substitutions(current, context)
  }
}

/** After `&&` a command stands under what comes before only where that is a question, not a step of its own. */
function* andOr(
  parts: readonly PipelineNode[],
  operators: readonly ('&&' | '||')[],
  context: Context,
): Generator<ShellCommand> {
  let inherited = context
  for (const [index, part] of parts.entries()) {
    const operator = operators[index - 1]
    const before = parts[index - 1]
    if (operator !== undefined && before !== undefined) {
      const condition = textOf(before, context)
      if (operator === '||') inherited = under(context, not(condition))
      else if (isQuestion(before)) inherited = under(inherited, condition)
    }
    yield* node(part, index === 0 ? context : { ...inherited, connector: operator ?? '' })
  }
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

function isQuestion(part: PipelineNode): boolean {
  if (part.type === 'TestCommand' || part.type === 'ArithmeticCommand') return true
  if (part.type === 'Command') return questions.has(part.name?.value ?? '')
  if (part.type !== 'Pipeline') return false
  const last = part.commands.at(-1)
  return part.prefixes.some((prefix) => prefix.type === 'Negation') || (last !== undefined && isQuestion(last))
}

function* command(current: Command, context: Context): Generator<ShellCommand> {
  const { source } = context
  const words = [...(current.name === undefined ? [] : [current.name]), ...current.args].map((word) =>
    wordOf(word, source),
  )
  const found: ShellCommand = {
    ...bare(current, context),
    name: words[0]?.value ?? null,
    words,
    assignments: current.prefix.flatMap((part) => (part.type === 'Assignment' ? [assignmentOf(part, source)] : [])),
    redirects: redirects(current.redirects, context),
  }
  yield* substitutions(current, context)
  yield found
  if (context.within === 'sh -c' || context.within === 'heredoc') return
  const script = innerScript(words)
  if (script !== null) yield* embedded(script, { ...context, within: 'sh -c' })
  else if (isShell(found.name ?? '') && words.length === 1) yield* heredocScripts(current, context)
}

/** `sh <<EOF`: the heredoc is the script. */
function* heredocScripts(current: Command, context: Context): Generator<ShellCommand> {
  for (const redirect of current.redirects) {
    if (redirect.type !== 'HereDoc') continue
    const { pos } = redirect.body
    const spanOf = (start: number, end: number) => context.source.spanOf(pos + start, pos + end)
    yield* embedded({ kind: 'text', text: redirect.body.text, spanOf }, { ...context, within: 'heredoc' })
  }
}

/** A script in a script. One that cannot be read adds nothing: the command that runs it is reported all the same. */
function* embedded(source: ShellText, context: Context): Generator<ShellCommand> {
  const script = parse(source.text)
  if (script.errors === undefined || script.errors.length === 0) {
    yield* statements(script.commands, { ...context, source, connector: '' })
  }
}

/** The commands of `$(…)` and backquotes below a node, which run before it. */
function* substitutions(current: SyntaxNode, context: Context): Generator<ShellCommand> {
  const children: SyntaxNode[] = []
  forEachChild(current, (child) => children.push(child))
  for (const child of children) {
    if (child.type !== 'Script') {
      yield* substitutions(child, context)
      continue
    }
    // Backquotes with escapes in them are decoded: their places are those of the whole.
    const whole = context.source.spanOf(current.pos, current.end)
    const source: ShellText =
      child.source === undefined ? context.source : { kind: 'text', text: child.source, spanOf: () => whole }
    yield* statements(child.commands, { ...context, source, connector: '', within: 'substitution' })
  }
}

function bare({ pos, end }: { readonly pos: number; readonly end: number }, context: Context): ShellCommand {
  const { connector, conditional, conditions, functionName, within, source } = context
  const span = source.spanOf(pos, end)
  const nothing = { name: null, words: [], assignments: [], redirects: [] }
  return { ...nothing, connector, conditional, conditions, functionName, within, span }
}

function redirects(list: readonly Redirection[], context: Context) {
  return list.map((redirect) => redirectOf(redirect, context.source))
}

function under(context: Context, condition: string): Context {
  return { ...context, connector: '', conditional: true, conditions: [...context.conditions, condition] }
}

function not(condition: string): string {
  return condition.startsWith('! ') ? condition.slice(2) : `! ${condition}`
}

function textOf({ pos, end }: { readonly pos: number; readonly end: number }, context: Context): string {
  return context.source.text.slice(pos, end)
}
