import { shellWord } from '../../src/borders/dockerfile.ts'
import type { Dockerfile } from '../../src/dockerfile/model.ts'
import { applySubstitutions, hasSed, sedCommand } from '../../src/plan/file-edit.ts'
import type { FileEdit, Plan, Tools } from '../../src/plan/plan.ts'
import type { Finding } from '../../src/transform.ts'
import { copyText, reason, runStep } from './lines.ts'
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
    const text = texts(edit.path)
    const changed = text === null ? null : applySubstitutions(text, edit.substitutions)
    if (changed === null) return null
    lines.push(...copyText(dockerfile, changed, edit.path, ''))
  }
  return lines
}
