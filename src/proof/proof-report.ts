import type { ReportPhase, ReportProof } from '../report/report.ts'
import { causeOf } from './cause.ts'
import { doubts } from './caveats.ts'
import type { Comparison } from './checks/index.ts'
import { capabilitiesOf, uidsOf } from './checks/runs.ts'
import { type Conditions, noConditions } from './conditions/index.ts'
import type { RunRecord } from './container/run-record.ts'

export interface ProvenRun {
  readonly image: string
  readonly record: RunRecord
  readonly comparison: Comparison
  readonly addedBytes: number
  /** Null for what keeps root. */
  readonly cells: Conditions | null
}

/**
 * The measurements as a report. `result` is null where nothing was run beside the baseline. `reasons`: why it could not be
 * compared, or why the comparison says nothing about its work.
 */
export function proofReport(
  engine: string,
  baseline: RunRecord,
  result: ProvenRun | null,
  rounds: number,
  remarks: readonly string[],
  reasons: readonly string[] = [],
): ReportProof {
  const comparison = result?.comparison
  const works = result !== null && failuresOf(result, baseline).length === 0
  const open = result === null || works ? [...reasons, ...notRun(result)] : []
  const told = [...remarks, ...(result === null ? baseline.unread : doubts(baseline, result.record, works))]
  return {
    engine,
    rounds,
    passed: works && open.length === 0,
    ...(open.length === 0 ? {} : { reason: open.join('; ') }),
    parity: comparison?.parity ?? false,
    baseline: { image: baseline.image, uids: uidsOf(baseline), capabilities: capabilitiesOf(baseline) },
    result: result === null ? null : resultRun(result),
    checks: comparison?.checks ?? [],
    cells: result?.cells?.cells ?? noConditions(reasonFor(result)).cells,
    remarks: told.filter((remark) => !open.includes(remark)),
    phases: [],
  }
}

/** Conditions that it must hold under and could not be run under. */
function notRun(result: ProvenRun | null): readonly string[] {
  return (result?.cells?.cells ?? [])
    .filter(({ required, outcome }) => required && outcome === 'not asked')
    .map(({ name, reason }) => `${name}: ${reason}`)
}

/** Why it was not run under other conditions. */
function reasonFor(result: ProvenRun | null): string {
  return result === null ? 'there was nothing to run' : 'it keeps root'
}

function resultRun({ image, record, addedBytes, cells }: ProvenRun): ReportProof['result'] {
  const { processes } = record
  return {
    image,
    uids: uidsOf(record),
    capabilities: capabilitiesOf(record),
    noNewPrivileges: processes.length > 0 && processes.every((process) => process.noNewPrivileges === true),
    readOnlyRootfs: cells?.readOnly ?? false,
    tmpfs: cells?.readOnly === true ? cells.writable : [],
    addedBytes,
  }
}

/** Why a run did not pass, one sentence each; empty when it did. */
export function failuresOf(
  { comparison, record, cells }: Pick<ProvenRun, 'comparison' | 'record' | 'cells'>,
  baseline: RunRecord,
): readonly string[] {
  const refused = (cells?.cells ?? []).filter((cell) => cell.required && cell.outcome === 'fail')
  if (comparison.parity && comparison.locked) return refused.map((cell) => `${cell.name}: ${cell.reason}`)
  const cause = causeOf(comparison.checks, baseline, record)
  return cause === null ? [] : [cause]
}

export interface Stopwatch {
  /** Names the phase since the last call; the same name again adds to it. */
  lap(name: string): void
  /** The report with the phases so far. */
  on(report: ReportProof): ReportProof
}

/** The time of a proof by phases, one after the other; parallel work is one phase. `since`: its start by performance.now(). */
export function stopwatch(since: number): Stopwatch {
  const phases = new Map<string, number>()
  let last = since
  return {
    lap(name) {
      const now = performance.now()
      phases.set(name, (phases.get(name) ?? 0) + now - last)
      last = now
    },
    on: (report) => ({
      ...report,
      phases: [...phases].map(
        ([name, milliseconds]): ReportPhase => ({ name, seconds: Math.round(milliseconds) / 1000 }),
      ),
    }),
  }
}
