import type { Edit } from '../src/edit.ts'
import { decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'

export const numberUser: Transform = {
  name: 'number-user',
  summary: 'Write a USER that is not root in numbers, with its group.',
  needs: ['build-as-root', 'pin-account-id'],
  isGoal: true,
  *run(_dockerfile, { stage, plan }) {
    for (const { line, outcome, text, pins, message, hint } of decided(plan, 'number-user')) {
      const instruction = stage.instructions[line]
      if (instruction === undefined) continue
      // A line that moves is written anew where it goes.
      const moves = decided(plan, 'build-as-root').some((steps) => steps.move === line)
      if (moves && outcome === 'fixed') continue
      const edits: Edit[] = pins.map((pin) => ({ start: pin.at, end: pin.at, text: pin.text }))
      if (text !== null && !moves) edits.push({ ...instruction.rest, text })
      yield {
        outcome,
        line: instruction.line,
        column: instruction.column,
        message,
        ...(hint === '' ? {} : { hint }),
        evidence: [{ source: 'declared', subject: instruction.text, detail: `USER ${instruction.text}` }],
        edits,
      }
    }
  },
}
