import { decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'

export const pinAccountId: Transform = {
  name: 'pin-account-id',
  summary: 'Give the account that the Dockerfile creates a fixed uid and gid, so that USER can say them.',
  *run(_dockerfile, { plan: { account, ...plan } }) {
    const pins = decided(plan, 'pin-account')
    const [first] = pins
    if (account === null || first === undefined) return
    yield {
      outcome: 'fixed',
      line: first.line,
      column: 1,
      message: `${account.name} is made with the ids ${account.uid}:${account.gid}: without them each build may choose others, and USER must say a number`,
      hint: `files that ${account.name} left in existing volumes have another owner then`,
      evidence: account.evidence,
      edits: pins.map(({ at, text }) => ({ start: at, end: at, text })),
    }
  },
}
