import type { Operation } from '../../plan/operation.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../run/run-record.ts'

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
  const used = (record: RunRecord | null, outcome: Operation['outcome']): readonly Operation[] =>
    (record?.trace?.operations ?? []).filter(
      (operation) => operation.outcome === outcome && operation.capability !== undefined,
    )
  const had = new Set(used(original, 'done').map(({ capability }) => capability))
  const has = new Set(used(traced, 'done').map(({ capability }) => capability))
  const lost = used(traced, 'refused').find(
    ({ capability = '' }) => had.has(capability) && !has.has(capability) && !OTHERWISE.has(capability),
  )
  if (lost === undefined) return []
  const checked = original.smoke.length > 0
  const why = checked
    ? 'your own checks tell whether it does without'
    : 'a check of yours (--smoke) can tell whether it does without'
  return [
    {
      name: `what takes ${lost.capability}`,
      baseline: 'allowed',
      result: `refused (${lost.detail}); ${why}`,
      passed: checked,
    },
  ]
}
