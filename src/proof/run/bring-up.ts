import type { Engine, RunSpec } from '../../engine/engine.ts'
import type { EarlyRun } from './begin-early.ts'
import type { Live, LiveOptions } from './live.ts'
import { LiveRun } from './live-run.ts'
import { Sighting } from './sighting.ts'
import { begin, waitFor } from './stand-up.ts'
import { tellEarly } from './tell-early.ts'

/** Starts a container, waits until it is ready, and asks it everything once. `early`: what was done of that before. */
export async function bringUp(
  engine: Engine,
  spec: RunSpec,
  options: LiveOptions,
  early: EarlyRun | null = null,
): Promise<Live> {
  const begun = early?.begun ?? (await begin(engine, spec, options.trace))
  const up = early?.up ?? (await waitFor(engine, begun, options))
  const sighting = new Sighting(engine, spec, options, begun, up)
  const live = new LiveRun(sighting)
  const asked = sighting.look()
  await Promise.all([asked, options.early === undefined ? null : tellEarly(asked, () => live.told(), options.early)])
  return live
}
