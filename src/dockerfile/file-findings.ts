import { decided, type FileEdit, type StagePlan } from '../plan/plan.ts'
import type { Finding } from '../transform.ts'
import { changeFiles } from './change-file.ts'
import type { Dockerfile, Stage } from './model.ts'
import { insertLines, placeOf } from './placement.ts'

/** One finding for the planned changes of one purpose to text files of the image. */
export function* fileFindings(
  dockerfile: Dockerfile,
  { stage, plan }: { readonly stage: Stage; readonly plan: StagePlan },
  purpose: FileEdit['purpose'],
): Iterable<Finding> {
  const edits = decided(plan, 'edit-file').filter((edit) => edit.purpose === purpose)
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
