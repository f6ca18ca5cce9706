import { bounds } from '../../bounds.ts'
import type { Engine, RunSpec } from '../../engine/engine.ts'
import type { ImageConfig } from '../../image/facts.ts'
import type { ReadOptions } from '../trace/growing-trace.ts'
import { NOT_BELIEVED, type TracedRun, traceRun } from '../trace/trace.ts'
import type { TraceRecord } from './run-record.ts'

export interface Started {
  readonly container: string
  readonly traced: TracedRun | null
  readonly refused: string | null
}

/** Starts a container, under the tracer where `trace` says what the image starts; `refused` says why not. */
export async function start(engine: Engine, spec: RunSpec, trace?: ImageConfig): Promise<Started> {
  let refused: string | null = null
  if (trace !== undefined) {
    const traced = await traceRun(engine, trace, spec)
    if (traced.known) return { container: traced.value.container, traced: traced.value, refused }
    refused = traced.reason
  }
  return { container: await engine.run(spec), traced: null, refused }
}

/** A trace with holes is none: what it does not show would pass for what was not done. */
export async function traceOf(traced: TracedRun, exercised: ReadOptions = {}): Promise<TraceRecord | string> {
  const all = await traced.read(exercised)
  if (!all.known) return all.reason
  if (all.value.tampered !== null) return `${NOT_BELIEVED}: ${all.value.tampered}`
  if (all.value.cut)
    return `the trace is larger than ${bounds.traceBytes / 1024 ** 2} MB, or has more than ${bounds.traceRows} different accesses, or a line of more than ${bounds.traceLine} characters`
  if (all.value.lost > 0) return `${all.value.lost} calls of the trace could not be read`
  if (all.value.hidden) return 'it works through io_uring, of which a trace shows nothing'
  const { operations, within, processes, timers, unmade, outlived } = all.value
  const { since = 0, until = Number.POSITIVE_INFINITY } = exercised
  const made = processes.filter(
    ({ parent, thread, startedAt }) => parent !== null && !thread && startedAt >= since && startedAt < until,
  )
  return {
    operations,
    exercised: within,
    forked: made.length,
    timers,
    ...(unmade === null ? {} : { unmade }),
    ...(outlived.length === 0 ? {} : { outlived }),
  }
}
