import { looksLikeFile } from '../places.ts'
import { makePlan } from './make-plan.ts'
import type { Decision, StagePlan } from './plan.ts'
import type { Policy, StageInput } from './stage-input.ts'

/** The plan that a stage with a USER of its own would get if it had none. */
export interface BehindUser {
  readonly plan: StagePlan
  /** The stage's own steps do everything in that plan: it has been hardened before, and what holds for the plan holds for it. */
  readonly isDone: boolean
}

/** `text`: the Dockerfile. Null for a stage of which something else is decided. */
export function planBehindUser(input: StageInput, policy: Policy, text: string): BehindUser | null {
  const { userBefore } = input
  if (!userBefore.known) return null
  const asRoot: StageInput = { ...input, userBefore: { known: true, value: 'root' }, end: null }
  // A port that has moved is not moved again, and one that was kept stays.
  const [plan] = makePlan([asRoot], { ...policy, user: userBefore.value, ports: 'keep' }).stages
  if (plan?.outcome !== 'harden') return null
  const handed = [...new Set([...plan.handed, ...givenTo(plan, input)])]
  return { plan: { ...plan, handed }, isDone: plan.decisions.every((decision) => isMade(decision, text)) }
}

/** Folders that steps give to the account one by one, as this does: a whole tree is more likely its code. */
function givenTo({ account }: StagePlan, { stated }: StageInput): readonly string[] {
  const names = [account?.name ?? '', String(account?.uid ?? '')]
  return stated.view.contents.actions.flatMap(({ tool, value, paths, recursive, certain }) =>
    tool === 'chown' && certain && !recursive && names.includes(value?.split(/[:.]/)[0] ?? '')
      ? paths.filter((path) => !looksLikeFile(path))
      : [],
  )
}

function isMade(decision: Decision, text: string): boolean {
  switch (decision.kind) {
    case 'set-user':
    case 'build-as-root':
    case 'port':
      return true
    case 'edit-file':
      return decision.value.substitutions.every(
        ({ pattern }) => text.includes(pattern) || text.includes(pattern.replaceAll('/', '\\/')),
      )
    default:
      return false
  }
}
