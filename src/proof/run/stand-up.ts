import type { Engine, RunSpec } from '../../engine/engine.ts'
import type { ImageConfig } from '../../image/facts.ts'
import { type Listening, listening } from './listening.ts'
import { type Ready, type ReadyOptions, waitUntilReady } from './ready.ts'
import { type Started, start } from './started.ts'

/** A container that was started. */
export interface Begun extends Started {
  /** When, milliseconds since 1970. */
  readonly since: number
  readonly listens: Listening
}

/** What came of waiting for it. */
export interface Up {
  /** When it was up, or given up, milliseconds since 1970. */
  readonly since: number
  readonly ready: Ready
}

/** `trace`: traces it; the config says what the image starts. */
export async function begin(engine: Engine, spec: RunSpec, trace?: ImageConfig): Promise<Begun> {
  const since = Date.now()
  const started = await start(engine, spec, trace)
  return { ...started, since, listens: listening(engine, started.container) }
}

export async function waitFor(engine: Engine, { container, listens }: Begun, options: ReadyOptions): Promise<Up> {
  const ready = await waitUntilReady(engine, container, options, listens)
  return { since: Date.now(), ready }
}
