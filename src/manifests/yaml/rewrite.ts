import { isCollection, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml'
import { applyEdits, type Edit } from '../../edit.ts'
import { HardenError } from '../../errors.ts'
import { isEqual, isObject, type Json, nodeValue, parseYaml, type YamlDocument, type YamlFile } from './file.ts'
import {
  afterColon,
  belowKey,
  blockText,
  columnOf,
  contentEnd,
  flowText,
  keyOf,
  lineAfter,
  rangeOf,
  scalarText,
  sharedAnchor,
  startOf,
  withoutAliases,
  type YamlStyle,
  yamlStyle,
} from './style.ts'

interface RewriteState {
  readonly file: YamlFile
  readonly document: YamlDocument
  readonly style: YamlStyle
  readonly edits: Edit[]
}

/**
 * The text with each document meaning `values` instead, every byte that this does not ask for as it was: comments,
 * anchors, order, quotes and spacing. Throws HardenError where that cannot be done without touching something else.
 */
export function rewriteYaml(file: YamlFile, values: readonly unknown[]): string {
  const { text, shared } = attempt(file, values)
  if (shared === null) return text
  throw new HardenError(
    'bad-usage',
    `${file.name}${shared.line === null ? '' : `:${shared.line}`} cannot be changed in one place only: ${shared.anchor === null ? 'an anchor' : `the anchor &${shared.anchor}`} is used by others too`,
    {
      hint: 'write the part out where it is to differ, or copy the profile in by hand (leave out --file)',
      ...(shared.line === null ? {} : { line: shared.line }),
    },
  )
}

/** The same; what an anchor shares with parts that are to mean something else is written out there. */
export function rewriteShared(file: YamlFile, values: readonly unknown[]): string {
  const written = new Set<string>()
  for (let current = file; ; ) {
    const { text, shared } = attempt(current, values)
    if (shared === null) return text
    if (shared.anchor === null || written.has(shared.anchor)) return rewriteYaml(current, values)
    written.add(shared.anchor)
    current = parseYaml(withoutAliases(current, shared.anchor), file.name)
  }
}

interface Attempt {
  readonly text: string
  /** Why it does not mean the values; null where it does. */
  readonly shared: { readonly anchor: string | null; readonly line: number | null } | null
}

function attempt(file: YamlFile, values: readonly unknown[]): Attempt {
  const style = yamlStyle(file)
  const edits = file.documents.flatMap((document, index) => {
    const state: RewriteState = { file, document, style, edits: [] }
    const { contents } = document
    if (isNode(contents) && !isEqual(file.values[index], values[index])) change(contents, values[index], false, state)
    return state.edits
  })
  const text = applyEdits(file.text, edits)
  if (edits.length === 0 || isEqual(parseYaml(text, file.name).values, values)) return { text, shared: null }
  const shared = sharedAnchor(file, edits)
  return { text, shared: { anchor: shared?.name ?? null, line: shared?.line ?? null } }
}

/** Something of the same kind in the place of a node; false where it has to be replaced as a whole. */
function change(node: Node, after: unknown, inFlow: boolean, state: RewriteState): boolean {
  if (isMap(node) && isObject(after)) changeMap(node, after, inFlow || node.flow === true, state)
  else if (
    isSeq(node) &&
    Array.isArray(after) &&
    (after.length >= node.items.length || isTakenOut(node, after, inFlow))
  )
    changeSeq(node, after, inFlow || node.flow === true, state)
  else if (isScalar(node) && !isObject(after) && !Array.isArray(after)) {
    const [start, end] = rangeOf(node)
    // `key:` with nothing behind it has no place of its own.
    if (start === end) return false
    const lines = node.type === 'BLOCK_LITERAL' ? changedLines(node.value, after, start, state.file.text) : null
    if (lines !== null) {
      state.edits.push(...lines)
      return true
    }
    // What needs no quotes on a line of its own may need them between brackets.
    const like = inFlow && node.type === 'PLAIN' ? null : (node.type ?? null)
    state.edits.push({ start, end, text: scalarText(after, like) + lineEndAt(end, state) })
  } else return false
  return true
}

/** Of a block of text that has as many lines as before, those that are others; null where it has not. */
function changedLines(before: unknown, after: unknown, start: number, text: string): readonly Edit[] | null {
  if (typeof before !== 'string' || typeof after !== 'string') return null
  const [was, is] = [before.split('\n'), after.split('\n')]
  if (was.length !== is.length) return null
  const edits: Edit[] = []
  let at = text.indexOf('\n', start) + 1
  for (const [index, line] of was.entries()) {
    const end = text.indexOf('\n', at)
    const written = text.slice(at, end < 0 ? text.length : end)
    if (!written.endsWith(line) && line !== '') return null
    const own = is[index] ?? ''
    const indent = written.length - line.length
    if (own !== line && (line === '' || own.trim() === '' || /^\s/.test(own) !== /^\s/.test(line))) return null
    if (own !== line) edits.push({ start: at + indent, end: at + written.length, text: own })
    at = end < 0 ? text.length : end + 1
  }
  return edits
}

function changeMap(map: YAMLMap, after: Json, inFlow: boolean, state: RewriteState): void {
  const before = nodeValue(map, state.document) as Json
  const own = map.items.filter((pair) => keyOf(pair) !== null)
  const gone = own.filter((pair) => !Object.hasOwn(after, keyOf(pair) ?? ''))
  // The first key may stand behind the dash of a list, and then the second one would take its place.
  const bothFirst = map.items.slice(0, 2).every((pair) => gone.includes(pair))
  if (gone.length > 0 && (inFlow || gone.length === map.items.length || bothFirst)) {
    replace(map, after, inFlow, state)
    return
  }
  for (const pair of gone) removeLines(pair, state)
  const added: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(after)) {
    const pair = own.find((one) => keyOf(one) === key)
    // What comes in by a merge key is there already.
    if (pair === undefined && !(Object.hasOwn(before, key) && isEqual(before[key], value))) added[key] = value
    if (pair === undefined || isEqual(before[key], value)) continue
    if (!isNode(pair.value) || !change(pair.value, value, inFlow, state)) replaceValue(pair, value, inFlow, state)
  }
  if (Object.keys(added).length === 0) return
  if (inFlow) {
    insertFlow(map, flowText(added).replace(/^\{ ?| ?\}$/g, ''), state)
    return
  }
  const [first] = map.items
  insertLines(map, added, columnOf(startOf(first), state.file.text), state)
}

/** Items that have names are told by them: some are gone, and all that stay are in their order. */
function isTakenOut(seq: YAMLSeq, after: readonly unknown[], inFlow: boolean): boolean {
  const kept = keptItems(seq, after)
  return kept !== null && after.length > 0 && !inFlow && seq.flow !== true
}

/** Null where they have no names, or another order. */
function keptItems(seq: YAMLSeq, after: readonly unknown[]): readonly unknown[] | null {
  const named = (item: unknown): unknown => (isMap(item) ? item.get('name') : undefined)
  const names = after.map((value) => (isObject(value) ? value.name : undefined))
  if ([...seq.items.map(named), ...names].some((name) => typeof name !== 'string')) return null
  const kept = seq.items.filter((item) => names.includes(named(item)))
  return kept.every((item, index) => named(item) === names[index]) ? kept : null
}

function changeSeq(seq: YAMLSeq, after: readonly unknown[], inFlow: boolean, state: RewriteState): void {
  const kept = inFlow ? null : keptItems(seq, after)
  if (kept !== null && kept.length < seq.items.length)
    for (const item of seq.items) if (isNode(item) && !kept.includes(item)) removeItem(item, state)
  const items = kept ?? seq.items
  items.forEach((item, index) => {
    const value = after[index]
    if (!isNode(item) || isEqual(nodeValue(item, state.document), value)) return
    if (change(item, value, inFlow, state)) return
    const [start, end] = rangeOf(item)
    state.edits.push({
      start,
      end,
      text: `${start === end ? ' ' : ''}${scalarText(value, null)}${lineEndAt(end, state)}`,
    })
  })
  const added = after.slice(items.length)
  if (added.length === 0) return
  if (inFlow) {
    insertFlow(seq, flowText(added).replace(/^\[ ?| ?\]$/g, ''), state)
    return
  }
  insertLines(seq, added, columnOf(rangeOf(seq)[0], state.file.text), state)
}

/** Another kind of value for a key: on lines of its own below the key, or in the line where that is the style around it. */
function replaceValue(pair: Pair, after: unknown, inFlow: boolean, state: RewriteState): void {
  const { value } = pair
  const { text } = state.file
  const isFlow = inFlow || (isCollection(value) && value.flow === true)
  if (
    isNode(value) &&
    ((isCollection(value) && isFlow) || (isSeq(value) && Array.isArray(after) && after.length > 0))
  ) {
    replace(value, after, isFlow, state)
    return
  }
  const keyEnd = afterColon(pair, text)
  const end = Math.max(contentEnd(pair, text), keyEnd)
  if (isFlow || (!isObject(after) && !Array.isArray(after)) || isEmpty(after)) {
    const isBare = !isNode(value) || rangeOf(value)[0] === rangeOf(value)[1] || isCollection(value)
    const start = isBare ? keyEnd : rangeOf(value)[0]
    state.edits.push({ start, end, text: `${isBare ? ' ' : ''}${scalarText(after, null)}${lineEndAt(end, state)}` })
    return
  }
  const lines = belowKey(after, pair, { text, style: state.style })
  state.edits.push({ start: keyEnd, end, text: eol(lines, state) + lineEndAt(end, state) })
}

/** The content of a block of text reaches over its line end. */
function lineEndAt(end: number, { file, style }: RewriteState): string {
  return file.text[end - 1] === '\n' ? style.eol : ''
}

function replace(node: Node, after: unknown, inFlow: boolean, state: RewriteState): void {
  const [start] = rangeOf(node)
  const end = contentEnd(node, state.file.text)
  const block = !inFlow && !isEmpty(after)
  const text = block
    ? blockText(after, columnOf(start, state.file.text), state.style).trimStart().replace(/\n$/, '')
    : flowText(after)
  state.edits.push({ start, end, text: eol(text, state) + lineEndAt(end, state) })
}

function removeLines(pair: Pair, state: RewriteState): void {
  const { text } = state.file
  const start = startOf(pair)
  const line = text.lastIndexOf('\n', start - 1) + 1
  const next = lineAfter(contentEnd(pair, text), text)
  if (text.slice(line, start).trim() === '') state.edits.push({ start: line, end: next, text: '' })
  else {
    // The first key of a list's item stands behind the dash: the next one takes its place.
    const column = start - line
    state.edits.push({ start, end: Math.min(next + column, text.length), text: '' })
  }
}

/** With the comments right above it, which are about it. */
function removeItem(item: Node, state: RewriteState): void {
  const { text } = state.file
  let start = text.lastIndexOf('\n', rangeOf(item)[0] - 1) + 1
  for (;;) {
    const above = text.lastIndexOf('\n', start - 2) + 1
    if (start === 0 || !/^[ \t]*#/.test(text.slice(above, start))) break
    start = above
  }
  state.edits.push({ start, end: lineAfter(contentEnd(item, text), text), text: '' })
}

/** Below the last line of a block collection, and below comments that are set in deeper: those go with that line. */
function insertLines(node: Node, added: unknown, column: number, state: RewriteState): void {
  const { text } = state.file
  const end = lineAfter(contentEnd(node, text), text)
  const comments = new RegExp(`(?: {${column + 1},}#.*(?:\\n|$))*`, 'y')
  comments.lastIndex = end
  const at = end + (comments.exec(text)?.[0].length ?? 0)
  const missing = at > 0 && text[at - 1] !== '\n'
  const own = eol(blockText(added, column, state.style), state)
  const body = missing ? state.style.eol + own.slice(0, own.length - state.style.eol.length) : own
  state.edits.push({ start: at, end: at, text: body })
}

function insertFlow(node: YAMLMap | YAMLSeq, inner: string, state: RewriteState): void {
  const last = node.items.at(-1)
  const [start] = rangeOf(node)
  const at = last === undefined ? start + 1 : contentEnd(last, state.file.text)
  state.edits.push({ start: at, end: at, text: last === undefined ? inner : `, ${inner}` })
}

function eol(text: string, { style }: RewriteState): string {
  return style.eol === '\n' ? text : text.replaceAll('\n', style.eol)
}

/** `[]` and `{}` have no lines. */
function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0
}
