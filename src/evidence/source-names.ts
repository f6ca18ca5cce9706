import { bounds } from '../bounds.ts'
import { memoizeByObject } from '../memoize.ts'
import { childOf, enclosing, nodesIn, type SyntaxNode } from './syntax.ts'

/** One place that gives a name its value. */
export interface Binding {
  /** The statement, the loop or the parameter. */
  readonly at: SyntaxNode
  /** Null where only the run tells. */
  readonly value: SyntaxNode | null
  /** The name is the value, one of the values that it lists, or a parameter that is the value where nobody gives another. */
  readonly how: 'is' | 'of' | 'default'
  /** The function that it is known in, or the whole file. */
  readonly scope: SyntaxNode
}

/** What another file of the tree brings in: `member` is null for the module itself. */
export interface Imported {
  readonly module: string
  readonly member: string | null
}

/** A source with what it says of its own names. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly root: SyntaxNode
  readonly bindings: ReadonlyMap<string, readonly Binding[]>
  readonly imports: ReadonlyMap<string, Imported>
  readonly functions: ReadonlyMap<string, SyntaxNode>
  readonly classes: ReadonlySet<string>
}

export function textOf({ text }: Pick<SourceFile, 'text'>, node: SyntaxNode): string {
  return text.slice(node.start, node.end)
}

const FUNCTION =
  /^(?:function_definition|lambda|function_declaration|function_expression|generator_function(?:_declaration)?|arrow_function|method_definition|method_declaration|func_literal|anonymous_function(?:_creation_expression)?)$/
const CLASS =
  /^(?:class_definition|class_declaration|class|abstract_class_declaration|trait_declaration|enum_declaration)$/
/** What it holds may be left out. */
const BRANCH =
  /^(?:if_statement|elif_clause|else_clause|else_if_clause|try_statement|except_clause|catch_clause|finally_clause|match_statement|case_clause|switch_\w+|expression_case|default_case|type_case|for_\w*statement|foreach_statement|while_statement|ternary_expression|conditional_expression)$/

/** Reads a tree once, for all names and for all stages that have it at this path. */
export function sourceFile(path: string, text: string, root: SyntaxNode): SourceFile {
  const known = filesOf(root)
  const file = known.get(path) ?? namesIn(path, text, root)
  known.set(path, file)
  return file
}

const filesOf = memoizeByObject((_: SyntaxNode) => new Map<string, SourceFile>())

function namesIn(path: string, text: string, root: SyntaxNode): SourceFile {
  const bindings = new Map<string, Binding[]>()
  const imports = new Map<string, Imported>()
  const functions = new Map<string, SyntaxNode>()
  const classes = new Set<string>()
  const file: SourceFile = { path, text, root, bindings, imports, functions, classes }
  const scopes: SyntaxNode[] = [root]
  const bind: Bind = (target, at, value, how) => {
    const name = typeof target === 'string' ? target : nameOf(target, file)
    if (name === null) return
    const scope = scopes.at(-1) ?? root
    const names = isOfClass(at) ? [name, ownName(name)] : [name]
    for (const one of names) {
      const known = bindings.get(one) ?? []
      if (known.length === 0) bindings.set(one, known)
      // Of more nobody can tell which of them it is.
      if (known.length <= bounds.bindingsOfName) known.push({ at, value, how, scope })
    }
  }
  for (const node of nodesIn(root)) {
    while (scopes.length > 1 && node.start >= (scopes.at(-1)?.end ?? 0)) scopes.pop()
    const name = childOf(node, 'name')
    if (CLASS.test(node.kind) && name !== null) classes.add(textOf(file, name))
    if (FUNCTION.test(node.kind)) {
      scopes.push(node)
      if (name !== null) functions.set(textOf(file, name), node)
      continue
    }
    if (bindImport(node, file, imports)) continue
    bindNode(node, file, bind)
  }
  return file
}

type Bind = (target: SyntaxNode | string | null, at: SyntaxNode, value: SyntaxNode | null, how: Binding['how']) => void

function bindNode(node: SyntaxNode, file: SourceFile, bind: Bind): void {
  const [left, right] = [childOf(node, 'left'), childOf(node, 'right')]
  switch (node.kind) {
    case 'assignment':
    case 'assignment_expression':
    case 'short_var_declaration':
    case 'assignment_statement':
      return bindAll(listed(left), listed(right), node, bind)
    case 'var_spec':
    case 'const_spec':
      return bindAll(
        node.children.filter(({ field }) => field === 'name'),
        listed(childOf(node, 'value')),
        node,
        bind,
      )
    case 'variable_declarator':
    case 'named_expression':
    case 'public_field_definition':
      return bind(childOf(node, 'name'), node, childOf(node, 'value'), 'is')
    case 'field_definition':
      return bind(childOf(node, 'property'), node, childOf(node, 'value'), 'is')
    case 'property_element':
      return bind(childOf(node, 'name'), node, childOf(node, 'default_value'), 'is')
    case 'const_element':
      return bind(node.children[0] ?? null, node, node.children[1] ?? null, 'is')
    case 'for_statement':
    case 'for_in_clause':
    case 'for_in_statement':
      for (const each of listed(left)) bind(each, node, right, 'of')
      return
    case 'range_clause':
      // The first of two is a number.
      return bind(listed(left).at(-1) ?? null, node, right, 'of')
    case 'call_expression': {
      // Go's flags: where they are kept, their name, and what they are where nobody gives one.
      const [to = null, , value = null] = FLAGS.test(nameOf(childOf(node, 'function'), file) ?? '')
        ? argumentsOf(node)
        : []
      return bind(to, node, value, 'default')
    }
    case 'foreach_statement': {
      const [from = null, to = null] = node.children
      return bind(to?.kind === 'pair' ? (to.children[1] ?? null) : to, node, from, 'of')
    }
    case 'default_parameter':
    case 'typed_default_parameter':
      return bind(childOf(node, 'name'), node, childOf(node, 'value'), 'default')
    case 'assignment_pattern':
      return bind(left, node, right, 'default')
    case 'required_parameter':
    case 'optional_parameter':
      return bindParameter(childOf(node, 'pattern'), node, childOf(node, 'value'), file, bind)
    case 'simple_parameter':
      return bind(childOf(node, 'name'), node, childOf(node, 'default_value'), 'default')
    case 'parameter_declaration':
      for (const each of node.children) if (each.field === 'name') bind(each, node, null, 'default')
      return
    case 'identifier':
      if (
        /^(?:parameters|lambda_parameters|formal_parameters)$/.test(node.parent?.kind ?? '') ||
        node.field === 'parameter'
      )
        bindParameter(node, node, null, file, bind)
      return
    case 'function_call_expression':
      if (nameOf(childOf(node, 'function'), file) === 'define') {
        const [name, value] = argumentsOf(node)
        const constant = name === undefined ? null : literal(name, file)
        if (constant !== null && value !== undefined) bind(constant, node, value, 'is')
      }
  }
}

const FLAGS = /\.StringVarP?$/

/** One that a list is gone through with is what that lists: `['a', 'b'].forEach((d) => …)`. */
function bindParameter(
  target: SyntaxNode | null,
  at: SyntaxNode,
  value: SyntaxNode | null,
  file: SourceFile,
  bind: Bind,
): void {
  const by = enclosing(at, ({ kind }) => FUNCTION.test(kind))
  const call = by?.parent?.parent ?? null
  const callee = call === null ? null : childOf(call, 'function')
  const isFirst = at.parent?.children[0] === at || at.field === 'parameter'
  const of = callee === null ? null : childOf(callee, 'object')
  if (value === null && isFirst && of !== null && /\.(?:forEach|map)$/.test(nameOf(callee, file) ?? ''))
    bind(target, at, of, 'of')
  else bind(target, at, value, 'default')
}

/** `a, b = 1, 2`; of a call that gives several the first is meant: `dir, err := f()`. */
function bindAll(left: readonly SyntaxNode[], right: readonly SyntaxNode[], at: SyntaxNode, bind: Bind): void {
  left.forEach((target, index) => {
    bind(target, at, right[index] ?? null, 'is')
  })
}

function listed(node: SyntaxNode | null): readonly SyntaxNode[] {
  if (node === null) return []
  return /^(?:expression_list|pattern_list|tuple_pattern)$/.test(node.kind) ? node.children : [node]
}

/** Fields of the class itself, by which its methods mean them with `self.` or `this.`. */
function isOfClass(at: SyntaxNode): boolean {
  if (/^(?:public_field_definition|field_definition|property_element|const_element)$/.test(at.kind)) return true
  if (at.kind === 'required_parameter') return at.children.some(({ kind }) => kind === 'accessibility_modifier')
  return at.kind === 'assignment' && at.parent?.parent?.parent?.kind === 'class_definition'
}

function ownName(name: string): string {
  return `#${name.replace(/^\$/, '')}`
}

const OWN = /^(?:self|cls|this|\$this|static)\./

/** `fs.mkdirSync`, `app.config.LOG` for `app.config["LOG"]`, `#dir` for `this.dir`; `?` for what has no name. Null for no name at all. */
export function nameOf(node: SyntaxNode | null, file: Pick<SourceFile, 'text'>, depth = 0): string | null {
  if (node === null || depth > MOST_PARTS) return null
  const dotted = (object: SyntaxNode | null, property: string | null): string | null => {
    if (property === null) return null
    const name = `${nameOf(object, file, depth + 1) ?? '?'}.${property}`
    return OWN.test(name) ? ownName(name.replace(OWN, '')) : name
  }
  switch (node.kind) {
    case 'identifier':
    case 'name':
    case 'this':
    case 'dotted_name':
    case 'relative_scope':
    case 'qualified_name':
    case 'variable_name':
    case 'property_identifier':
    case 'shorthand_property_identifier':
    case 'shorthand_property_identifier_pattern':
    case 'type_identifier':
    case 'field_identifier':
    case 'meta_property':
      return textOf(file, node)
    case 'attribute':
      return dotted(childOf(node, 'object'), fieldText(node, 'attribute', file))
    case 'member_expression':
      return dotted(childOf(node, 'object'), fieldText(node, 'property', file))
    case 'selector_expression':
      return dotted(childOf(node, 'operand'), fieldText(node, 'field', file))
    case 'member_access_expression':
    case 'member_call_expression':
      return dotted(childOf(node, 'object'), fieldText(node, 'name', file))
    case 'class_constant_access_expression':
    case 'scoped_property_access_expression':
    case 'scoped_call_expression': {
      const [of = null, member = null] = node.children
      const name = member === null ? null : dotted(of, textOf(file, member).replace(/^\$/, ''))
      return name?.startsWith('self.') === true ? ownName(name.slice('self.'.length)) : name
    }
    case 'subscript':
    case 'subscript_expression': {
      const [of = null, key = null] = node.children
      return key === null ? null : dotted(of, literal(key, file))
    }
    // Go's `*dir`, `&dir`.
    case 'unary_expression':
      return nameOf(childOf(node, 'operand'), file, depth + 1)
    default:
      return null
  }
}

const MOST_PARTS = 12

function fieldText(node: SyntaxNode, field: string, file: Pick<SourceFile, 'text'>): string | null {
  const found = childOf(node, field)
  return found === null ? null : textOf(file, found)
}

const TEXT = /^(?:string|template_string|interpreted_string_literal|raw_string_literal|encapsed_string)$/
export const HOLE =
  /^(?:interpolation|template_substitution|variable_name|member_access_expression|subscript_expression|dynamic_variable_name)$/

export function isText({ kind }: SyntaxNode): boolean {
  return TEXT.test(kind)
}

/** What a text says; null for what is none, or has something to be filled in. */
export function literal(node: SyntaxNode, file: Pick<SourceFile, 'text'>): string | null {
  if (!isText(node) || node.children.some(({ kind }) => HOLE.test(kind))) return null
  const parts = node.children.filter(({ kind }) => PART.test(kind))
  return plain(parts.map((part) => textOf(file, part)).join(''))
}

export const PART = /(?:content|fragment)$|^escape_sequence$/

/** A sign that is escaped means itself, or is one that no path has. */
export function plain(text: string): string {
  return text.replace(/\\(.)/gs, (_, sign: string) => (/[nrt0]/.test(sign) ? '\n' : sign))
}

/** Positional ones, in their order, without comments. */
export function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  const list = childOf(call, 'arguments') ?? call.children.find(({ kind }) => kind === 'arguments')
  return (list?.children ?? []).flatMap((node) => {
    if (/^(?:comment|keyword_argument|dictionary_splat)$/.test(node.kind)) return []
    return node.kind === 'argument' ? (node.children.at(-1) ?? []) : [node]
  })
}

/** Fills in what a statement brings in; false where it is none that does. */
function bindImport(node: SyntaxNode, file: SourceFile, imports: Map<string, Imported>): boolean {
  const set = (name: SyntaxNode | null, module: string, member: string | null): void => {
    if (name !== null) imports.set(textOf(file, name), { module, member })
  }
  if (node.kind === 'import_from_statement') {
    const module = fieldText(node, 'module_name', file) ?? ''
    for (const each of node.children) {
      if (each.field !== 'name') continue
      const own = childOf(each, 'alias')
      set(own ?? each, module, own === null ? textOf(file, each) : fieldText(each, 'name', file))
    }
    return true
  }
  if (node.kind === 'import_statement' || node.kind === 'import_clause' || node.kind === 'import_spec') {
    bindModules(node, file, set)
    return true
  }
  if (node.kind !== 'variable_declarator') return false
  const value = childOf(node, 'value')
  const call = value?.kind === 'await_expression' ? (value.children[0] ?? null) : value
  const callee = call === null ? null : childOf(call, 'function')
  const [from] = call === null ? [] : argumentsOf(call)
  const isRequire = callee !== null && (nameOf(callee, file) === 'require' || callee.kind === 'import')
  const module = isRequire && from !== undefined ? literal(from, file) : null
  if (module === null) return false
  const target = childOf(node, 'name')
  if (target?.kind === 'identifier') set(target, module, null)
  for (const each of target?.kind === 'object_pattern' ? target.children : []) {
    const own = childOf(each, 'value')
    set(own ?? each, module, own === null ? textOf(file, each) : fieldText(each, 'key', file))
  }
  return true
}

/** `import x.y as z`, `import a, { b as c } from './x'`, Go's `f "fmt"`. */
function bindModules(
  node: SyntaxNode,
  file: SourceFile,
  set: (name: SyntaxNode | null, module: string, member: string | null) => void,
): void {
  const source = childOf(node, 'source') ?? (node.kind === 'import_spec' ? childOf(node, 'path') : null)
  const module = source === null ? null : literal(source, file)
  for (const each of nodesIn(node)) {
    const alias = childOf(each, 'alias')
    if (each.kind === 'aliased_import') set(alias, fieldText(each, 'name', file) ?? '', null)
    if (each.kind === 'dotted_name' && each.parent === node) set(each, textOf(file, each), null)
    if (module === null) continue
    if (each.kind === 'import_specifier') set(alias ?? childOf(each, 'name'), module, fieldText(each, 'name', file))
    else if (each.kind === 'namespace_import') set(each.children[0] ?? null, module, null)
    else if (each.kind === 'identifier' && each.parent?.kind === 'import_clause') set(each, module, null)
    else if (each.kind === 'import_spec') set(childOf(each, 'name'), module, null)
  }
}

/** Those that count where the name is used: of its function, before it, and behind the last that no branch leaves out. */
export function bindingsAt(name: string, use: SyntaxNode, { bindings, root }: SourceFile): readonly Binding[] {
  const all = bindings.get(name) ?? []
  if (all.length > bounds.bindingsOfName) return []
  if (name.startsWith('#') || name.includes('.')) return all
  let scope: SyntaxNode | null = use
  let own: readonly Binding[] = []
  for (; scope !== null && own.length === 0; scope = scope.parent) {
    const at: SyntaxNode = scope
    if (at === root || FUNCTION.test(at.kind))
      own = all.filter((one) => one.scope === at && !(one.how === 'default' && contains(one.at, use)))
    if (own.length > 0) break
  }
  const inside = enclosing(use, (node) => node === root || FUNCTION.test(node.kind))
  const before = inside === scope ? own.filter(({ at, how }) => how !== 'is' || at.end <= use.start) : own
  const isIn = (at: SyntaxNode | null): boolean => at !== null && contains(at, use)
  // What a loop or a callback calls it is known in there alone.
  const counted = before.filter(
    ({ at, how }) => how !== 'of' || isIn(at) || isIn(at.parent) || isIn(at.parent?.parent ?? null),
  )
  const known = counted.length > 0 ? counted : own.filter(({ at, how }) => how === 'is' && !contains(at, use))
  const last = known.findLastIndex(({ at }) => {
    const branch = enclosing(at, ({ kind }) => BRANCH.test(kind))
    return branch === null || branch === at || contains(branch, use) || !contains(scope ?? root, branch)
  })
  return known.slice(Math.max(0, last))
}

function contains(outer: SyntaxNode, { start, end }: SyntaxNode): boolean {
  return outer.start <= start && end <= outer.end
}

/** The value counts only where the name says nothing yet: `if dir == "" { dir = "/srv" }`. */
export function isForNothing({ at }: Binding, name: string, file: SourceFile): boolean {
  const branch = enclosing(at, ({ kind }) => kind === 'if_statement')
  const condition = branch === null ? null : childOf(branch, 'condition')
  if (condition === null) return false
  const said = textOf(file, condition).replace(/\s+/g, ' ')
  const shown = name.replace(/^#/, '')
  return (
    said.includes(shown) && /^\(?(?:not |!)|(?:==|===|is) ?(?:""|''|None|nil|null|undefined)\)?$|empty\(/.test(said)
  )
}

/** Functions that are called may say what they give. */
export function returnsOf(declared: SyntaxNode): readonly SyntaxNode[] {
  const body = childOf(declared, 'body')
  if (body === null) return []
  const found: SyntaxNode[] = []
  for (const node of nodesIn(body, ({ kind }) => !FUNCTION.test(kind)))
    if (node.kind === 'return_statement') found.push(...listed(node.children[0] ?? null).slice(0, 1))
  return /statement|block/.test(body.kind) || found.length > 0 ? found : [body]
}

export function isFunction({ kind }: SyntaxNode): boolean {
  return FUNCTION.test(kind)
}
