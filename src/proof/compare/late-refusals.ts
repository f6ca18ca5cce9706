import type { Operation } from '../../evidence/operation.ts'
import { isRuntimePlace } from '../../places.ts'
import type { ReportCheck } from '../../report/report.ts'
import { newRefusals } from '../learn/learn.ts'
import { DEFAULT_CAPABILITIES } from '../root/default-capabilities.ts'
import type { RunRecord } from '../run/run-record.ts'
import { withoutNumbers } from '../without-numbers.ts'

/**
 * Whether a result is refused something after a while that it was not refused before: a program that says nothing of it
 * goes on, without the key that it reads after seconds. `early` and `later` are one traced run at two times. What root
 * would be refused as well is none of it. Empty where nothing is; traces that go on for as long tell more.
 */
export function lateRefusals(original: RunRecord, early: RunRecord, later: RunRecord): readonly ReportCheck[] {
  if (original.trace === null) return []
  const usual = new Set(newRefusals(early, original).map(keyOf))
  const news = newRefusals(later, original).find((operation) => isRoots(operation) && !usual.has(keyOf(operation)))
  if (news === undefined) return []
  return [{ name: 'what it does later', baseline: 'allowed', result: news.detail, passed: false }]
}

function isRoots({ path, capability }: Operation): boolean {
  if (capability !== undefined && !DEFAULT_CAPABILITIES.includes(capability)) return false
  return path === null || !isRuntimePlace(path)
}

function keyOf({ access, path, port, capability }: Operation): string {
  return `${access} ${withoutNumbers(path ?? '')} ${port ?? ''} ${capability ?? ''}`
}
