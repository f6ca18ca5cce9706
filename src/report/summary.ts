import type { TargetResult, Verdict } from './report.ts'

const order: readonly Verdict[] = ['hardened', 'unchanged', 'incomplete', 'needs-root', 'not-applicable', 'failed']

/** `7 targets: 5 hardened, 1 unchanged, 1 failed; 2 offered fixes held back (--unsafe applies them)` */
export function summaryLine(results: readonly TargetResult[]): string {
  const counts = order
    .map((verdict) => ({ verdict, count: results.filter((result) => result.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`)
  const parts = [`${counted(results.length, 'target')}: ${counts.join(', ')}`]
  const held = findingCount(results, 'offered')
  if (held > 0) parts.push(`${counted(held, 'offered fix', 'offered fixes')} held back (--unsafe applies them)`)
  const left = findingCount(results, 'todo')
  if (left > 0) parts.push(`${counted(left, 'finding')} for a person`)
  const unproved = results.filter(({ proof }) => proof !== null && !proof.passed).length
  if (unproved > 0) parts.push(`${counted(unproved, 'proof')} failed`)
  return parts.join('; ')
}

function findingCount(results: readonly TargetResult[], outcome: 'offered' | 'todo'): number {
  return results.flatMap(({ findings }) => findings).filter((finding) => finding.outcome === outcome).length
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
