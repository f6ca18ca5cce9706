import type { Operation } from '../../evidence/operation.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'
import { operationsBy, refusedWork } from './refused-work.ts'

/**
 * What a plan gives otherwise, and says so where it cannot: another identity, owners, ports; a root of its own is a
 * precaution; and a higher limit or priority is asked for and done without.
 */
const OTHERWISE = new Set([
  ...['SETUID', 'SETGID', 'SETPCAP', 'SYS_CHROOT'],
  ...['CHOWN', 'FOWNER', 'DAC_OVERRIDE', 'NET_BIND_SERVICE'],
  ...['SYS_NICE', 'SYS_RESOURCE'],
])

/**
 * A raw socket, a device: what root was allowed in the original and no other user ever is. A program that is refused it
 * and goes on without a word may have lost its work, or a wish; only a check of the user's own can tell which.
 */
export function lostCapability(original: RunRecord, traced: RunRecord | null): readonly ReportCheck[] {
  const had = operationsBy(original, 'done', capabilityOf)
  const has = operationsBy(traced, 'done', capabilityOf)
  const lost = [...operationsBy(traced, 'refused', capabilityOf)].find(
    ([name]) => had.has(name) && !has.has(name) && !OTHERWISE.has(name),
  )
  if (lost === undefined) return []
  const [name, { detail }] = lost
  return [refusedWork(original, { name: `what takes ${name}`, detail })]
}

function capabilityOf({ capability }: Operation): string | null {
  return capability ?? null
}
