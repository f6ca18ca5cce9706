import type { FileEdit, Plan } from '../plan/plan.ts'
import type { Finding } from '../transform.ts'
import { changeFiles } from './change-file.ts'
import type { Dockerfile } from './model.ts'
import { insertLines, rootPlace } from './placement.ts'

/** One finding a stage for the planned changes of one purpose to text files of the image. */
export function* fileFindings(dockerfile: Dockerfile, plan: Plan, purpose: FileEdit['purpose']): Iterable<Finding> {
  for (const stagePlan of plan.stages) {
    if (stagePlan.fileEdits.length === 0) continue
    const stage = dockerfile.stages[stagePlan.stage]
    const edits = stagePlan.fileEdits.filter((edit) => edit.purpose === purpose)
    if (stagePlan.outcome !== 'harden' || stage === undefined || edits.length === 0) continue
    const lines = changeFiles(dockerfile, edits, stagePlan.tools, stagePlan.text)
    const files = [...new Set(edits.map((edit) => edit.path))].join(', ')
    const reasons = [...new Set(edits.map((edit) => edit.reason))].join('; ')
    const { line, column } = stage.from
    const about = { line, column, evidence: edits.flatMap((edit) => edit.evidence) }
    if (lines === null) {
      const message = `${files} must change and the image has no sed to do it with`
      yield { ...about, outcome: 'todo', message, hint: reasons, edits: [] }
      continue
    }
    yield {
      ...about,
      outcome: 'fixed',
      message: `${files}: ${reasons}`,
      edits: [insertLines(dockerfile, rootPlace(dockerfile, stage, stagePlan.end), lines)],
    }
  }
}
