import { quotedWord } from '../src/borders/dockerfile.ts'
import { decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { keyword, reason } from './edits/lines.ts'
import { insertLines, placeOf } from './edits/placement.ts'

export const setWorkdir: Transform = {
  name: 'set-workdir',
  summary: 'Let a program that makes files where it starts start in a folder of its own.',
  needs: ['prefer-vendor', 'build-as-root', 'own-writable-paths'],
  *run(dockerfile, { stage, plan }) {
    for (const { path, reason: why, evidence } of decided(plan, 'set-workdir')) {
      const lines = [...reason(why), `${keyword(dockerfile, 'WORKDIR')} ${quotedWord(path, dockerfile.escape)}`]
      yield {
        outcome: 'fixed',
        line: stage.from.line,
        column: stage.from.column,
        message: `it starts in ${path}: ${why}`,
        evidence,
        edits: [insertLines(dockerfile, placeOf(dockerfile, stage, plan.end, 'set-workdir'), lines)],
      }
    }
  },
}
