import type { Dockerfile, Stage } from '../src/dockerfile/model.ts'
import { insertLines, userPlace } from '../src/dockerfile/placement.ts'
import { envValue, keyword, reason } from '../src/dockerfile/write.ts'
import type { Edit } from '../src/edit.ts'
import type { EnvSetting } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'

export const setEnvironment: Transform = {
  name: 'set-environment',
  summary: 'Set the variables that depend on the user, HOME above all, and those that hold a moved port.',
  *run(dockerfile, { plan }) {
    for (const stagePlan of plan.stages) {
      const stage = dockerfile.stages[stagePlan.stage]
      if (stagePlan.outcome !== 'harden' || stage === undefined) continue
      for (const setting of stagePlan.env) {
        yield {
          outcome: 'fixed',
          line: stage.from.line,
          column: stage.from.column,
          message: `${setting.name}=${setting.value}: ${setting.reason}`,
          evidence: setting.evidence,
          // HOME where it stands would let the build's root fill the user's home before the account is made.
          edits: [(setting.name === 'HOME' ? null : inPlace(stage, setting)) ?? inserted(dockerfile, stage, setting)],
        }
      }
    }
  },
}

/** The stage's own `ENV NAME=value` line, where the value is written out in one word. */
function inPlace(stage: Stage, { name, value }: EnvSetting): Edit | null {
  for (const instruction of [...stage.instructions].reverse()) {
    if (instruction.keyword !== 'ENV') continue
    const [first, second] = instruction.words
    if (first?.value === name && second !== undefined && instruction.words.length === 2)
      return { ...second.span, text: envValue(value) }
    for (const word of instruction.words) {
      if (!word.value.startsWith(`${name}=`)) continue
      return { start: word.span.start + name.length + 1, end: word.span.end, text: envValue(value) }
    }
  }
  return null
}

function inserted(dockerfile: Dockerfile, stage: Stage, setting: EnvSetting): Edit {
  return insertLines(dockerfile, userPlace(dockerfile, stage), [
    ...reason(setting.reason),
    `${keyword(dockerfile, 'ENV')} ${setting.name}=${envValue(setting.value)}`,
  ])
}
