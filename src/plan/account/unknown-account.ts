import { startedByRules } from '../../evidence/servers.ts'
import type { StepDownReport } from '../../image/step-down.ts'
import type { AccountChoice, Remark } from '../plan.ts'
import type { StageInput } from '../stage-input.ts'

/**
 * A start script switches to an account that neither the base image nor the Dockerfile has: the install of a package makes
 * it, with a number that only the build tells, and may close files to everybody else.
 */
export function unknownAccount(
  { stepDowns }: Pick<StepDownReport, 'stepDowns'>,
  account: Pick<AccountChoice, 'name' | 'from'>,
  { facts: { accounts }, stated }: Pick<StageInput, 'facts' | 'stated'>,
): readonly Remark[] {
  // Of a base that nobody knows the account may be its own; of a program that is listed all is known.
  if (!accounts.known || account.from === 'option' || describesPackages(stated)) return []
  const users = new Set(accounts.value.users.map(({ name }) => name))
  const found = stepDowns.find(
    ({ kind, user }) =>
      kind !== 'directive' && user !== null && user !== account.name && !/^\d+$/.test(user) && !users.has(user),
  )
  if (found === undefined || found.user === null) return []
  return [
    {
      outcome: 'todo',
      transform: 'set-user',
      message: `${found.path ?? 'the command'} switches to ${found.user}, an account that the install of a package makes: what belongs to it alone is not known before the build`,
      hint: `run with --prove, or name the account and what it writes, with --user and --writable`,
      evidence: [{ source: 'step-down', subject: found.user, detail: found.text }],
    },
  ]
}

/** All of the servers that it starts from packages are listed. */
function describesPackages(stated: StageInput['stated']): boolean {
  const view = stated?.view
  return view != null && startedByRules(view.start.programs, view.servers).length > 0
}
