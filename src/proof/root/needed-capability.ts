import type { Operation } from '../../plan/operation.ts'
import type { ProveRequest } from '../prove.ts'
import { hasPassed, type Round } from '../round.ts'
import type { RunRecord } from '../run/run-record.ts'
import { originalUnder } from './original-under.ts'

/**
 * Why a result cannot do what the original does: it is refused something for which there is only a capability (a raw
 * socket, the clock), no owner, no port and no setting; and as root without that capability the original does not do it
 * either, which is shown by a run. Null where that is not so.
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
    return `it takes ${capability}, which only root has in a container: ${detail}; as root without it, it does not do what it did either`
  }
  return null
}

/** The first refusal of each capability that the original had and used. */
function lackedCapabilities(original: RunRecord, last: Round): readonly Operation[] {
  if (hasPassed(last) || last.run?.traced?.trace == null) return []
  const used = (record: RunRecord, outcome: Operation['outcome']): readonly Operation[] =>
    (record.trace?.operations ?? []).filter(
      (operation) => operation.access === 'use-capability' && operation.outcome === outcome,
    )
  const had = new Set(used(original, 'done').map(({ capability }) => capability))
  const refused = used(last.run.traced, 'refused').filter(({ capability }) => had.has(capability))
  return [...new Map(refused.toReversed().map((operation) => [operation.capability, operation])).values()].toReversed()
}
