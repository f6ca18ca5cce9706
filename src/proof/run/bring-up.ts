import { setTimeout as pause } from 'node:timers/promises'
import type { Engine, RunSpec } from '../../engine/engine.ts'
import type { EarlyRun } from './begin-early.ts'
import type { Live, LiveOptions } from './live.ts'
import { LiveRun } from './live-run.ts'
import type { RunRecord } from './run-record.ts'
import { Sighting } from './sighting.ts'
import { begin, waitFor } from './stand-up.ts'

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

/** A look at a trace costs about as much, milliseconds. */
const LONG = 150

/** Tells of a run while it is still asked, where that takes long. `record`: as far as it goes; null where it tells nothing. */
async function tellEarly(
  asked: Promise<void>,
  record: () => Promise<RunRecord | null>,
  early: (record: RunRecord) => void,
): Promise<void> {
  const isLong = await Promise.race([asked.then(() => false), pause(LONG, true)])
  const known = isLong ? await record() : null
  if (known !== null) early(known)
}
