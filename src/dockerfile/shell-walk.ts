import {
  type Command,
  forEachChild,
  type ParsedScript,
  type PipelineNode,
  parse,
  type Redirection,
  type Statement,
  type SyntaxNode,
} from 'unbash'
import { type Context, type Extent, isQuestion, type Node, not, textOf, under } from './shell-context.ts'
import { type Connector, isShell, type ShellCommand } from './shell-model.ts'
import { innerScript, type ShellText, trapScript } from './shell-source.ts'
import { assignmentOf, redirectOf, wordOf } from './shell-words.ts'

/** Takes the commands as they are found: this runs for every RUN of a tree, and nested generators cost more than parsing. */
type Found = ShellCommand[]

export function walkScript(script: ParsedScript, source: ShellText): readonly ShellCommand[] {
  const found: Found = []
  statements(script.commands, found, {
    source,
    connector: '',
    conditional: false,
    conditions: [],
    functionName: null,
    within: 'script',
  })
  return found
}

function statements(list: readonly Statement[], found: Found, context: Context): void {
  let connector: Connector = context.connector
  for (const statement of list) {
    node(statement.command, found, joined(context, connector))
    connector = statement.background === true ? '&' : ';'
  }
}

function joined(context: Context, connector: Connector): Context {
  return connector === context.connector ? context : { ...context, connector }
}

function node(current: Node, found: Found, context: Context): void {
  switch (current.type) {
    case 'Command':
      return command(current, found, context)
    case 'AndOr':
      return andOr(current.commands, current.operators, found, context)
    case 'Pipeline':
      for (const [index, part] of current.commands.entries()) {
        node(part, found, index === 0 ? context : joined(context, '|'))
      }
      return
    case 'CompoundList':
      return statements(current.commands, found, context)
    case 'Subshell':
    case 'BraceGroup':
      return statements(current.body.commands, found, context)
    case 'Redirected':
      found.push({ ...bare(current, context), redirects: redirects(current.redirects, context) })
      return node(current.command, found, context)
    case 'If': {
      node(current.clause, found, context)
      node(current.then, found, under(context, textOf(current.clause, context)))
      let failed = under(context, not(textOf(current.clause, context)))
      for (const branch of current.elif) {
        node(branch.clause, found, failed)
        node(branch.then, found, under(failed, textOf(branch.clause, context)))
        failed = under(failed, not(textOf(branch.clause, context)))
      }
      if (current.else !== undefined) node(current.else, found, failed)
      return
    }
    case 'While': {
      node(current.clause, found, context)
      const clause = textOf(current.clause, context)
      // Its body is run whatever happens.
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
      const inside = { connector: '', conditional: true, functionName: current.name.value } as const
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
  found: Found,
  context: Context,
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

function command(current: Command, found: Found, context: Context): void {
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
  // A plain command has none, and to look for them takes every word apart. (The body of a heredoc lies outside its text.)
  if (current.redirects.length > 0 || /[`(]/.test(textOf(current, context))) substitutions(current, found, context)
  found.push(whole)
  if (context.within === 'sh -c' || context.within === 'heredoc' || context.within === 'trap') return
  const trapped = trapScript(words)
  if (trapped !== null) return embedded(trapped, found, { ...context, conditional: true, within: 'trap' })
  const script = innerScript(words)
  if (script !== null) embedded(script, found, { ...context, within: 'sh -c' })
  else if (isShell(whole.name ?? '') && words.length === 1) heredocScripts(current, found, context)
}

/** `sh <<EOF`: the heredoc is the script. */
function heredocScripts(current: Command, found: Found, context: Context): void {
  for (const redirect of current.redirects) {
    if (redirect.type !== 'HereDoc') continue
    const { pos } = redirect.body
    const spanOf = (start: number, end: number) => context.source.spanOf(pos + start, pos + end)
    embedded({ kind: 'text', text: redirect.body.text, spanOf }, found, { ...context, within: 'heredoc' })
  }
}

/** A script in a script. One that cannot be read adds nothing: the command that runs it is reported all the same. */
function embedded(source: ShellText, found: Found, context: Context): void {
  const script = parse(source.text)
  if (script.errors === undefined || script.errors.length === 0) {
    statements(script.commands, found, { ...context, source, connector: '' })
  }
}

/** The commands of `$(…)`, `<(…)` and backquotes below a node, which run before it. */
function substitutions(current: SyntaxNode, found: Found, context: Context): void {
  forEachChild(current, (child) => {
    if (child.type !== 'Script') {
      substitutions(child, found, context)
      return
    }
    // Backquotes with escapes in them are decoded: their places are those of the whole.
    const whole = context.source.spanOf(current.pos, current.end)
    const source: ShellText =
      child.source === undefined ? context.source : { kind: 'text', text: child.source, spanOf: () => whole }
    statements(child.commands, found, { ...context, source, connector: '', within: 'substitution' })
  })
}

function bare(extent: Extent, context: Context): ShellCommand {
  const { connector, conditional, conditions, functionName, within, source } = context
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
    within,
    span,
  }
}

function redirects(list: readonly Redirection[], context: Context): ShellCommand['redirects'] {
  return list.map((redirect) => redirectOf(redirect, context.source))
}
