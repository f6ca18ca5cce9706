import type { Remark } from './plan.ts'
import type { StageInput } from './stage-input.ts'

/** What is said of an image that nobody could look into. */
export function assumptions(input: StageInput): readonly Remark[] {
  const { facts } = input
  if (facts.files.known || facts.source === 'catalogue') return []
  const reasons: string[] = []
  for (const fact of [facts.accounts, facts.files, facts.os])
    if (!fact.known && !reasons.includes(fact.reason)) reasons.push(fact.reason)
  return [
    {
      outcome: 'note',
      transform: 'set-user',
      message: `${facts.reference} was not looked into (${reasons.join('; ')}): its accounts and the paths it writes are assumed`,
      hint: 'run with --prove, or where an engine has the image, to know instead of assume',
      about: 'FROM',
      evidence: [],
    },
  ]
}
