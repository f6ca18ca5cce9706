import type { Exemption } from './exemptions.ts'
import type { Remark, StageOutcome, StagePlan } from './plan.ts'
import type { StageInput } from './stage-input.ts'
import { toolsOf } from './tools.ts'

/** Respected, and said: the stage is left as it is. */
export function exempt(input: StageInput, { line, text, reason }: Exemption): StagePlan {
  const why = reason === '' ? 'without a reason' : reason
  const remark: Remark = {
    outcome: 'note',
    transform: 'set-user',
    message: `stays root: exempted by "${text}" in line ${line} (${why})`,
    hint: 'take the comment out to have it hardened',
    about: 'USER',
    evidence: [{ source: 'given', subject: 'root', detail: `exempted in line ${line}` }],
  }
  return { ...leave(input, 'exempt', remark.message), remarks: [remark] }
}

/** What was made for one uid is not looked into: whether its group may the same shows a run only. */
export function notForAnybody(user: string): Remark {
  return {
    outcome: 'todo',
    transform: 'set-user',
    message: `already runs as ${user}: whether any other uid can run it is not known`,
    hint: 'harden-image prove IMAGE --arbitrary-uid shows it; chgrp -R 0 and chmod -R g=u of what it writes make it so',
    about: 'USER',
    evidence: [{ source: 'given', subject: user, detail: 'asked for with --arbitrary-uid' }],
  }
}

/** Nothing is to be done, for the reason that is given. */
export function leave(input: StageInput, outcome: StageOutcome, reason: string): StagePlan {
  const remarks: Remark[] =
    outcome === 'unknown'
      ? [
          {
            outcome: 'todo',
            transform: 'set-user',
            message: reason,
            hint: 'give the build argument a default, or name the user with --user',
            evidence: [],
          },
        ]
      : []
  return {
    stage: input.stage,
    outcome,
    reason,
    userBefore: input.userBefore,
    account: null,
    decisions: [],
    parts: [],
    unshown: [],
    handed: [],
    tools: toolsOf(input.facts),
    remarks,
    end: null,
    users: null,
    anyUid: false,
    offered: null,
  }
}
