import type { Engine, RunSpec } from '../engine/engine.ts'
import { bringUp, type LiveOptions } from './live.ts'
import type { RunRecord } from './run-record.ts'

/** Runs one container from start to stop. */
export async function runOnce(engine: Engine, spec: RunSpec, options: LiveOptions): Promise<RunRecord> {
  return (await bringUp(engine, spec, options)).finish()
}

/** The same with a second start in between: whether it can use what it wrote shows only then. */
export async function runTwice(
  engine: Engine,
  spec: RunSpec,
  options: LiveOptions,
  begun?: (record: RunRecord) => void,
): Promise<RunRecord> {
  const live = await bringUp(engine, spec, options)
  await live.restart(begun)
  return live.finish()
}
