import type { RunSpec } from '../engine/engine.ts'
import type { ImageConfig } from '../image/facts.ts'
import { besideOptions } from './beside-options.ts'
import { type Comparison, compare } from './compare.ts'

import type { ProveRequest } from './prove.ts'
import type { RunRecord } from './run-record.ts'
import { limits } from './specs.ts'
import { runOnce } from './whole-run.ts'

/** The original run in another way than it usually is, and compared with how it usually is; traced where `trace` says what it starts. */
export async function originalUnder(
  request: ProveRequest,
  baseline: RunRecord,
  spec: Omit<RunSpec, 'image'>,
  trace: ImageConfig | null = null,
): Promise<{ readonly record: RunRecord; readonly comparison: Comparison }> {
  const moved = new Map<number, number>()
  const options = { ...besideOptions(request, baseline, moved), ...(trace === null ? {} : { trace }) }
  const image = request.baseline
  const record = await request.room(() => runOnce(request.engine, limits({ image, ...spec }), options))
  return { record, comparison: compare(baseline, record, moved) }
}
