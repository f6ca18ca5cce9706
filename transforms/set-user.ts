import type { AccountChoice } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { keyword, reason } from './edits/lines.ts'
import { insertLines, replacedUser, userPlace } from './edits/placement.ts'

export const setUser: Transform = {
  name: 'set-user',
  summary: 'Set a numeric USER uid:gid as the last step before the container starts.',
  *run(dockerfile, { plan }) {
    for (const stagePlan of plan.stages) {
      const { account } = stagePlan
      const stage = dockerfile.stages[stagePlan.stage]
      const isChanged = stagePlan.outcome === 'harden' || stagePlan.outcome === 'vendor'
      if (!isChanged || account === null || stage === undefined) continue
      const user = account.text ?? `${account.uid}:${account.gid}`
      const group = stagePlan.anyUid === true ? '; any uid with group 0 will do' : ''
      const before = stagePlan.userBefore.known ? stagePlan.userBefore.value : 'an unknown user'
      const replaced = replacedUser(stage, stagePlan.end)
      const place = replaced ?? stage.instructions.at(-1) ?? stage.from
      yield {
        outcome: 'fixed',
        line: place.line,
        column: place.column,
        message: `runs as ${describe(account)} instead of ${before}`,
        evidence: account.evidence,
        edits: [
          replaced === null
            ? insertLines(dockerfile, userPlace(dockerfile, stage), [
                ...reason(`${describe(account)}, ${origin(account)}${group}`),
                `${keyword(dockerfile, 'USER')} ${user}`,
              ])
            : { ...replaced.rest, text: user },
        ],
      }
    }
  },
}

function describe(account: AccountChoice): string {
  const ids = `${account.uid}:${account.gid}`
  return account.name === '' ? ids : `${account.name} (${ids})`
}

function origin(account: AccountChoice): string {
  if (account.from === 'option') return 'as asked for'
  if (account.creation === 'exists')
    return account.evidence.find((item) => item.source !== 'account')?.detail ?? "the image's own account"
  return account.creation === 'none' ? 'a bare uid, which needs no account' : 'numeric, so that Kubernetes can check it'
}
