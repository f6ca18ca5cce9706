/** Files of the build context that change with their Dockerfile. */

import type { BroughtText } from '../../src/contents/stage-contents.ts'
import type { Dockerfile, Instruction } from '../../src/dockerfile/model.ts'
import type { Edit } from '../../src/edit.ts'
import { applySubstitutions, type ContextText, type FileEdit, type Substitution } from '../../src/evidence/file-edit.ts'
import type { Finding } from '../../src/transform.ts'
import { copyText } from './lines.ts'
import { insertLines, placeAfter } from './placement.ts'

interface Changed extends ContextText {
  readonly brought: BroughtText
  /** What the COPY calls it in the image. */
  readonly path: string
}

/** What the findings make of the files together. */
export function changedInContext(findings: readonly Pick<Finding, 'contextEdits'>[]): readonly Changed[] {
  const files = new Map<string, Changed>()
  for (const { path, brought, inContext, substitutions } of findings.flatMap(({ contextEdits = [] }) => contextEdits)) {
    if (brought === undefined || inContext === undefined) continue
    const { origin, text } = brought
    const known = files.get(origin) ?? { origin, name: inContext, before: text, after: text, edits: [], brought, path }
    files.set(origin, { ...known, edits: [...known.edits, ...substitutions] })
  }
  return [...files.values()]
    .map((file) => ({ ...file, after: withLines(file.before, file.edits) }))
    .filter(({ before, after }) => before !== after)
}

/** A text with changes that are made line by line. */
export function withLines(text: string, edits: readonly Substitution[]): string {
  return withoutNewGaps(text, (applySubstitutions(text, edits) ?? text).replace(GUARDED_LINE, '$1$2'))
}

/** A line of its own needs no braces: `{ [ "$(id -u)" != 0 ] || chown app /data; }`. */
const GUARDED_LINE = /^([ \t]*)\{ (\[ "\$\(id -u\)" != 0 \] \|\| (?:[^;&|\\\n]|>&\d|\\;)+); \}$/gm

/** A line that goes between two empty ones takes one of them along. */
function withoutNewGaps(before: string, after: string): string {
  const gap = /\n[ \t]*\r?\n(?=[ \t]*\r?\n)/g
  const closed = gap.test(before) ? after : after.replace(gap, '\n')
  return /^\s*\n/.test(before) ? closed : closed.replace(/^(?:[ \t]*\r?\n)+/, '')
}

/** The first line that changes, 1-based. */
export function firstChanged(edits: readonly FileEdit[]): number {
  const [changed] = changedInContext([{ contextEdits: edits }])
  if (changed === undefined) return 1
  const after = changed.after.split('\n')
  const at = changed.before.split('\n').findIndex((line, index) => line !== after[index])
  return Math.max(at, 0) + 1
}

/**
 * Lines that put the changed files over those that a COPY has just brought, with its owner and their mode: with these the context as
 * it is builds what the changed one would. `edits`: what else is done to the Dockerfile. Throws HardenError `unwritable`.
 */
export function broughtAnew(
  dockerfile: Dockerfile,
  files: readonly Changed[],
  edits: readonly Edit[],
): readonly Edit[] {
  return files.map(({ path, after, brought: { copy, mode } }) => {
    const flags = [ownerOf(copy, edits), modeOf(copy, mode)].filter((flag) => flag !== '').join(' ')
    return insertLines(dockerfile, placeAfter(dockerfile, copy), copyText(dockerfile, after, path, flags))
  })
}

function flagOf({ flags }: Instruction, name: string): string | null {
  return flags.find((flag) => flag.name === name)?.value ?? null
}

function ownerOf(copy: Instruction, edits: readonly Edit[]): string {
  const written = flagOf(copy, 'chown')
  if (written !== null) return `--chown=${written}`
  return (
    edits.find(({ start, text }) => start === copy.keywordSpan.end && text.startsWith(' --chown='))?.text.trim() ?? ''
  )
}

function modeOf(copy: Instruction, mode: number): string {
  return `--chmod=${flagOf(copy, 'chmod') ?? mode.toString(8).padStart(4, '0')}`
}
