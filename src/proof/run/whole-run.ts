import { setTimeout as pause } from 'node:timers/promises'
import type { Engine, RunSpec } from '../../engine/engine.ts'
import { bringUp } from './bring-up.ts'
import type { Live, LiveOptions } from './live.ts'
import type { RunRecord } from './run-record.ts'

/** Between two looks whether it is still up, milliseconds. */
const GLANCE = 200

export interface StudyOptions extends LiveOptions {
  /** How long it stays up before it is stopped for the first time, milliseconds: 0 where it is asked and no more. */
  readonly stays: number
}

/** Runs one container from start to stop. */
export async function runOnce(engine: Engine, spec: RunSpec, options: LiveOptions): Promise<RunRecord> {
  return (await bringUp(engine, spec, options)).finish()
}

/** The same with a second start in between: whether it can use what it wrote shows only then. */
export async function runTwice(
  engine: Engine,
  spec: RunSpec,
  options: StudyOptions,
  begun?: (record: RunRecord) => void,
): Promise<RunRecord> {
  const live = await bringUp(engine, spec, options)
  await stay(live, options)
  await live.restart(begun)
  return live.finish()
}

/** Until it has been up for that long, or has ended; asked as often as what is watched for as long. */
export async function stay(live: Live, { stays, signal }: StudyOptions): Promise<void> {
  while (Date.now() < live.upSince + stays && (await live.isUp())) await pause(GLANCE, undefined, { signal })
  if (stays > 0) await live.look()
}
