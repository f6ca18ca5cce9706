import { csvFields } from '../src/dockerfile/index.ts'
import type { Flag, Instruction } from '../src/dockerfile/model.ts'
import { closedTo } from '../src/plan/grants/closed.ts'
import { noCode } from '../src/plan/grants/image-code.ts'
import type { AccountChoice } from '../src/plan/plan.ts'
import type { Finding, Transform } from '../src/transform.ts'
import { choices } from '../src/words.ts'

export const ownMounts: Transform = {
  name: 'own-mounts',
  summary: 'Give cache, secret and ssh mounts of RUN lines below a non-root USER to that user.',
  needs: ['pin-account-id'],
  *run(_dockerfile, { stage, plan }) {
    // Only what the plan leaves below a USER of the chosen account runs as it; steps that need root are moved above.
    const { account } = plan
    if (plan.outcome !== 'harden' || account === null) return
    let isAccount = false
    for (const instruction of stage.instructions) {
      if (instruction.keyword === 'USER') isAccount = namesAccount(instruction.text, account)
      if (isAccount && instruction.keyword === 'RUN') yield* mounts(instruction, account)
    }
  },
}

function namesAccount(text: string, account: AccountChoice): boolean {
  const user = text.trim().split(':')[0] ?? ''
  // A mount takes numbers alone.
  return account.unnumbered !== true && user !== '' && (user === account.name || user === String(account.uid))
}

function* mounts(instruction: Instruction, { uid, gid }: AccountChoice): Iterable<Finding> {
  for (const flag of instruction.flags) {
    const fields = flag.name === 'mount' && flag.value !== null ? csvFields(flag.value) : null
    const type = fields?.find((field) => field.startsWith('type='))?.slice('type='.length)
    if (fields === null || flag.valueSpan === null || !/^(cache|secret|ssh)$/.test(type ?? '')) continue
    // Who wrote an owner or an open mode meant it.
    if (fields.some((field) => /^(uid|gid|mode)=/.test(field))) continue
    const target = targetOf(flag, fields)
    // A secret is only read; what is in a cache, another build that shares it runs as root.
    const closed = type === 'cache' ? closedTo({ path: target, kind: 'own-directory' }, noCode) : null
    if (closed !== null) {
      yield {
        outcome: 'todo',
        line: instruction.line,
        column: instruction.column,
        message: `the ${type} mount ${target} is not given to ${uid}:${gid}, as whom this step runs: ${closed.reason}`,
        hint: choices('do what needs it in a RUN above the USER line', 'leave the mount out'),
        evidence: [{ source: 'declared', subject: target, detail: `a ${type} mount without uid and gid is root's` }],
        edits: [],
      }
      continue
    }
    yield {
      outcome: 'fixed',
      line: instruction.line,
      column: instruction.column,
      message: `the ${type} mount ${target} belongs to root and this step runs as ${uid}:${gid}: it is given to that user`,
      evidence: [{ source: 'declared', subject: target, detail: `a ${type} mount without uid and gid is root's` }],
      edits: [{ start: flag.valueSpan.end, end: flag.valueSpan.end, text: `,uid=${uid},gid=${gid}` }],
    }
  }
}

function targetOf(flag: Flag, fields: readonly string[]): string {
  const field = fields.find((each) => /^(target|dst|destination|id)=/.test(each))
  return field?.slice(field.indexOf('=') + 1) ?? flag.value ?? ''
}
