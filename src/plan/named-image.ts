import { resolveUser } from '../image/accounts.ts'
import type { Remark } from './plan.ts'
import type { StageInput } from './stage-input.ts'

/** The user that an image names in its own config, which no line of a Dockerfile can be changed for. */
export function imageUser({ asBuilt, facts, userBefore }: StageInput): readonly Remark[] {
  if (asBuilt !== true || !userBefore.known || !facts.accounts.known) return []
  const user = userBefore.value
  const resolved = resolveUser(user, facts.accounts.value)
  const about = { transform: 'number-user', about: 'FROM', evidence: [] }
  if (!resolved.known)
    return [
      {
        ...about,
        outcome: 'todo',
        message: `the image runs as ${user}, and ${resolved.reason.replace(/^the image/, 'it')}: no container of it starts`,
        hint: 'make the account where the image is built, or build upon it with a USER uid:gid',
      },
    ]
  if (/^\d+(:|$)/.test(user)) return []
  const { uid } = resolved.value
  return [
    {
      ...about,
      outcome: 'note',
      message: `the image runs as ${user}, a name: Kubernetes' runAsNonRoot can only check a number`,
      hint: `set runAsUser: ${uid} beside runAsNonRoot, as harden-image profile --for kubernetes does`,
    },
  ]
}

/** Triggers of an image are for what is built FROM it, and an image that is built from it for its own sake uses them up. */
export function imageTriggers({ asBuilt, triggers = [] }: StageInput): readonly Remark[] {
  if (asBuilt !== true || triggers.length === 0) return []
  return [
    {
      outcome: 'note',
      transform: 'report-remarks',
      message: `the image has ONBUILD triggers (${triggers.join('; ')}): they run in this build, with its context, and the result has none`,
      hint: 'harden the Dockerfiles that are built FROM it: that is what it is for',
      about: 'FROM',
      evidence: [],
    },
  ]
}
