import {
  Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  stringify,
  visit,
} from 'yaml'
import { applyEdits, type Edit, lineOf, type Span } from '../../edit.ts'
import { nodeValue, type YamlFile } from './file.ts'

/** How a file is written, so that what is added looks like the rest. */
export interface YamlStyle {
  /** Blanks a level. */
  readonly indent: number
  /** The dashes of a list stand deeper than the key above them. */
  readonly indentSeq: boolean
  readonly eol: '\n' | '\r\n'
}

/** By the first nesting of each kind; two blanks and lists set in where there is none. */
export function yamlStyle({ documents, text }: Pick<YamlFile, 'documents' | 'text'>): YamlStyle {
  let indent: number | null = null
  let indentSeq: boolean | null = null
  const column = (offset: number) => offset - (text.lastIndexOf('\n', offset - 1) + 1)
  for (const document of documents) {
    visit(document, {
      Pair(_, { key, value }) {
        const from = (key as Node | null)?.range?.[0]
        const to = (value as Node | null)?.range?.[0]
        if (from === undefined || to === undefined) return
        const deeper = column(to) - column(from)
        if (isMap(value) && value.flow !== true && deeper > 0 && text.slice(from, to).includes('\n')) indent ??= deeper
        if (isSeq(value) && value.flow !== true && text.slice(from, to).includes('\n')) indentSeq ??= deeper > 0
      },
    })
  }
  return { indent: indent ?? 2, indentSeq: indentSeq ?? true, eol: /\r\n/.test(text) ? '\r\n' : '\n' }
}

// Of YAML 1.1, so that readers of the old schema take no string for a number or a boolean.
const options = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const

/** Whole lines, each set in by `column` blanks. */
export function blockText(
  value: unknown,
  column: number,
  { indent, indentSeq }: Pick<YamlStyle, 'indent' | 'indentSeq'>,
): string {
  const text = stringify(quoted(value), { ...options, indent, indentSeq })
  return text.replace(/^(?=.)/gm, ' '.repeat(column))
}

/** A whole file, as people write it. */
export function fileText(value: unknown): string {
  return blockText(value, 0, { indent: 2, indentSeq: true })
}

/** On lines of its own below a key. */
export function belowKey(
  value: unknown,
  pair: Pair,
  { text, style }: { readonly text: string; readonly style: YamlStyle },
): string {
  const deeper = Array.isArray(value) && !style.indentSeq ? 0 : style.indent
  return `\n${blockText(value, columnOf(startOf(pair), text) + deeper, style).replace(/\n$/, '')}`
}

/** In one line. */
export function flowText(value: unknown): string {
  return stringify(quoted(value), { ...options, collectionStyle: 'flow', flowCollectionPadding: false }).trim()
}

/** As the value whose place it takes is written: in its quotes, or without where that says the same. Null for none. */
export function scalarText(value: unknown, like: Scalar.Type | null): string {
  // JSON is YAML, and has no lines that would have to be set in.
  if (typeof value === 'string' && value.includes('\n')) return JSON.stringify(value)
  if ((like !== 'PLAIN' && like !== 'QUOTE_DOUBLE' && like !== 'QUOTE_SINGLE') || typeof value !== 'string')
    return flowText(value)
  const scalar = new Scalar(value)
  scalar.type = like
  return String(new Document(scalar, options)).trim()
}

/** `101:101` and `8080:80` in quotes, as everybody writes them. */
function quoted(value: unknown): Node {
  const node = new Document(value, options).contents as Node
  visit(node, {
    Scalar(_, scalar) {
      if (isScalar(scalar) && typeof scalar.value === 'string' && /^[.:]*\d[\d.:]*$/.test(scalar.value))
        scalar.type = Scalar.QUOTE_DOUBLE
    },
  })
  return node
}

/** Where the content of a node or pair ends, comments behind it not counted. */
export function contentEnd(item: unknown, text: string): number {
  if (isPair(item)) {
    const keyEnd = afterColon(item, text)
    return isNode(item.value) ? Math.max(contentEnd(item.value, text), keyEnd) : keyEnd
  }
  if (!isNode(item)) return 0
  if (isCollection(item) && item.flow !== true && item.items.length > 0) return contentEnd(item.items.at(-1), text)
  return rangeOf(item)[1]
}

/** Behind the colon of a key; behind the key where it has none, as in `{ a }`. */
export function afterColon(pair: Pair, text: string): number {
  const end = isNode(pair.key) ? rangeOf(pair.key)[1] : 0
  const colon = /^\s*:/.exec(text.slice(end, end + 200))
  return colon === null ? end : end + colon[0].length
}

export function lineAfter(end: number, text: string): number {
  if (end > 0 && text[end - 1] === '\n') return end
  const found = text.indexOf('\n', end)
  return found < 0 ? text.length : found + 1
}

export function columnOf(offset: number, text: string): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

export function startOf(pair: Pair | undefined): number {
  return isNode(pair?.key) ? rangeOf(pair.key)[0] : 0
}

/** Null for a merge key: what it brings is not the map's own. */
export function keyOf({ key }: Pair): string | null {
  if (!isScalar(key)) return isAlias(key) || !isNode(key) ? null : String(key)
  return typeof key.value === 'symbol' || key.value === '<<' ? null : String(key.value)
}

export function rangeOf(node: Node): readonly [number, number] {
  const [start, end] = node.range ?? [0, 0]
  return [start, end]
}

/** The first anchor with an alias whose part one of the edits touches. */
export function sharedAnchor(
  { documents, text }: YamlFile,
  edits: readonly Edit[],
): { readonly name: string; readonly line: number } | null {
  for (const document of documents) {
    const used = new Set<string>()
    visit(document, {
      Alias: (_, { source }) => {
        used.add(source)
      },
    })
    let found: { readonly name: string; readonly line: number } | null = null
    visit(document, {
      Node(_, node) {
        if (isAlias(node) || node.anchor === undefined || !used.has(node.anchor)) return
        const [start, end] = rangeOf(node)
        if (!edits.some((edit) => start <= edit.start && edit.start <= end)) return
        found ??= { name: node.anchor, line: lineOf(text, start) }
      },
    })
    if (found !== null) return found
  }
  return null
}

/** The text with each alias of an anchor written out: it means the same, and each place can then be changed alone. */
export function withoutAliases({ documents, text }: YamlFile, anchor: string): string {
  const style = yamlStyle({ documents, text })
  const edits: Edit[] = []
  for (const document of documents) {
    visit(document, {
      Pair(_, pair, path) {
        const parent = path.at(-1)
        if (!isMap(parent) || !standsFor(pair.value, anchor)) return undefined
        const isFlow = parent.flow === true
        const value = isNode(pair.value) ? nodeValue(pair.value, document) : null
        const end = contentEnd(pair, text)
        if (keyOf(pair) === null && isScalar(pair.key)) {
          // The first of several wins, and the map's own wins over all.
          const given = Object.assign({}, ...(Array.isArray(value) ? value.toReversed() : [value])) as object
          const own = parent.items.map((one) => keyOf(one))
          const left = Object.fromEntries(Object.entries(given).filter(([key]) => !own.includes(key)))
          const start = startOf(pair)
          if (Object.keys(left).length === 0) return undefined
          const lines = isFlow
            ? flowText(left).replace(/^\{ ?| ?\}$/g, '')
            : blockText(left, columnOf(start, text), style).trim()
          edits.push({ start, end, text: lines.replaceAll('\n', style.eol) })
          return visit.SKIP
        }
        const keyEnd = afterColon(pair, text)
        const isBlock = !isFlow && typeof value === 'object' && value !== null && Object.keys(value).length > 0
        const lines = isBlock ? belowKey(value, pair, { text, style }) : ` ${flowText(value)}`
        edits.push({ start: keyEnd, end, text: lines.replaceAll('\n', style.eol) })
        return visit.SKIP
      },
      Alias(key, alias) {
        if (alias.source !== anchor || typeof key !== 'number') return
        const [start, end] = rangeOf(alias)
        edits.push({ start, end, text: flowText(nodeValue(alias, document)) })
      },
    })
  }
  return applyEdits(text, edits)
}

function standsFor(value: unknown, anchor: string): boolean {
  if (isSeq(value)) return value.items.some((item) => isAlias(item) && item.source === anchor)
  return isAlias(value) && value.source === anchor
}

/** A value as it stands in a text, quotes and all. */
export interface WrittenScalar extends Span {
  /** What it means. */
  readonly value: string
  /** The keys that lead to it, the outermost first; an item of a list has the list's. */
  readonly keys: readonly string[]
  /** Its place among the items of its list; null outside of one. */
  readonly item: number | null
}

/** All values of the first document, in the order of the text, each where it is written: an alias has none of its own. */
export function writtenScalars({ documents }: YamlFile): readonly WrittenScalar[] {
  const [document] = documents
  const found: WrittenScalar[] = []
  if (document === undefined) return found
  visit(document, {
    Scalar(key, node, path) {
      if (key === 'key' || node.value === null) return
      const [start, end] = rangeOf(node)
      const keys = path.flatMap((one) => (isPair(one) ? [keyOf(one) ?? '<<'] : []))
      found.push({ start, end, value: String(node.value), keys, item: typeof key === 'number' ? key : null })
    },
  })
  return found
}

/** What the tags of a map say of its keys (`ports: !override`): with it, a key takes the place of what comes from elsewhere. */
export function tagsAt({ documents }: YamlFile, keys: readonly string[]): Readonly<Record<string, string>> {
  const node = documents[0]?.getIn(keys, true)
  if (!isMap(node)) return {}
  return Object.fromEntries(
    node.items.flatMap((pair) => {
      const key = keyOf(pair)
      const tag = isNode(pair.value) ? pair.value.tag : undefined
      return key === null || (tag !== '!override' && tag !== '!reset') ? [] : [[key, tag]]
    }),
  )
}

/** The text with `!override` at a key of the first document, which has a value there. */
export function withOverride({ documents, text }: YamlFile, keys: readonly string[]): string {
  const parent = documents[0]?.getIn(keys.slice(0, -1), true)
  const pair = isMap(parent) ? parent.items.find((one) => keyOf(one) === keys.at(-1)) : undefined
  if (pair === undefined || (isNode(pair.value) && pair.value.tag === '!override')) return text
  const at = afterColon(pair, text)
  return `${text.slice(0, at)} !override${text.slice(at)}`
}
