import { isAlias, isCollection, isNode, isPair, isScalar, type Node, type Pair, visit } from 'yaml'
import type { Edit } from '../edit.ts'
import { lineOf } from '../line-of.ts'
import type { YamlFile } from './yaml-file.ts'

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
