import { applySubstitutions, sedCommand } from '../plan/file-edit.ts'
import type { FileEdit, Tools } from '../plan/plan.ts'
import type { Dockerfile } from './model.ts'
import { copyText, reason, runStep, shellWord } from './write.ts'

/** The lines that change text files of the image: sed where there is one, else the whole new text; null where neither works. */
export function changeFiles(
  dockerfile: Dockerfile,
  edits: readonly FileEdit[],
  tools: Tools,
  texts: (path: string) => string | null,
  summary?: string,
): readonly string[] | null {
  if (edits.length === 0) return []
  const why = reason(summary ?? [...new Set(edits.map((edit) => edit.reason))].join('; '))
  const hasSed = tools.shell !== false && (tools.commands === null || tools.commands.has('sed'))
  if (hasSed)
    return [
      ...why,
      ...runStep(
        dockerfile,
        edits.map((edit) => sedCommand(edit, quoteScript)),
      ),
    ]
  const lines: string[] = [...why]
  for (const edit of edits) {
    const text = texts(edit.path)
    const changed = text === null ? null : applySubstitutions(text, edit.substitutions)
    if (changed === null) return null
    lines.push(...copyText(dockerfile, changed, edit.path, ''))
  }
  return lines
}

function quoteScript(word: string): string {
  return /[\s\\'"$`*?[\]{}()|;&<>#~!^]/.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : shellWord(word)
}
