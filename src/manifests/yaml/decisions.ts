import { isMap, type Pair } from 'yaml'
import {
  DECIDE,
  decideLine,
  decisionIn,
  decisionKey,
  isProvable,
  MOST_DECISIONS,
  type Standing,
  type Todo,
} from '../../decisions.ts'
import { applyEdits, type Edit, lineOf } from '../../edit.ts'
import type { YamlFile } from './file.ts'
import { keyOf, startOf, yamlStyle } from './style.ts'

/** A key above which comments leave something to a person: the one that `path` leads to, or the first of a document. */
export interface DecisionPlace {
  readonly document: number
  readonly path: readonly string[]
}

export type DecisionLine = Pick<Standing, 'message' | 'line' | 'span'>

/** What is left to a person about a key; `isProved`: a run has passed, and what was left to it is decided. */
export interface LeftAt extends DecisionPlace {
  readonly todos: readonly Todo[]
  readonly isProved: boolean
}

/** What the comments right above a key say, from the top. */
export function decisionsAbove(file: YamlFile, place: DecisionPlace): readonly DecisionLine[] {
  const at = file.text.includes(DECIDE) ? keyLine(file, place) : null
  if (at === null) return []
  const { text } = file
  const found: DecisionLine[] = []
  // A line that is set in otherwise may be part of a text: a block, or a value that goes on.
  for (let end = at.start - 1; end >= 0; ) {
    const start = text.lastIndexOf('\n', end - 1) + 1
    const line = text.slice(start, end)
    if (!line.startsWith(`${at.indent}#`)) break
    const message = decisionIn(line)
    if (message !== null) found.unshift({ message, line: lineOf(text, start), span: { start, end: end + 1 } })
    end = start - 1
  }
  return found.slice(0, MOST_DECISIONS)
}

/** The text with these above the keys that they are about, but for those that it says there already. A key within a line gets none. */
export function withDecisions(file: YamlFile, left: readonly LeftAt[]): string {
  const { eol } = yamlStyle(file)
  const edits = left.flatMap((place): readonly Edit[] => {
    const at = keyLine(file, place)
    if (at === null) return []
    const standing = decisionsAbove(file, place)
    const said = standing.map(({ message }) => decisionKey(message))
    const open = place.todos.filter(({ message }) => !said.includes(decisionKey(message)))
    const lines = [...new Set(open.map((todo) => decideLine(todo.message, todo.isProvable)))]
    const added = lines.slice(0, Math.max(0, MOST_DECISIONS - said.length)).map((line) => `${at.indent}${line}${eol}`)
    const keys = place.todos.map(({ message }) => decisionKey(message))
    const gone = standing.filter(
      ({ message }) => place.isProved && isProvable(message) && !keys.includes(decisionKey(message)),
    )
    return [
      ...gone.map(({ span }) => ({ ...span, text: '' })),
      ...(added.length === 0 ? [] : [{ start: at.start, end: at.start, text: added.join('') }]),
    ]
  })
  return applyEdits(file.text, edits)
}

/** Null for a key that does not begin its line. */
function keyLine(
  { documents, text }: YamlFile,
  { document, path }: DecisionPlace,
): { readonly start: number; readonly indent: string } | null {
  let node: unknown = documents[document]?.contents
  let pair: Pair | undefined
  for (const key of path.length === 0 ? [null] : path) {
    if (!isMap(node) || node.flow === true) return null
    pair = key === null ? node.items[0] : node.items.find((one) => keyOf(one) === key)
    node = pair?.value
  }
  if (pair === undefined) return null
  const offset = startOf(pair)
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const indent = text.slice(start, offset)
  return /^ *$/.test(indent) ? { start, indent } : null
}
