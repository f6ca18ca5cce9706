import type { ImageFacts } from '../../image/facts.ts'
import type { ReportCheck } from '../../report/report.ts'
import type { RunRecord } from '../container/run-record.ts'
import type { Check, WatchRecord } from './check.ts'
import { boundSockets, filledFiles, keptData, leavesFiles } from './files.ts'
import {
  believed,
  engineFiles,
  homeFiles,
  lostCapability,
  lostPrograms,
  lostSwitches,
  setuidHelpers,
  workAsOthers,
} from './refused-work.ts'
import { capabilities, health, liveness, ports, restart, routes, smoke, stop, uids } from './runs.ts'
import { laterFiles, laterRefusals, log, refusals, sameProcesses } from './watch.ts'

/** All checks of a result, in the order of the report. */
export const CHECKS: readonly Check[] = [
  believed,
  refusals,
  keptData,
  leavesFiles,
  filledFiles,
  boundSockets,
  engineFiles,
  homeFiles,
  lostCapability,
  lostPrograms,
  lostSwitches,
  setuidHelpers,
  workAsOthers,
  laterFiles,
  laterRefusals,
  sameProcesses,
  log,
  liveness,
  health,
  ports,
  routes,
  smoke,
  restart,
  stop,
  uids,
  capabilities,
]

/** The outcome of all checks of a result beside its baseline. */
export interface Comparison {
  readonly checks: readonly ReportCheck[]
  /** It does what the baseline did. */
  readonly parity: boolean
  /** No process is root, none has a capability, and both were read. */
  readonly locked: boolean
}

/** Compares two runs; `moved` says which port of the baseline is which of the result. */
export function compare(baseline: RunRecord, result: RunRecord, moved: ReadonlyMap<number, number>): Comparison {
  const given = CHECKS.flatMap((check) =>
    check.of === 'runs' ? [{ check, results: [...check.compare(baseline, result, moved)] }] : [],
  )
  const pass = (locks: boolean): boolean =>
    given.every(({ check, results }) => (check.locks === true) !== locks || results.every(({ passed }) => passed))
  return { checks: given.flatMap(({ results }) => results), parity: pass(false), locked: pass(true) }
}

export function isPassed({ parity, locked }: Pick<Comparison, 'parity' | 'locked'>): boolean {
  return parity && locked
}

/** What only traces show of whether a run does what the original does; empty where one of them was not traced. */
export function compareTraces(
  original: RunRecord,
  traced: RunRecord | null,
  facts: ImageFacts,
): readonly ReportCheck[] {
  if (traced === null) return []
  const areTraced = original.trace !== null && traced.trace !== null
  return CHECKS.flatMap((check) =>
    check.of === 'traces' && (areTraced || check.evenWithout === true)
      ? [...check.compare(original, traced, facts)]
      : [],
  )
}

export function compareWatched(original: RunRecord, result: RunRecord, watched: WatchRecord): readonly ReportCheck[] {
  return CHECKS.flatMap((check) => (check.of === 'watch' ? [...check.compare(original, result, watched)] : []))
}

/** Adds checks of what it does before the others. Of two with one name the later counts. */
export function withChecks(comparison: Comparison, ...groups: readonly (readonly ReportCheck[])[]): Comparison {
  const checks = groups.flatMap((group, at) =>
    group.filter(({ name }) => !groups.slice(at + 1).some((later) => later.some((other) => other.name === name))),
  )
  return {
    ...comparison,
    checks: [...checks, ...comparison.checks],
    parity: comparison.parity && checks.every((check) => check.passed),
  }
}
