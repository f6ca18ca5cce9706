import type { Dockerfile, Stage } from '../src/dockerfile/model.ts'
import { childrenOf, runsAsParent } from '../src/dockerfile/stages.ts'
import type { Edit } from '../src/edit.ts'
import { isRootUser } from '../src/image/accounts.ts'
import type { ArgumentDefaults } from '../src/plan/account/stage-users.ts'
import { type AccountChoice, decided, type StagePlan } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { keyword, reason } from './edits/lines.ts'
import { insertLines, placeAfter, placeOf, replacedUser } from './edits/placement.ts'

export const setUser: Transform = {
  name: 'set-user',
  summary: 'Set a numeric USER uid:gid as the last step before the container starts.',
  needs: ['prefer-vendor', 'build-as-root', 'pin-account-id', 'create-user'],
  isGoal: true,
  *run(dockerfile, { stage, plan }) {
    for (const account of decided(plan, 'set-user')) {
      const user = account.text ?? `${account.uid}:${account.gid}`
      const group = plan.anyUid ? '; any uid with group 0 will do' : ''
      const before = plan.userBefore.known ? plan.userBefore.value : 'an unknown user'
      const replaced = replacedUser(stage, plan.end)
      const place = replaced ?? stage.instructions.at(-1) ?? stage.from
      const lines = [
        ...reason(`${describe(account)}, ${origin(account)}${group}`),
        `${keyword(dockerfile, 'USER')} ${user}`,
      ]
      yield {
        outcome: 'fixed',
        line: place.line,
        column: place.column,
        message: `runs as ${describe(account)} instead of ${before}`,
        problem: `runs as ${before}; would run as ${describe(account)}`,
        evidence: account.evidence,
        edits:
          plan.end?.byArgument !== undefined && account.byArgument === true
            ? defaults(plan.end.byArgument, account)
            : [
                replaced === null
                  ? insertLines(dockerfile, placeOf(dockerfile, stage, plan.end, 'set-user'), lines)
                  : { ...replaced.rest, text: user },
                ...childrenAsRoot(dockerfile, stage, plan),
              ],
      }
    }
  },
}

/** Stages that are built upon this one begin as its user: what they run in their build was run as root. */
function childrenAsRoot(dockerfile: Dockerfile, stage: Stage, { userBefore }: StagePlan): readonly Edit[] {
  if (userBefore.known && !isRootUser(userBefore.value)) return []
  const why = `root goes on here: stage ${stage.name ?? stage.index} ends as another user now`
  return childrenOf(dockerfile, stage.index).flatMap((child) =>
    runsAsParent(dockerfile, child)
      ? [
          insertLines(dockerfile, placeAfter(dockerfile, child.from), [
            ...reason(why),
            `${keyword(dockerfile, 'USER')} 0`,
          ]),
        ]
      : [],
  )
}

/** `ARG APP_UID=10001`: USER stays as it is, and who builds with another value has his own. */
function defaults({ user, places }: ArgumentDefaults, { uid, gid }: AccountChoice): readonly Edit[] {
  return places.map(({ name, start, end }) => ({ start, end, text: `${name}=${name === user ? uid : gid}` }))
}

function describe(account: AccountChoice): string {
  if (account.unnumbered === true) return account.name
  const ids = `${account.uid}:${account.gid}`
  return account.name === '' ? ids : `${account.name} (${ids})`
}

function origin(account: AccountChoice): string {
  if (account.from === 'option') {
    const [why] = account.evidence
    return why === undefined || why.source === 'given' ? 'as asked for' : why.detail
  }
  if (account.creation === 'exists')
    return account.evidence.find((item) => item.source !== 'account')?.detail ?? "the image's own account"
  return account.creation === 'none' ? 'a bare uid, which needs no account' : 'numeric, so that Kubernetes can check it'
}
