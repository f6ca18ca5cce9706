import { shellWord } from '../../src/borders/dockerfile.ts'
import type { Dockerfile, Stage } from '../../src/dockerfile/model.ts'
import { applySubstitutions, type FileEdit, sedCommand } from '../../src/evidence/file-edit.ts'
import { decided, type StagePlan, type Tools } from '../../src/plan/plan.ts'
import { hasSed } from '../../src/plan/tools.ts'
import type { Finding } from '../../src/transform.ts'
import { copyText, reason, runStep } from './lines.ts'
import { type InsertedLine, insertLines, placeOf } from './placement.ts'

/** One finding for the planned changes of one purpose to text files of the image. */
export function* fileFindings(
  dockerfile: Dockerfile,
  { stage, plan }: { readonly stage: Stage; readonly plan: StagePlan },
  purpose: FileEdit['purpose'],
): Iterable<Finding> {
  const { inContext, edits } = plannedEdits(plan, purpose)
  for (const path of new Set(inContext.map((edit) => edit.path))) {
    const own = inContext.filter((edit) => edit.path === path)
    const reasons = [...new Set(own.map((edit) => edit.reason))].join('; ')
    const evidence = own.flatMap((edit) => edit.evidence)
    const { line, column } = stage.from
    yield { line, column, evidence, outcome: 'fixed', message: reasons, edits: [], contextEdits: own }
  }
  if (edits.length === 0) return
  const lines = changeFiles(dockerfile, edits, plan.tools)
  const files = [...new Set(edits.map((edit) => edit.path))].join(', ')
  const reasons = [...new Set(edits.map((edit) => edit.reason))].join('; ')
  const { line, column } = stage.from
  const about = { line, column, evidence: edits.flatMap((edit) => edit.evidence) }
  if (lines === null) {
    const message = `${files} must change and the image has no sed to do it with`
    yield { ...about, outcome: 'todo', message, hint: reasons, edits: [] }
    return
  }
  yield {
    ...about,
    outcome: 'fixed',
    message: `${files}: ${reasons}`,
    edits: [insertLines(dockerfile, placeOf(dockerfile, stage, plan.end, 'edit-file'), lines)],
  }
}

/** The changes of one purpose: those of files of the build context, and those that lines of the Dockerfile make. */
export function plannedEdits(
  plan: StagePlan,
  purpose: FileEdit['purpose'],
): { readonly inContext: readonly FileEdit[]; readonly edits: readonly FileEdit[] } {
  const all = decided(plan, 'edit-file').filter((edit) => edit.purpose === purpose)
  const isInContext = ({ inContext }: FileEdit): boolean => inContext !== undefined
  return { inContext: all.filter(isInContext), edits: all.filter((edit) => !isInContext(edit)) }
}

/** The lines that change text files of the image: sed where there is one, else the whole new text; null where neither works. */
export function changeFiles(
  dockerfile: Dockerfile,
  edits: readonly FileEdit[],
  tools: Tools,
  summary?: string,
): readonly InsertedLine[] | null {
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
  const lines: InsertedLine[] = [...why]
  for (const edit of edits) {
    const { text = null } = edit
    const changed = text === null ? null : applySubstitutions(text, edit.substitutions)
    if (changed === null) return null
    lines.push(...copyText(dockerfile, changed, edit.path, ''))
  }
  return lines
}
