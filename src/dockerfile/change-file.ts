import { shellWord, unwritable, unwritablePath, unwritableTarget, unwritableText } from '../borders/dockerfile.ts'
import { applySubstitutions, sedCommand } from '../evidence/file-edit.ts'
import type { FileEdit, Tools } from '../plan/plan.ts'
import { hasSed } from '../plan/tools.ts'
import type { Dockerfile } from './model.ts'
import { copyText, reason, runStep } from './write.ts'

/** The lines that change text files of the image: sed where there is one, else the whole new text; null where neither works. */
export function changeFiles(
  dockerfile: Dockerfile,
  edits: readonly FileEdit[],
  tools: Tools,
  summary?: string,
): readonly string[] | null {
  if (edits.length === 0) return []
  const why = reason(summary ?? [...new Set(edits.map((edit) => edit.reason))].join('; '))
  if (hasSed(tools))
    return [
      ...why,
      ...runStep(
        dockerfile,
        edits.map((edit) => sedCommand(edit, shellWord)),
      ),
    ]
  const lines: string[] = [...why]
  for (const edit of edits) {
    const { text = null } = edit
    const changed = text === null ? null : applySubstitutions(text, edit.substitutions)
    if (changed === null) return null
    lines.push(...copyText(dockerfile, changed, edit.path, ''))
  }
  return lines
}

/** Why a change cannot be written into a Dockerfile, as half a sentence; null where it can. */
export function unwritableEdit({ path, substitutions, text = null }: FileEdit, tools: Tools): string | null {
  if (hasSed(tools)) {
    const scripts = substitutions.flatMap(({ pattern, replacement }) => [pattern, replacement])
    return unwritablePath(path) ?? scripts.map(unwritable).find((why) => why !== null) ?? null
  }
  return unwritableTarget(path) ?? (text === null ? null : unwritableText(text))
}
