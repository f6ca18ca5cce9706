import {
  type Document,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  visit,
} from 'yaml'
import { bounds } from '../../bounds.ts'
import { lineOf } from '../../edit.ts'
import { HardenError } from '../../errors.ts'

export type YamlDocument = Document.Parsed<ParsedNode>

export interface YamlFile {
  readonly name: string
  readonly text: string
  readonly documents: readonly YamlDocument[]
  /** What each document means: aliases and merge keys (`<<`) resolved. */
  readonly values: readonly unknown[]
}

/** `name` is what the messages call it. Throws HardenError `unreadable` for what is no YAML. */
export function parseYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter()
  const excess = yamlExcess(text)
  if (excess !== null) {
    const line = lineOf(text, excess.offset)
    throw unreadable(name, `line ${line}: ${excess.reason}`, line)
  }
  const parsed = parseAllDocuments(text, { merge: true, logLevel: 'error', uniqueKeys: false, lineCounter: lines })
  const documents = Array.isArray(parsed) ? (parsed as YamlDocument[]) : []
  for (const { errors } of documents) {
    const [error] = errors
    if (error === undefined) continue
    const line = error.linePos?.[0].line
    throw unreadable(name, `line ${line ?? '?'}: ${error.message.split(/ at line |:\n/)[0]}`, line)
  }
  for (const document of documents) {
    const twice = repeatedKey(document)
    if (twice === null) continue
    const { line } = lines.linePos(twice.offset)
    throw unreadable(name, `line ${line}: ${twice.reason}`, line)
  }
  try {
    const values = documents.map((document) => document.toJS({ maxAliasCount: bounds.yamlAliases }) as unknown)
    if (values.some((value) => holdsItself(value))) throw new ReferenceError('an alias stands for what it is a part of')
    return { name, text, documents, values }
  } catch (error) {
    // An alias to nothing, or aliases that would unfold without end.
    throw unreadable(name, error instanceof Error ? error.message : String(error))
  }
}

/** What a node means. A stack of fifty services has some hundred aliases; what is too many, whoever parsed it has said. */
export function nodeValue(node: Node, document: Document): unknown {
  return node.toJS(document, { maxAliasCount: bounds.yamlAliases })
}

/** An anchor may hold an alias of itself, and whoever goes through that does not come to an end. */
function holdsItself(value: unknown, above = new Set<object>(), done = new Set<object>()): boolean {
  if (typeof value !== 'object' || value === null || done.has(value)) return false
  if (above.has(value)) return true
  above.add(value)
  const found = Object.values(value).some((one) => holdsItself(one, above, done))
  above.delete(value)
  done.add(value)
  return found
}

function unreadable(name: string, reason: string, line?: number): HardenError {
  return new HardenError('unreadable', `${name} is not valid YAML: ${reason}`, {
    hint: 'repair it and run again',
    ...(line === undefined ? {} : { line }),
  })
}

export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Any value as text, a map and a list as JSON: a map of others may have a `toString` that is none. */
export function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

/** An empty object for anything else. */
export function asObject(value: unknown): Json {
  return isObject(value) ? value : {}
}

/** An empty list for anything else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Without regard to the order of keys. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]))
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a)
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
    )
  }
  return Object.is(a, b)
}

/** Something that no YAML file has which anybody has written, and what is wrong with it: a subject and a verb. */
export interface YamlFault {
  readonly reason: string
  /** Where, in UTF-16 units. */
  readonly offset: number
}

/**
 * Why a text is not given to the parser; null where it may be. One look at its words, since the parser itself is no guard: a text of
 * 300,000 opening brackets ends the whole process (measured with yaml 2.9 on Node 20), one of anchors takes minutes.
 */
export function yamlExcess(text: string): YamlFault | null {
  const { yamlWords, yamlDepth, yamlIndent, yamlReferences, yamlDocuments } = bounds
  let [offset, words, references, documents, flow, onLine] = [0, 0, 0, 0, 0, 0]
  let isLineStart = true
  const fault = (reason: string): YamlFault => ({ reason, offset })
  for (const word of new Lexer().lex(text)) {
    const [first = ''] = word
    words += 1
    if (words > yamlWords) return fault(`it has more than ${yamlWords} words`)
    if (isLineStart && first === ' ' && word.length > yamlIndent && word.trim() === '')
      return fault(`a line begins with more than ${yamlIndent} spaces`)
    isLineStart = word.endsWith('\n')
    if (word === '[' || word === '{') flow += 1
    if (word === ']' || word === '}') flow -= 1
    if (flow < 0) return fault('a bracket is closed that was not opened')
    onLine = isLineStart ? 0 : onLine + (word === '-' || word === '?' || word === ':' ? 1 : 0)
    if (flow === 0 ? onLine > yamlDepth : flow > yamlDepth)
      return fault(`it is nested more than ${yamlDepth} levels deep`)
    if (first === '&' || first === '*' || first === '!' || first === '%') references += 1
    if (references > yamlReferences) return fault(`it has more than ${yamlReferences} anchors, aliases and tags`)
    if (word === '---') [documents, flow] = [documents + 1, 0]
    if (documents > yamlDocuments) return fault(`it has more than ${yamlDocuments} documents`)
    // Signs of the lexer's own, which the text does not have.
    if (first !== '\x02' && first !== '\x1f' && first !== '\x18') offset += word.length
  }
  return null
}

/** The first key that a map has twice; the parser would compare each with all before it, and is told not to. */
export function repeatedKey(document: Document): YamlFault | null {
  let found: YamlFault | null = null
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        const value = isScalar(key) ? key.value : key
        if (seen.has(value)) {
          const { range } = key as { readonly range?: readonly number[] }
          found = { reason: 'Map keys must be unique', offset: range?.[0] ?? 0 }
          return visit.BREAK
        }
        seen.add(value)
      }
      return undefined
    },
  })
  return found
}

/** Where a document has one of these tags, from its top: keys, and places in lists. Not through aliases. */
export function taggedPaths(
  document: Document,
  tags: readonly string[],
): readonly { readonly tag: string; readonly path: readonly string[] }[] {
  const found: { readonly tag: string; readonly path: readonly string[] }[] = []
  visit(document, {
    Node: (key, node, above) => {
      if (node.tag === undefined || !tags.includes(node.tag)) return undefined
      const path = [...above, node].flatMap((one, index, all) => {
        if (isPair(one)) return isScalar(one.key) && one.key.value !== '<<' ? [String(one.key.value)] : []
        const list = all[index - 1]
        return isSeq(list) && isNode(one) ? [String(list.items.indexOf(one))] : []
      })
      if (key !== 'key') found.push({ tag: node.tag, path })
      return undefined
    },
  })
  return found
}
