import { isMap, isNode, isPair, visit } from 'yaml'
import type { Span } from '../../edit.ts'
import type { YamlFile } from './file.ts'
import { afterColon, keyOf, rangeOf } from './style.ts'

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
