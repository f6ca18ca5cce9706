import { execForm, jsonWord } from '../src/borders/dockerfile.ts'
import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/model.ts'
import type { Edit } from '../src/edit.ts'
import { type CommandChange, decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { changedWords, keyword, reason } from './edits/lines.ts'
import { insertLines, placeBefore } from './edits/placement.ts'

export const setCommand: Transform = {
  name: 'set-command',
  summary: 'Change arguments of ENTRYPOINT and CMD that only root can follow, or that hold a moved port.',
  needs: ['prefer-vendor', 'raise-ports', 'set-environment', 'expose-ports', 'set-user'],
  *run(dockerfile, { stage, plan }) {
    for (const command of decided(plan, 'set-command')) {
      const place = last(stage, 'CMD') ?? last(stage, 'ENTRYPOINT') ?? stage.from
      yield {
        outcome: 'fixed',
        line: place.line,
        column: place.column,
        message: command.reason,
        evidence: command.evidence,
        edits: edits(dockerfile, stage, command),
      }
    }
  },
}

function edits(dockerfile: Dockerfile, stage: Stage, change: CommandChange): readonly Edit[] {
  const result: Edit[] = []
  const missing: string[] = []
  const wanted = [
    ['ENTRYPOINT', change.entrypoint],
    ['CMD', change.cmd],
  ] as const
  for (const [name, words] of wanted) {
    if (words === null) continue
    const instruction = last(stage, name)
    if (instruction === null) missing.push(`${keyword(dockerfile, name)} ${execForm(words)}`)
    else result.push(...changed(instruction, words))
  }
  if (missing.length > 0) {
    // An ENTRYPOINT drops the CMD of the base image, so the plan says both; ENTRYPOINT comes first.
    const cmd = change.cmd !== null && change.entrypoint !== null ? last(stage, 'CMD') : null
    const place = placeBefore(dockerfile, stage, cmd)
    result.push(insertLines(dockerfile, place, [...reason(change.reason), ...missing]))
  }
  return result
}

function changed(instruction: Instruction, words: readonly string[]): readonly Edit[] {
  const { json } = instruction
  if (json === null) {
    const text = words.length === 3 && words[1] === '-c' ? words[2] : undefined
    return text === undefined ? [{ ...instruction.rest, text: execForm(words) }] : changedWords(instruction, text)
  }
  if (json.length !== words.length) return [{ ...instruction.rest, text: execForm(words) }]
  return json.flatMap((item, index) =>
    item.value === words[index] ? [] : [{ ...item.span, text: jsonWord(words[index] ?? '') }],
  )
}

function last(stage: Stage, name: string): Instruction | null {
  return stage.instructions.findLast((instruction) => instruction.keyword === name) ?? null
}
