import { bounds } from '../bounds.ts'
import { memoizeByObject } from '../memoize.ts'
import { parentOf } from '../places.ts'
import { type Language, rulesNamed, type SourceRule } from './languages/index.ts'
import {
  argumentsOf,
  type Binding,
  bindingsAt,
  HOLE,
  type Imported,
  isForNothing,
  isFunction,
  isText,
  literal,
  nameOf,
  PART,
  plain,
  returnsOf,
  type SourceFile,
  textOf,
} from './source-names.ts'
import { childOf, type SyntaxNode } from './syntax.ts'
import { concat, distinct, either, formatted, joined, NOTHING, parents, type Value, whole } from './value.ts'

export interface SourceValues {
  readonly file: SourceFile
  /** None where only the run tells. */
  of(node: SyntaxNode): readonly Value[]
  /** The words that a shell makes of a text, each with what it may be. */
  words(node: SyntaxNode): readonly (readonly Value[])[]
  /** What other files get by this name. */
  named(name: string): readonly Value[]
  /** What it is called where it comes from: `os.path.join` of `join`. */
  calleeOf(call: SyntaxNode): string | null
}

export interface ValuesAbout {
  readonly language: Language
  /** Where the program starts, for relative paths. */
  readonly workdir: string
  readonly env: ReadonlyMap<string, string>
  /** The file of the tree that another brings in; null where there is none. */
  readonly moduleOf: (from: SourceFile, module: string) => SourceValues | null
  /** The folder of manage.py, where there is one, else that of the file. */
  readonly projectOf: (path: string) => string
  /** What the files of settings give this name, where they give it one value. */
  readonly settingOf: (name: string, from: SourceFile) => readonly Value[]
  /** What is left of the work that one text may take, and how deep in it is. */
  readonly work: WorkLeft
}

/** Shared by all files that one leads to. */
export interface WorkLeft {
  left: number
  depth: number
}

/** Expressions within each other, names followed: each takes some frames of the stack. */
const DEEPEST = 120

/**
 * The texts that the expressions of a source mean, as far as it says them itself: texts, joined paths, names, variables with what they
 * are where nobody sets them. Nothing is run. Each expression is worked out once.
 */
export function sourceValues(file: SourceFile, about: ValuesAbout): SourceValues {
  const { work } = about
  const known = new Map<SyntaxNode, readonly Value[]>()
  const of = (node: SyntaxNode): readonly Value[] => {
    const before = known.get(node)
    if (before !== undefined) return before
    if (work.left <= 0 || work.depth >= DEEPEST) return NOTHING
    // One that leads back to itself says nothing.
    known.set(node, NOTHING)
    work.left -= 1
    work.depth += 1
    const found = distinct(meaning(node, scope))
    work.depth -= 1
    known.set(node, found)
    return found
  }
  const scope: Scope = { ...about, file, of, calleeOf: memoizeByObject((call: SyntaxNode) => calleeOf(call, file)) }
  return {
    file,
    of,
    words: (node) => shellWords(node, scope),
    calleeOf: scope.calleeOf,
    named: (name) => {
      if (work.depth >= DEEPEST) return NOTHING
      work.depth += 1
      const own = file.bindings.get(name) ?? []
      const atTop = own.filter((one) => one.scope === file.root)
      const exported = ['module.exports', 'exports'].flatMap((from) => memberOf(from, name, file.root, scope))
      const all = [...valuesOf(atTop, name, scope), ...exported.flatMap(of), ...defaultExport(name, scope)]
      const said = all.length > 0 ? all : brought(name, scope)
      work.depth -= 1
      return distinct(said)
    },
  }
}

interface Scope extends ValuesAbout {
  readonly file: SourceFile
  readonly of: (node: SyntaxNode) => readonly Value[]
  readonly calleeOf: (call: SyntaxNode) => string | null
}

function meaning(node: SyntaxNode, scope: Scope): readonly Value[] {
  const { of, file } = scope
  const [first = null] = node.children
  if (isText(node) || node.kind === 'concatenated_string') return textValues(node, scope)
  switch (node.kind) {
    case 'parenthesized_expression':
    case 'await_expression':
    case 'await':
    case 'as_expression':
    case 'satisfies_expression':
    case 'non_null_expression':
    case 'expression_list':
    case 'literal_element':
    case 'argument':
    case 'unary_expression':
      return first === null ? NOTHING : of(first)
    case 'named_expression':
      return operand(node, 'value', scope)
    case 'assignment_expression':
      return operand(node, 'right', scope)
    case 'ternary_expression':
      return either([...operand(node, 'consequence', scope), ...operand(node, 'alternative', scope)])
    case 'conditional_expression': {
      // Python's `a if b else c` names no part of it.
      if (childOf(node, 'condition') === null)
        return either([node.children[0], node.children[2]].flatMap((one) => (one ? of(one) : [])))
      const chosen = childOf(node, 'body') ?? childOf(node, 'condition')
      return either([...(chosen === null ? NOTHING : of(chosen)), ...operand(node, 'alternative', scope)])
    }
    case 'binary_operator':
    case 'binary_expression':
    case 'boolean_operator':
      return operation(node, scope)
    case 'call':
    case 'call_expression':
    case 'new_expression':
    case 'function_call_expression':
    case 'member_call_expression':
    case 'scoped_call_expression':
    case 'object_creation_expression':
      return called(node, scope)
    default: {
      const name = nameOf(node, file)
      return name === null ? NOTHING : namedValues(name, node, scope)
    }
  }
}

function operand(node: SyntaxNode, field: string, { of }: Scope): readonly Value[] {
  const child = childOf(node, field)
  return child === null ? NOTHING : of(child)
}

function textValues(node: SyntaxNode, { file, of }: Scope): readonly Value[] {
  let found: readonly Value[] = [{ text: '', open: false }]
  for (const part of node.children)
    if (PART.test(part.kind)) found = concat(found, [{ text: plain(textOf(file, part)), open: false }])
    else if (part.kind === 'interpolation' || part.kind === 'template_substitution')
      found = concat(found, part.children[0] === undefined ? NOTHING : of(part.children[0]))
    else if (HOLE.test(part.kind) || isText(part)) found = concat(found, of(part))
  return found
}

/** `f"convert {src} {CACHE}/x"`, `'tar xf ' . $file . ' -C ' . $dir`: each word by itself. */
function shellWords(node: SyntaxNode, scope: Scope): readonly (readonly Value[])[] {
  const words: (readonly Value[])[] = [whole('')]
  const add = (values: readonly Value[]): void => {
    words.push(concat(words.pop() ?? [], values))
  }
  for (const piece of piecesOf(node, scope.file))
    if (typeof piece !== 'string') add(scope.of(piece))
    else
      for (const [index, word] of piece.split(/\s+/).entries()) {
        if (index > 0) words.push(whole(''))
        add(whole(word.replace(/^(?:\d?>{1,2}|--?[\w-]+=)|["']/g, '')))
      }
  return words.filter((values) => values.some(({ text }) => text !== ''))
}

/** What stands in a text, and what is filled in. */
function piecesOf(node: SyntaxNode, file: SourceFile): readonly (string | SyntaxNode)[] {
  const pieces: (string | SyntaxNode)[] = []
  const left = [node]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const inner = /^(?:interpolation|template_substitution)$/.test(next.kind) ? next.children[0] : undefined
    const isJoined =
      /^binary_(?:operator|expression)$/.test(next.kind) && pieces.length + left.length < bounds.expressionParts
    if (PART.test(next.kind)) pieces.push(plain(textOf(file, next)))
    else if (inner !== undefined) pieces.push(inner)
    else if (isText(next) || isJoined) left.push(...next.children.toReversed())
    else if (!/^string_(?:start|end)$/.test(next.kind)) pieces.push(next)
  }
  return pieces
}

function operation(node: SyntaxNode, { file, of }: Scope): readonly Value[] {
  const [left, right] = [childOf(node, 'left'), childOf(node, 'right')]
  if (left === null || right === null) return NOTHING
  switch (file.text.slice(left.end, right.start).replace(/#.*|\/\/.*|\s/g, '')) {
    case '+':
    case '.':
      return concat(of(left), of(right))
    case '/':
      return node.kind === 'binary_operator' ? joined([of(left), of(right)], 'resolve') : NOTHING
    case '%':
      return formatted(of(left))
    case '||':
    case '??':
    case '?:':
    case 'or':
      return of(left).some(({ text }) => text !== '') ? of(left) : of(right)
    case '&&':
    case 'and':
      return of(right)
    default:
      return NOTHING
  }
}

const ENV_HELPER = /^(?:\w{0,40}get_?env\w{0,40}|\w{0,40}env\w{0,20}(?:or|default)\w{0,20}|env|config|lookup_?env)$/i

function called(call: SyntaxNode, scope: Scope): readonly Value[] {
  const { language, file, of } = scope
  const name = scope.calleeOf(call)
  if (name === null) return NOTHING
  const args = argumentsOf(call)
  const isNew = call.kind === 'new_expression' || call.kind === 'object_creation_expression'
  const own = name.includes('.') ? undefined : file.functions.get(name)
  const [named] = own === undefined ? rulesNamed(language.means[isNew ? 'new' : 'call'], name) : []
  if (named !== undefined) return meant(named.rule, call, args, scope)
  const last = name.slice(name.lastIndexOf('.') + 1)
  const [key] = args
  const isVariable = ENV_HELPER.test(last) || keywordOf(call, 'default', file) !== null
  const variable = key !== undefined && isVariable ? literal(key, file) : null
  if (variable !== null && /^[A-Z][A-Z0-9_]*$/.test(variable)) return variableValues(variable, call, args, scope)
  const body = own ?? bindingsAt(name, call, file).find(({ value }) => value !== null && isFunction(value))?.value
  return body === undefined || body === null ? NOTHING : returnsOf(body).flatMap(of)
}

function variableValues(
  name: string,
  call: SyntaxNode,
  [, fallback]: readonly SyntaxNode[],
  { env, of, file }: Scope,
): readonly Value[] {
  const set = env.get(name)
  if (set !== undefined) return whole(set)
  const other = fallback ?? keywordOf(call, 'default', file)
  return other === null ? NOTHING : of(other)
}

/** Python's `name=value`, and of an object that is given `{ name: value }`. */
export function keywordOf(call: SyntaxNode, name: string, file: SourceFile): SyntaxNode | null {
  const list = childOf(call, 'arguments') ?? call.children.find(({ kind }) => kind === 'arguments')
  for (const node of list?.children ?? []) {
    const [key, value] = [childOf(node, 'name'), childOf(node, 'value')]
    if (node.kind === 'keyword_argument' && key !== null && textOf(file, key) === name) return value
    if (node.kind === 'object') return pairOf(node, name, file)
  }
  return null
}

/** The value of a key in an object, a dictionary or a struct. */
function pairOf(object: SyntaxNode, name: string, file: SourceFile): SyntaxNode | null {
  for (const pair of object.children) {
    if (
      /^(?:shorthand_property_identifier|method_definition)$/.test(pair.kind) &&
      nameOf(childOf(pair, 'name') ?? pair, file) === name
    )
      return pair
    const [key, value] = keyAndValue(pair) ?? []
    if (key !== undefined && value !== undefined && keyName(key, file) === name) return value
  }
  return null
}

export function keyAndValue(pair: SyntaxNode): readonly [key: SyntaxNode, value: SyntaxNode] | null {
  if (!/^(?:pair|keyed_element|array_element_initializer)$/.test(pair.kind) || pair.children.length < 2) return null
  const [key, value] = [childOf(pair, 'key') ?? pair.children[0], childOf(pair, 'value') ?? pair.children[1]]
  return key === undefined || value === undefined ? null : [key, value]
}

export function keyName(key: SyntaxNode, file: SourceFile): string | null {
  const inner = key.kind === 'literal_element' ? (key.children[0] ?? key) : key
  return literal(inner, file) ?? nameOf(inner, file)
}

function meant(
  { means, path }: SourceRule,
  node: SyntaxNode,
  args: readonly SyntaxNode[],
  scope: Scope,
): readonly Value[] {
  const { of, file, workdir } = scope
  const object = path === 'self' ? receiverOf(node) : null
  const at = typeof path === 'number' ? path : 0
  const given =
    path === 'self' ? (object === null ? NOTHING : of(object)) : args[at] === undefined ? NOTHING : of(args[at])
  switch (means) {
    case 'join':
      return joined(args.map(of), 'join')
    case 'resolve':
      return joined([...(object === null ? [] : [of(object)]), ...args.map(of)], 'resolve')
    case 'same':
      return given
    case 'parent':
      return parents(given)
    case 'neighbour':
      return parents(given).map((value) => ({ ...value, text: `${value.text}/`.replace(/\/+$/, '/'), open: true }))
    case 'variable': {
      const name = args[0] === undefined ? null : literal(args[0], file)
      return name === null ? NOTHING : variableValues(name, node, args, scope)
    }
    case 'workdir':
      return whole(workdir)
    case 'home':
      return whole('~')
    case 'here':
      return whole(parentOf(file.path))
    case 'project':
      return whole(scope.projectOf(file.path))
    case 'file':
      return whole(`${parentOf(file.path)}/__file__`)
    case 'format':
      return formatted(given)
    case 'default':
      return given.map((value) => ({ ...value, given: true }))
    // What a module names beside itself.
    case 'url':
      return given.map((value) =>
        value.text.startsWith('/') ? value : { ...value, text: `${parentOf(file.path)}/${value.text}` },
      )
    case 'listing':
      return given.map((value) => ({
        ...value,
        text: /^[^*]*/.exec(value.text)?.[0].replace(/(?<=[^/])$/, '/') ?? '',
        open: true,
      }))
    default:
      return NOTHING
  }
}

/** What a method is called of, or a field is one of. */
export function receiverOf(node: SyntaxNode): SyntaxNode | null {
  const of = childOf(node, 'function') ?? node
  return childOf(of, 'object') ?? childOf(of, 'operand')
}

function namedValues(name: string, node: SyntaxNode, scope: Scope): readonly Value[] {
  const { file, language, env, of } = scope
  const bound = bindingsAt(name, node, file)
  if (bound.length > 0) return valuesOf(bound, name, scope)
  const called = canonical(name, file)
  const end = called.lastIndexOf('.')
  const isVariable =
    end > 0 && rulesNamed(language.means.name, called.slice(0, end)).some(({ rule }) => rule.means === 'variables')
  if (isVariable) return whole(env.get(called.slice(end + 1)))
  const [named] = rulesNamed(language.means.name, called)
  if (named !== undefined && named.rule.means !== 'variables') {
    const said = meant(named.rule, node, [], scope)
    if (said.length > 0) return said
  }
  const imported = brought(name, scope)
  if (imported.length > 0) return imported
  const dot = name.lastIndexOf('.')
  if (dot < 0) return file.imports.has(name) ? scope.settingOf(name, file) : NOTHING
  const [before, member] = [name.slice(0, dot), name.slice(dot + 1)]
  const members = memberOf(before, member, node, scope).flatMap(of)
  if (members.length > 0) return members
  if (file.classes.has(before)) return valuesOf(file.bindings.get(`#${member}`) ?? [], `#${member}`, scope)
  return CALLED_SETTINGS.test(before) ? scope.settingOf(member, file) : NOTHING
}

const CALLED_SETTINGS = /(?:settings?|config|conf|cfg|const|paths?|env|opt)/i

function valuesOf(
  bindings: readonly Binding[],
  name: string,
  { of, file }: Scope & { readonly file: SourceFile },
): readonly Value[] {
  let found: readonly Value[] = NOTHING
  for (const one of bindings) {
    if (one.value === null || (found.length > 0 && isForNothing(one, name, file))) continue
    const said = one.how === 'of' ? elementsOf(one.value, file).flatMap(of) : of(one.value)
    found = [...found, ...(one.how === 'default' ? said.map((value) => ({ ...value, given: true as const })) : said)]
  }
  return bindings.length > 1 ? either(found) : found
}

const LIST = /^(?:list|tuple|set|array|array_creation_expression|literal_value)$/

/** What a loop goes through: a list that stands there or has a name, or one that a call gives. The characters of a text are not told. */
function elementsOf(node: SyntaxNode, file: SourceFile, depth = 0): readonly SyntaxNode[] {
  if (isText(node)) return []
  if (LIST.test(node.kind))
    return node.children.flatMap((one) =>
      one.children.length === 1 && /^(?:array_element_initializer|literal_element)$/.test(one.kind)
        ? one.children
        : [one],
    )
  if (node.kind === 'composite_literal') return elementsOf(childOf(node, 'body') ?? node, file, depth)
  if (
    /^(?:parenthesized_expression|as_expression)$/.test(node.kind) &&
    node.children[0] !== undefined &&
    depth < MOST_STEPS
  )
    return elementsOf(node.children[0], file, depth + 1)
  const name = nameOf(node, file)
  const bound = name === null || depth >= MOST_STEPS ? [] : bindingsAt(name, node, file)
  const lists = bound.flatMap(({ value, how }) =>
    value === null || how === 'of' ? [] : elementsOf(value, file, depth + 1),
  )
  return lists.length > 0 || bound.some(({ value }) => value !== null && isText(value)) ? lists : [node]
}

/** The value of a key of what a name stands for. */
function memberOf(of: string, member: string, use: SyntaxNode, scope: Scope, depth = 0): readonly SyntaxNode[] {
  if (depth >= MOST_STEPS) return []
  return bindingsAt(of, use, scope.file).flatMap(({ value }): readonly SyntaxNode[] => {
    if (value === null) return []
    const object = value.kind === 'unary_expression' ? (value.children[0] ?? value) : value
    const body = object.kind === 'composite_literal' ? (childOf(object, 'body') ?? object) : object
    const found = pairOf(body, member, scope.file)
    if (found !== null) return [found]
    const name = nameOf(value, scope.file)
    return name === null || name === of ? [] : memberOf(name, member, value, scope, depth + 1)
  })
}

/** Names that stand for each other. */
const MOST_STEPS = 5

function defaultExport(name: string, { file, of }: Scope): readonly Value[] {
  return file.root.children.flatMap((node) => {
    const value = node.kind === 'export_statement' ? childOf(node, 'value') : null
    const found = value === null ? null : pairOf(value, name, file)
    return found === null ? [] : of(found)
  })
}

/** `LOGS` of `from app.paths import LOGS`, `paths.LOGS` of `from . import paths`. */
function brought(name: string, { file, moduleOf }: Scope): readonly Value[] {
  const [first = '', ...rest] = name.split('.')
  const from: Imported | undefined = file.imports.get(first)
  if (from === undefined || rest.length > 1) return NOTHING
  const { module, member } = from
  const [behind] = rest
  if (behind === undefined) return member === null ? NOTHING : (moduleOf(file, module)?.named(member) ?? NOTHING)
  // What is brought in may be a module itself, or an object of one.
  const below = member === null ? module : `${module}${module.endsWith('.') ? '' : '.'}${member}`
  return moduleOf(file, below)?.named(behind) ?? moduleOf(file, module)?.named(behind) ?? NOTHING
}

function calleeOf(call: SyntaxNode, file: SourceFile): string | null {
  const callee =
    childOf(call, 'function') ??
    childOf(call, 'constructor') ??
    (call.kind === 'object_creation_expression' ? call.children[0] : call)
  const name = nameOf(callee ?? null, file)
  return name === null ? null : canonical(name, file)
}

function canonical(name: string, { imports }: SourceFile): string {
  const dot = name.indexOf('.')
  const first = dot < 0 ? name : name.slice(0, dot)
  const from = imports.get(first)
  if (from === undefined || from.module.startsWith('.')) return name
  const module = from.module
    .replace(/^node:/, '')
    .replaceAll('/', '.')
    .replace(/^(?:fs-extra|graceful-fs)$/, 'fs')
  // What a module gives as a whole has the name of the file's own: `const Database = require('better-sqlite3')`.
  const member = from.member ?? (dot < 0 && module !== first ? first : null)
  return `${module}${member === null ? '' : `.${member}`}${name.slice(first.length)}`
}
