import type { Edit } from '../src/edit.ts'
import type { Transform } from '../src/transform.ts'

export const numberUser: Transform = {
  name: 'number-user',
  summary: 'Write a USER that is not root in numbers, with its group.',
  *run(dockerfile, { plan }) {
    for (const { stage: index, outcome, userNumber, rootSteps } of plan.stages) {
      const stage = dockerfile.stages[index]
      const instruction = userNumber === null ? undefined : stage?.instructions[userNumber.line]
      if (outcome !== 'already' || userNumber === null || instruction === undefined) continue
      const { text, pins, message, hint } = userNumber
      // A line that moves is written anew where it goes.
      const moves = rootSteps.some((steps) => steps.move === userNumber.line)
      if (moves && userNumber.outcome === 'fixed') continue
      const edits: Edit[] = pins.map((pin) => ({ start: pin.at, end: pin.at, text: pin.text }))
      if (text !== null && !moves) edits.push({ ...instruction.rest, text })
      yield {
        outcome: userNumber.outcome,
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
