import type { Dockerfile, Stage } from '../src/dockerfile/model.ts'
import type { Edit } from '../src/edit.ts'
import { decided, type StagePlan } from '../src/plan/plan.ts'
import type { RootSteps } from '../src/plan/step-down/root-steps.ts'
import type { Transform } from '../src/transform.ts'
import { keyword, reason } from './edits/lines.ts'
import { insertLines, type LinePlace, placeAfter, placeBefore, placeOf, removeInstruction } from './edits/placement.ts'

export const buildAsRoot: Transform = {
  name: 'build-as-root',
  summary: 'Run the build steps that need root as root: move a USER that comes too early, or go back to it after them.',
  needs: ['prefer-vendor', 'set-user', 'number-user'],
  *run(dockerfile, { stage, plan }) {
    for (const steps of decided(plan, 'build-as-root')) {
      const first = stage.instructions[steps.first]
      if (first === undefined) continue
      yield {
        outcome: 'fixed',
        line: first.line,
        column: first.column,
        message: `${steps.reason}: needs root, so ${steps.move === null ? `it runs as root, then switches back to ${steps.user}` : `USER ${steps.user} moves below it`}`,
        evidence: [{ source: 'declared', subject: steps.user, detail: steps.reason }],
        edits: steps.move === null ? around(dockerfile, stage, steps) : moved(dockerfile, stage, steps),
      }
    }
    for (const { stage: index, by, user } of decided(plan, 'go-on-as-root')) {
      const begun = dockerfile.stages[index]
      if (begun === undefined) continue
      const why = `root goes on here: ${by} ends as ${user} now`
      yield {
        outcome: 'fixed',
        follows: true,
        line: begun.from.line,
        column: begun.from.column,
        message: `USER 0 below FROM: ${by} ends as ${user} now, and its steps were written for root`,
        evidence: [{ source: 'declared', subject: by, detail: `it ends as ${user}` }],
        edits: [
          insertLines(dockerfile, placeAfter(dockerfile, begun.from), [
            ...reason(why),
            `${keyword(dockerfile, 'USER')} 0`,
          ]),
        ],
      }
    }
    for (const base of decided(plan, 'begin-as-root')) {
      const why = `${base} may start as another user, and the next steps need root`
      const place = firstPlace(dockerfile, stage, plan)
      yield {
        outcome: 'fixed',
        line: stage.from.line,
        column: stage.from.column,
        message: `USER 0 above the inserted lines: ${why}`,
        evidence: [{ source: 'assumed', subject: base, detail: 'its user is not known' }],
        edits: [insertLines(dockerfile, place, [...reason(why), `${keyword(dockerfile, 'USER')} 0`])],
      }
    }
  },
}

/** Where the first of the lines that need root goes in: what a volume is to have stands above it. */
function firstPlace(dockerfile: Dockerfile, stage: Stage, plan: StagePlan): LinePlace {
  const last = placeOf(dockerfile, stage, plan.end, 'grant')
  const volume = stage.instructions.find(({ keyword: word }) => word === 'VOLUME')
  if (volume === undefined || decided(plan, 'grant').length === 0) return last
  const above = placeBefore(dockerfile, stage, volume)
  return above.offset < last.offset ? above : last
}

function around(dockerfile: Dockerfile, stage: Stage, { first, last, user, reason: why }: RootSteps): readonly Edit[] {
  const from = stage.instructions[first]
  const to = stage.instructions[last]
  if (from === undefined || to === undefined) return []
  const word = keyword(dockerfile, 'USER')
  return [
    insertLines(dockerfile, placeBefore(dockerfile, stage, from), [...reason(`only root ${why}`), `${word} 0`]),
    insertLines(dockerfile, placeAfter(dockerfile, to), [`${word} ${user}`]),
  ]
}

function moved(dockerfile: Dockerfile, stage: Stage, steps: RootSteps): readonly Edit[] {
  const line = steps.move === null ? undefined : stage.instructions[steps.move]
  const last = stage.instructions[steps.last]
  if (line === undefined || last === undefined) return []
  return [
    removeInstruction(dockerfile, line),
    insertLines(dockerfile, placeAfter(dockerfile, last), [`${keyword(dockerfile, 'USER')} ${steps.user}`]),
  ]
}
