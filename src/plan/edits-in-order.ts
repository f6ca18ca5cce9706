import {
  applySubstitutions,
  escapeEre,
  type FileEdit,
  followingEdits,
  inPlaceOf,
  matches,
  mergeByFile,
  type Substitution,
  withoutMade,
} from '../evidence/file-edit.ts'
import type { PlanContext } from './plan-context.ts'
import type { PortPlan } from './ports/plan-ports.ts'
import { hasSed } from './tools.ts'

/** All edits of files, before those that are excluded are left out. */
export function changesOf(context: PlanContext, ports: PortPlan): readonly FileEdit[] {
  const { input, stepDown, textOf } = context
  const changes = eachFileOnce(
    [
      ...ports.fileEdits,
      ...input.vendor.fileEdits,
      ...stepDown.fileEdits,
      ...(input.observation === null ? input.stated.fileEdits : []),
    ],
    context,
  )
  return [...changes, ...mergeByFile(followingEdits(changes, textOf, input.stated.view.contents.texts))]
}

/** Edits of one file by several paths get one path, the one that a COPY names where there is one, and the same change is made once. */
function eachFileOnce(edits: readonly FileEdit[], { input, readable }: PlanContext): readonly FileEdit[] {
  const realOf = (path: string): string => (readable.files.known && readable.files.value.resolve(path)) || path
  const { brought } = input.stated.view.contents
  const paths = new Map<string, string>()
  for (const { path } of edits) {
    const before = paths.get(realOf(path))
    if (before === undefined || (!brought.has(before) && brought.has(path))) paths.set(realOf(path), path)
  }
  const made: FileEdit[] = []
  for (const edit of edits) {
    const path = paths.get(realOf(edit.path)) ?? edit.path
    const before = made.filter((other) => other.path === path && other.purpose === edit.purpose)
    const known = path === edit.path ? [] : before.flatMap((other) => other.substitutions)
    const substitutions = withoutMade(edit.substitutions, known)
    if (substitutions.length > 0) made.push({ ...edit, path, substitutions })
  }
  return made
}

/** Without sed the whole file is written anew, so the plan carries its text. */
export function withTexts(edits: readonly FileEdit[], { tools, textOf }: PlanContext): readonly FileEdit[] {
  return hasSed(tools) ? edits : edits.map((edit) => ({ ...edit, text: textOf(edit.path) }))
}

/** With the file of the build context that each is made in, where that may be changed itself. */
export function withBrought(edits: readonly FileEdit[], { input, textOf }: PlanContext): readonly FileEdit[] {
  const { brought } = input.stated.view.contents
  return edits.map((edit) => {
    const file = brought.get(edit.path)
    if (file === undefined || file.text !== textOf(edit.path)) return edit
    // The copies of a file that is copied twice may need different changes.
    if ([...brought.values()].some((other) => other !== file && other.origin === file.origin)) return edit
    if (edits.some((one) => one.path === edit.path && applySubstitutions(file.text, one.substitutions) === null))
      return edit
    const inContext = input.editable?.get(file.origin)
    return { ...edit, brought: file, ...(inContext === undefined ? {} : { inContext }) }
  })
}

/** As the pipeline writes them: `transforms/index.ts`. */
const ORDER: readonly FileEdit['purpose'][] = ['port', 'config', 'step-down']

/**
 * The edits in the order in which they are made. Each looks for the text that the earlier ones leave: `httpd -p 80 -u www` reads
 * differently once its port has moved.
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

/** The edit, rewritten for the text that earlier edits leave; unchanged where it still matches, or where no rewriting is certain. */
function after(earlier: readonly Substitution[], one: Substitution, text: string): Substitution {
  const left = applySubstitutions(text, earlier)
  const said = literal(one.pattern)
  if (left === null || said === null || one.remove === true) return one
  if (matches(left, one) || !matches(text, one)) return one
  const from = applySubstitutions(said, earlier)
  const asked = one.replacement.replace(/\\(.)/gs, '$1')
  const applied = applySubstitutions(asked, earlier)
  if (from === null || applied === null) return one
  // An edit that was found by its whole line no longer matches it: only the words that differ are changed.
  const to = applied === asked ? changedWords(said, asked, from) : applied
  if (to === null || from === to) return one
  const rebased = { ...one, ...inPlaceOf(from, to), global: one.global }
  return matches(left, rebased) ? rebased : one
}

/** The change from `before` to `after`, applied to a third text that resembles `before`; null where the place is ambiguous. */
function changedWords(before: string, after: string, text: string): string | null {
  const [old, asked] = [wordsOf(before), wordsOf(after)]
  if (old.length !== asked.length) return changedPart(old, asked, wordsOf(text))
  const places = old.flatMap((word, at) => (word === asked[at] ? [] : [[word, asked[at] ?? ''] as const]))
  let changed: string | null = text
  for (const [word, other] of places) {
    const parts: readonly string[] = changed === null ? [] : wordsOf(changed)
    changed =
      parts.filter((part) => part === word).length === 1
        ? parts.map((part) => (part === word ? other : part)).join('')
        : null
  }
  return changed
}

/** As `changedWords`, for a change that drops or adds neighbouring words: `chpst -u www httpd` → `httpd`. Null where they stand there twice. */
function changedPart(old: readonly string[], asked: readonly string[], words: readonly string[]): string | null {
  const shorter = Math.min(old.length, asked.length)
  let [start, end] = [0, 0]
  while (start < shorter && old[start] === asked[start]) start += 1
  while (end < shorter - start && old.at(-1 - end) === asked.at(-1 - end)) end += 1
  const part = old.slice(start, old.length - end)
  const places = words.flatMap((_, at) => (part.every((word, n) => words[at + n] === word) ? [at] : []))
  const [place, ...more] = places
  if (part.length === 0 || place === undefined || more.length > 0) return null
  const inPlace = asked.slice(start, asked.length - end)
  return [...words.slice(0, place), ...inPlace, ...words.slice(place + part.length)].join('')
}

function wordsOf(text: string): readonly string[] {
  return text.split(/(?<=[\s"'])|(?=[\s"'])/)
}

/** The one text that a pattern matches; null where it matches more than one. */
function literal(pattern: string): string | null {
  const text = pattern.replace(/\\(.)/gs, '$1')
  return escapeEre(text) === pattern ? text : null
}
