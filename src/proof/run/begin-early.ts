import type { Engine, RunSpec } from '../../engine/engine.ts'
import type { ReadyOptions } from './ready.ts'
import { type Begun, begin, type Up, waitFor } from './stand-up.ts'

/**
 * Containers that are started before it is known whether they are needed: one that has to be watched for long is up for
 * as long as it was only waited for.
 */
export interface EarlyRuns {
  /** Starts this image, and waits for it. */
  begin(spec: RunSpec, options: ReadyOptions): void
  /** The one of this image, given once, or null; one that was not seen to open these ports is still to be waited for. */
  take(image: string, ports: readonly number[]): Promise<EarlyRun | null>
  /** Removes what nobody took. */
  drop(): Promise<void>
}

export interface EarlyRun {
  readonly begun: Begun
  /** Null where it is still to be waited for. */
  readonly up: Up | null
}

interface Running {
  readonly begun: Promise<Begun | null>
  readonly up: () => Up | null
  readonly ports: readonly number[]
  /** Whoever takes it waits for it himself. */
  readonly waitNoMore: () => void
}

export function earlyRuns(engine: Engine): EarlyRuns {
  const runs = new Map<string, Running>()
  return {
    begin(spec, options) {
      const waiting = new AbortController()
      let up: Up | null = null
      // What is wrong, the run in its place will tell.
      const begun = begin(engine, spec).catch(() => null)
      begun
        .then(async (one) => {
          const signal = AbortSignal.any([options.signal, waiting.signal])
          if (one !== null) up = await waitFor(engine, one, { ...options, signal })
        })
        .catch(() => undefined)
      runs.set(spec.image, {
        begun,
        up: () => up,
        ports: options.ports,
        waitNoMore: () => waiting.abort(),
      })
    },
    async take(image, ports) {
      const run = runs.get(image)
      if (run === undefined) return null
      runs.delete(image)
      const begun = await run.begun
      const up = run.up()
      run.waitNoMore()
      const isUp = up?.ready.ready === true && ports.every((port) => run.ports.includes(port))
      return begun === null ? null : { begun, up: isUp ? up : null }
    },
    async drop() {
      await Promise.all(
        [...runs.values()].map(async (run) => {
          run.waitNoMore()
          const begun = await run.begun
          // What cannot be removed now, the end of the session removes.
          if (begun !== null) await engine.remove(begun.container).catch(() => undefined)
        }),
      )
      runs.clear()
    },
  }
}
