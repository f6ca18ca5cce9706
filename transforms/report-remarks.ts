import type { Instruction, Stage } from '../src/dockerfile/model.ts'
import type { Remark } from '../src/evidence/claim.ts'
import type { Finding, Transform } from '../src/transform.ts'

export const reportRemarks: Transform = {
  name: 'report-remarks',
  summary: 'Say what needs a person: what must keep root, what is not known and what could not be granted.',
  *run(_dockerfile, { stage, plan }) {
    for (const remark of plan.remarks) yield finding(stage, remark)
  },
}

function finding(stage: Stage, remark: Remark): Finding {
  const place = about(stage, remark.about)
  return {
    transform: remark.transform,
    outcome: remark.outcome,
    ...(remark.question === undefined ? {} : { question: remark.question }),
    line: place.line,
    column: place.column,
    message: remark.message,
    ...(remark.hint === undefined ? {} : { hint: remark.hint }),
    evidence: remark.evidence,
    edits: [],
  }
}

function about(stage: Stage, keyword: string | undefined): Instruction {
  if (keyword === undefined || keyword === 'FROM') return stage.from
  return stage.instructions.findLast((instruction) => instruction.keyword === keyword) ?? stage.from
}
