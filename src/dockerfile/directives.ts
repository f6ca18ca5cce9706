import { notADockerfile } from './fail.ts'
import type { Directive } from './model.ts'

const directivePattern = /^#[\s\x85]*([a-zA-Z][a-zA-Z0-9]*)\s*=([\s\S]+)$/

const known: ReadonlySet<string> = new Set(['syntax', 'escape', 'check'])

/**
 * The directive in one line (white space before it stripped); null when it is none, which also ends the directives.
 * Each may stand once.
 */
export function readDirective(
  text: string,
  start: number,
  line: number,
  before: readonly Directive[],
): Directive | null {
  const match = directivePattern.exec(text)
  const name = match?.[1]?.toLowerCase()
  const value = match?.[2]?.trim() || match?.[2]?.at(-1)
  if (name === undefined || value === undefined || !known.has(name)) return null
  if (before.some((directive) => directive.name === name)) {
    throw notADockerfile(`the parser directive '${name}' stands twice`, line, 'keep one of the two lines')
  }
  if (name === 'escape' && value !== '\\' && value !== '`') {
    throw notADockerfile(`the escape directive must be \\ or \`, not '${value}'`, line)
  }
  return { name, value, span: { start, end: start + text.length } }
}
