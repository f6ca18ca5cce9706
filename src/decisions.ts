import type { Dockerfile } from './dockerfile/model.ts'
import type { Edit, Span } from './edit.ts'

/** What a todo leaves in a text above the line that it is about, so that it is said again for as long as it stands. */
export const DECIDE = '# harden-image: decide: '
/** A proof that passes decides it: the comment goes then. */
const PROVABLE = ' (or prove it)'
const MOST = 200
/** Of one place; what stands beyond is neither read nor written. */
export const MOST_DECISIONS = 20
export const HOW_DECIDED = 'decide it, and delete this comment'

/** One line for a decision; the message bounded, with no line breaks or control characters. */
export function decideLine(message: string, provable = false): string {
  return `${DECIDE}${bounded(message)}${provable ? PROVABLE : ''}`
}

function bounded(message: string): string {
  const plain = message.replace(/[\s\p{C}]+/gu, ' ').trim()
  return plain.length > MOST ? `${plain.slice(0, MOST - 1).trimEnd()}…` : plain
}

/** The message of such a comment line; null for any other line, and for one that says nothing. */
export function decisionIn(line: string): string | null {
  const text = line.trim()
  const message = text.startsWith(DECIDE) ? text.slice(DECIDE.length).trim() : ''
  if (message === '') return null
  return isProvable(message) ? `${bounded(core(message))}${PROVABLE}` : bounded(message)
}

function core(message: string): string {
  return isProvable(message) ? message.slice(0, -PROVABLE.length) : message
}

export function isProvable(message: string): boolean {
  return message.endsWith(PROVABLE)
}

/** The same for two messages that differ in numbers of lines alone, which each change moves. */
export function decisionKey(message: string): string {
  return bounded(core(message)).replace(/\bline \d+/g, 'line N')
}

/** What is left to a person; `isProvable`: a run that passes would answer it. */
export interface Todo {
  readonly message: string
  readonly isProvable: boolean
}

/** Of todos that no comment holds, as `--comments none` wants it; null for none. */
export function unwritten(count: number): { readonly message: string; readonly hint: string } | null {
  if (count === 0) return null
  const what = count === 1 ? 'the decision' : `the ${count} decisions`
  return {
    message: `--comments none: the next run will not know of ${what} that the change leaves open`,
    hint: 'decide now, or run without --comments none',
  }
}

/** A decision that a comment of the text holds. */
export interface Standing {
  readonly message: string
  readonly line: number
  readonly span: Span
}

export function standingIn({ comments }: Pick<Dockerfile, 'comments'>): readonly Standing[] {
  return comments
    .flatMap(({ text, line, span }) => {
      const message = decisionIn(text)
      return message === null ? [] : [{ message, line, span }]
    })
    .slice(0, MOST_DECISIONS)
}

/** Lines for these, each above the instruction that it is about; what the text holds already is not said twice. */
export function decisionEdits(
  dockerfile: Pick<Dockerfile, 'comments' | 'eol' | 'stages' | 'metaArgs'>,
  todos: readonly (Todo & { readonly line: number })[],
): readonly Edit[] {
  const held = new Set(standingIn(dockerfile).map(({ message }) => decisionKey(message)))
  // Two that are about other lines of a script are two.
  const added = new Set<string>()
  const instructions = [
    ...dockerfile.metaArgs,
    ...dockerfile.stages.flatMap(({ from, instructions }) => [from, ...instructions]),
  ]
  return todos.flatMap(({ message, line, isProvable }): readonly Edit[] => {
    const text = decideLine(message, isProvable)
    const at = instructions.findLast((instruction) => instruction.line <= line)?.lines.start
    if (at === undefined || held.has(decisionKey(message)) || added.has(text)) return []
    if (held.size + added.size >= MOST_DECISIONS) return []
    added.add(text)
    return [{ start: at, end: at, text: `${text}${dockerfile.eol}` }]
  })
}

/** The text without the decisions that a proof has settled. `open`: messages of those that are left. */
export function withoutProved(dockerfile: Pick<Dockerfile, 'source' | 'comments'>, open: readonly string[]): string {
  const left = new Set(open.map(decisionKey))
  let text = dockerfile.source
  for (const { message, span } of standingIn(dockerfile).toReversed()) {
    if (!isProvable(message) || left.has(decisionKey(message))) continue
    const start = text.lastIndexOf('\n', span.start - 1) + 1
    const end = text.indexOf('\n', span.end)
    text = text.slice(0, start) + (end < 0 ? '' : text.slice(end + 1))
  }
  return text
}
