import { quotedWord } from '../src/borders/dockerfile.ts'
import type { Transform } from '../src/transform.ts'
import { keyword, reason } from './edits/lines.ts'
import { insertLines, userPlace } from './edits/placement.ts'

export const setWorkdir: Transform = {
  name: 'set-workdir',
  summary: 'Let a program that makes files where it starts start in a folder of its own.',
  *run(dockerfile, { plan }) {
    for (const { stage: index, outcome, workdir } of plan.stages) {
      const stage = dockerfile.stages[index]
      if (outcome !== 'harden' || stage === undefined || workdir === undefined) continue
      const lines = [
        ...reason(workdir.reason),
        `${keyword(dockerfile, 'WORKDIR')} ${quotedWord(workdir.path, dockerfile.escape)}`,
      ]
      yield {
        outcome: 'fixed',
        line: stage.from.line,
        column: stage.from.column,
        message: `it starts in ${workdir.path}: ${workdir.reason}`,
        evidence: workdir.evidence,
        edits: [insertLines(dockerfile, userPlace(dockerfile, stage), lines)],
      }
    }
  },
}
