import type { ReportPhase, ReportProof } from '../report/report.ts'

export interface Stopwatch {
  /** What was done since the last call was this; the same name again adds to it. */
  lap(name: string): void
  /** The report with the phases so far. */
  on(report: ReportProof): ReportProof
}

/**
 * Where the time of a proof goes: phases come one after the other, what runs side by side is one phase. `since`: when it
 * began, as performance.now() tells it.
 */
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
