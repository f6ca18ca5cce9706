import type { TargetResult } from '../report/report.ts'

export type ExitCode = 0 | 1 | 2

/**
 * 2: a target could not be worked on. 1: a proof failed, something is left for a person, a fix was held back, or `check`
 * finds that something would change. 0: nothing is left to do; a dry run that shows a complete change included.
 */
export function exitCode(results: readonly TargetResult[], { check }: { readonly check: boolean }): ExitCode {
  if (results.some(({ verdict }) => verdict === 'failed')) return 2
  return results.some((result) => remains(result) || (check && result.changed)) ? 1 : 0
}

function remains({ verdict, findings, proof }: TargetResult): boolean {
  if (verdict === 'incomplete' || verdict === 'needs-root') return true
  if (proof !== null && !proof.passed) return true
  return findings.some(({ outcome }) => outcome === 'todo' || outcome === 'offered')
}
