import { decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { reason, runStep } from './edits/lines.ts'
import { insertLines, placeOf } from './edits/placement.ts'

export const dropCapabilities: Transform = {
  name: 'drop-capabilities',
  summary: 'Take capabilities off a program that cannot have them any more, so that it starts without them.',
  needs: ['prefer-vendor', 'build-as-root'],
  *run(dockerfile, { stage, plan }) {
    const capable = decided(plan, 'drop-capabilities')
    if (capable.length === 0) return
    const names = capable.map(({ name }) => name).join(', ')
    const own = capable.some(({ certainty }) => certainty === 'refused')
    const what = own ? 'the capabilities of its own' : 'cap_net_bind_service'
    const why = `without ${what}: --cap-drop=ALL refuses it`
    const lines = runStep(
      dockerfile,
      capable.map(({ removeWith }) => [removeWith]),
    )
    const place = placeOf(dockerfile, stage, plan.end, 'drop-capabilities')
    yield {
      outcome: 'fixed',
      line: stage.from.line,
      column: stage.from.column,
      message: `${names} ${why}`,
      hint: 'this copies the file into a new layer: remove the setcap instead where you can',
      evidence: capable.map(({ evidence }) => evidence),
      edits: [insertLines(dockerfile, place, [...reason(`${names} ${why}`, why), ...lines])],
    }
  },
}
