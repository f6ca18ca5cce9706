import { expect } from '@jest/globals'
import type { TargetResult } from '../../../src/report/report.ts'
import type { Hardening } from './cli.ts'

interface Verdict {
  readonly code: number | null
  readonly verdict: string
  readonly passed?: boolean
  readonly rounds?: number
}

/** Where it is another one, all that the report says against it is shown: what ran once may not run so again. */
export function expectVerdict(
  { code, result, stderr }: Pick<Hardening, 'code' | 'result' | 'stderr'>,
  expected: Verdict,
): TargetResult {
  const said: Record<keyof Verdict, unknown> = {
    code,
    verdict: result.verdict,
    passed: result.proof?.passed,
    rounds: result.proof?.rounds,
  }
  const asked = Object.fromEntries(Object.keys(expected).map((key) => [key, said[key as keyof Verdict]]))
  const isIt = JSON.stringify(asked) === JSON.stringify({ ...expected })
  expect({ ...asked, ...(isIt ? {} : { why: against(result), stderr }) }).toEqual(expected)
  return result
}

function against({ findings, proof }: TargetResult): unknown {
  return {
    todo: findings.filter(({ outcome }) => outcome === 'todo').map(({ message }) => message),
    checks: proof?.checks.filter(({ passed }) => !passed),
    cells: proof?.cells.filter(({ outcome }) => outcome === 'fail'),
    remarks: proof?.remarks,
  }
}
