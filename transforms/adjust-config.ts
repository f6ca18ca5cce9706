import { changeFiles } from '../src/dockerfile/change-file.ts'
import { insertLines, rootPlace } from '../src/dockerfile/placement.ts'
import type { Transform } from '../src/transform.ts'

export const adjustConfig: Transform = {
  name: 'adjust-config',
  summary: 'Change configuration lines of the image that a non-root process cannot follow.',
  *run(dockerfile, { plan }) {
    for (const stagePlan of plan.stages) {
      const stage = dockerfile.stages[stagePlan.stage]
      const edits = stagePlan.fileEdits.filter((edit) => edit.purpose === 'config')
      if (stagePlan.outcome !== 'harden' || stage === undefined || edits.length === 0) continue
      const lines = changeFiles(dockerfile, edits, stagePlan.tools, stagePlan.text)
      const files = edits.map((edit) => edit.path).join(', ')
      const about = {
        line: stage.from.line,
        column: stage.from.column,
        evidence: edits.flatMap((edit) => edit.evidence),
      }
      if (lines === null) {
        yield {
          ...about,
          outcome: 'todo',
          message: `${files} must change and the image has no sed to do it with`,
          hint: edits.map((edit) => edit.reason).join('; '),
          edits: [],
        }
        continue
      }
      yield {
        ...about,
        outcome: 'fixed',
        message: `${files}: ${edits.map((edit) => edit.reason).join('; ')}`,
        edits: [insertLines(dockerfile, rootPlace(dockerfile, stage, stagePlan.end), lines)],
      }
    }
  },
}
