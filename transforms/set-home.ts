import { decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { insertEnv } from './edits/lines.ts'

export const setHome: Transform = {
  name: 'set-home',
  summary: 'Point HOME to a folder that the user can enter and write.',
  needs: ['prefer-vendor', 'build-as-root', 'create-user'],
  *run(dockerfile, { stage, plan }) {
    for (const setting of decided(plan, 'set-env')) {
      if (setting.name !== 'HOME') continue
      yield {
        outcome: 'fixed',
        line: stage.from.line,
        column: stage.from.column,
        message: `HOME=${setting.value}: ${setting.reason}`,
        evidence: setting.evidence,
        // Never where the stage's own ENV stands: the build's root would fill the user's home before the account is made.
        edits: [insertEnv(dockerfile, stage, setting)],
      }
    }
  },
}
