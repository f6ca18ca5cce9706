// Work that is begun before it is known whether it is needed, so that it need not be waited for then.
import { setTimeout as pause } from 'node:timers/promises'
import type { Engine, RunSpec } from '../engine/engine.ts'
import { type Container, type Started, start, type Underway, type Up, waitFor } from './container/container.ts'
import type { ReadyOptions } from './container/readiness.ts'
import type { RunRecord } from './container/run-record.ts'

/** A look at a trace costs about as much, milliseconds. */
const LONG = 150

/**
 * Tells what the trace of a run shows while it is still asked, where that takes long: the start is most of what there is.
 * Not called where it shows nothing.
 */
export async function tellEarly(container: Container, early: (record: RunRecord) => void): Promise<void> {
  const isLong = await Promise.race([container.asked.then(() => false), pause(LONG, true)])
  const record = isLong ? await container.snapshot('trace') : null
  if (record?.trace != null) early(record)
}

/** Containers of results: one that has to be watched for long is up for as long as it was only waited for. */
export interface SpeculativeRuns {
  /** Starts this image, and waits for it. */
  begin(spec: RunSpec, options: ReadyOptions): void
  /** The one of this image, given once, or null; one that was not seen to open these ports is still to be waited for. */
  take(image: string, ports: readonly number[]): Promise<Underway | null>
  /** Removes what nobody took. */
  drop(): Promise<void>
}

interface Running {
  readonly started: Promise<Started | null>
  readonly up: () => Up | null
  readonly ports: readonly number[]
  /** Whoever takes it waits for it himself. */
  readonly waitNoMore: () => void
}

export function speculativeRuns(engine: Engine): SpeculativeRuns {
  const runs = new Map<string, Running>()
  return {
    begin(spec, options) {
      const waiting = new AbortController()
      let up: Up | null = null
      // What is wrong, the run in its place will tell.
      const started = start(engine, spec).catch(() => null)
      started
        .then(async (one) => {
          const signal = AbortSignal.any([options.signal, waiting.signal])
          if (one !== null) up = await waitFor(engine, one, { ...options, signal })
        })
        .catch(() => undefined)
      runs.set(spec.image, {
        started,
        up: () => up,
        ports: options.ports,
        waitNoMore: () => waiting.abort(),
      })
    },
    async take(image, ports) {
      const run = runs.get(image)
      if (run === undefined) return null
      runs.delete(image)
      const started = await run.started
      const up = run.up()
      run.waitNoMore()
      const isUp = up?.ready.ready === true && ports.every((port) => run.ports.includes(port))
      return started === null ? null : { started, up: isUp ? up : null }
    },
    async drop() {
      await Promise.all(
        [...runs.values()].map(async (run) => {
          run.waitNoMore()
          const started = await run.started
          // What cannot be removed now, the end of the session removes.
          if (started !== null) await engine.remove(started.container).catch(() => undefined)
        }),
      )
      runs.clear()
    },
  }
}
