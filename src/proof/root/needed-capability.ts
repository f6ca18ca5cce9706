import type { Operation } from '../../evidence/operation.ts'
import { unseenChroot } from '../learn/learn.ts'
import type { ProveRequest } from '../prove.ts'
import { hasPassed, type Round } from '../round.ts'
import type { RunRecord } from '../run/run-record.ts'
import { originalUnder } from './original-under.ts'

/**
 * Why a result cannot do what the original does: it is refused something for which there is only a capability (a raw
 * socket, the clock, another root folder), no owner, no port and no setting; and as root without that capability the
 * original does not do it either, which is shown by a run. Null where that is not so.
 */
export async function neededCapability(
  request: ProveRequest,
  baseline: RunRecord,
  original: RunRecord,
  last: Round,
): Promise<string | null> {
  for (const { capability = '', detail } of lackedCapabilities(original, last)) {
    request.progress(`looking whether it works without ${capability}`)
    const without = { capDrop: [capability], capAdd: request.capAdd.filter((one) => one !== capability) }
    if ((await originalUnder(request, baseline, without)).comparison.parity) continue
    const told =
      capability === 'SYS_CHROOT'
        ? '; an option or a line that tells it to was not found: where there is one, leave it out'
        : ''
    return `it takes ${capability}, which only root has in a container: ${detail}; as root without it, it does not do what it did either${told}`
  }
  return null
}

/** The first refusal of each capability that the original had and used. */
export function lackedCapabilities(original: RunRecord, last: Round): readonly Operation[] {
  const traced = last.run?.traced ?? null
  if (hasPassed(last) || traced?.trace == null) return []
  const had = new Set(using(original, 'done').map(({ capability }) => capability))
  const refused = [
    ...using(traced, 'refused').filter(({ capability }) => had.has(capability)),
    ...unseenChroot(traced, original),
  ]
  return [...new Map(refused.toReversed().map((operation) => [operation.capability, operation])).values()].toReversed()
}

function using(record: RunRecord, outcome: Operation['outcome']): readonly Operation[] {
  return (record.trace?.operations ?? []).filter(
    (operation) => operation.access === 'use-capability' && operation.outcome === outcome,
  )
}
