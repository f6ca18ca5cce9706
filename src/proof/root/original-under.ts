import type { RunSpec } from '../../engine/engine.ts'
import type { ImageConfig } from '../../image/facts.ts'
import { type Comparison, compare } from '../compare/compare.ts'
import type { ProveRequest } from '../prove.ts'
import { besideOptions } from '../run/beside-options.ts'
import type { RunRecord } from '../run/run-record.ts'
import { limits } from '../run/specs.ts'
import { runOnce } from '../run/whole-run.ts'

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
