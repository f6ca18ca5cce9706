import { applySubstitutions, escapeEre, inPlaceOf, matches } from '../evidence/file-edit.ts'
import type { FileEdit, Substitution } from './plan.ts'

/** As the pipeline writes them: `transforms/index.ts`. */
const ORDER: readonly FileEdit['purpose'][] = ['port', 'config', 'step-down']

/**
 * The edits in the order in which they are made, each looking for what those before it leave: the switch of user of
 * `httpd -p 80 -u www` is no longer there as it was once the port has moved.
 */
export function editsInOrder(edits: readonly FileEdit[], textOf: (path: string) => string | null): readonly FileEdit[] {
  const made = new Map<string, readonly Substitution[]>()
  return ORDER.flatMap((purpose) => edits.filter((edit) => edit.purpose === purpose)).map((edit) => {
    const text = textOf(edit.path)
    if (text === null) return edit
    const substitutions = edit.substitutions.map((one) => {
      const before = made.get(edit.path) ?? []
      const rebased = after(before, one, text)
      made.set(edit.path, [...before, rebased])
      return rebased
    })
    return { ...edit, substitutions }
  })
}

/** The same change of the text that the earlier ones leave; as it is where it is found there, or cannot be said. */
function after(earlier: readonly Substitution[], one: Substitution, text: string): Substitution {
  const left = applySubstitutions(text, earlier)
  const said = literal(one.pattern)
  if (left === null || said === null || one.remove === true) return one
  if (matches(left, one) || !matches(text, one)) return one
  const from = applySubstitutions(said, earlier)
  const to = applySubstitutions(one.replacement.replace(/\\(.)/gs, '$1'), earlier)
  if (from === null || to === null || from === to) return one
  const rebased = { ...one, ...inPlaceOf(from, to), global: one.global }
  return matches(left, rebased) ? rebased : one
}

/** The text that a pattern stands for where it stands for one only. */
function literal(pattern: string): string | null {
  const text = pattern.replace(/\\(.)/gs, '$1')
  return escapeEre(text) === pattern ? text : null
}
