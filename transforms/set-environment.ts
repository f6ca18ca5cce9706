import { quotedWord } from '../src/borders/dockerfile.ts'
import type { Dockerfile, Stage } from '../src/dockerfile/model.ts'
import type { Edit } from '../src/edit.ts'
import type { EnvSetting } from '../src/evidence/claim.ts'
import { decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { argumentOf, insertEnv } from './edits/lines.ts'

export const setEnvironment: Transform = {
  name: 'set-environment',
  summary: 'Let variables that hold a moved port say the new one, and set those that a non-root start needs.',
  needs: ['prefer-vendor', 'raise-ports', 'expose-ports', 'set-command'],
  *run(dockerfile, { stage, plan }) {
    const ports = new Set(decided(plan, 'port').flatMap(({ from, to }) => (to === null ? [] : [String(from)])))
    for (const setting of decided(plan, 'set-env')) {
      if (setting.name === 'HOME') continue
      const argument = argumentOf(dockerfile, stage, setting, ports)
      yield {
        outcome: 'fixed',
        line: stage.from.line,
        column: stage.from.column,
        message: `${setting.name}=${setting.value}: ${setting.reason}`,
        evidence: setting.evidence,
        edits: [
          argument !== null
            ? { start: argument.start, end: argument.end, text: setting.value }
            : (inPlace(dockerfile, stage, setting, ports) ?? insertEnv(dockerfile, stage, setting)),
        ],
      }
    }
  },
}

/** The stage's own `ENV NAME=value` line, where the value is written out in one word. */
function inPlace(
  dockerfile: Dockerfile,
  stage: Stage,
  { name, value }: EnvSetting,
  ports: ReadonlySet<string>,
): Edit | null {
  for (const instruction of [...stage.instructions].reverse()) {
    if (instruction.keyword !== 'ENV') continue
    const [first, second] = instruction.words
    if (first?.value === name && second !== undefined && instruction.words.length === 2)
      return { ...second.span, text: quotedWord(value, dockerfile.escape) }
    for (const word of instruction.words) {
      // A name in quotes has other offsets.
      if (!word.value.startsWith(`${name}=`) || !word.text.startsWith(`${name}=`)) continue
      // `PORT=${P:-80}`: what the build is told still counts.
      const [, before = '', number = ''] = /^("?\$\{\w+:?-)(\d+)\}"?$/.exec(word.text.slice(name.length + 1)) ?? []
      if (ports.has(number)) {
        const start = word.span.start + name.length + 1 + before.length
        return { start, end: start + number.length, text: value }
      }
      return {
        start: word.span.start + name.length + 1,
        end: word.span.end,
        text: quotedWord(value, dockerfile.escape),
      }
    }
  }
  return null
}
