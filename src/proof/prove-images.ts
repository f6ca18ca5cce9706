import { factsFromEngine } from '../image/sources/engine.ts'
import type { ReportProof } from '../report/report.ts'
import { baselineUp, exposedTcp } from './baseline.ts'
import { compare } from './compare.ts'
import { runOnce } from './live.ts'
import { failuresOf, proofReport } from './proof-report.ts'
import type { ProveRequest } from './prove.ts'
import { besideOptions } from './round.ts'
import { lockedSpec } from './specs.ts'
import { stopwatch } from './stopwatch.ts'
import { unfitBaseline } from './unfit.ts'

export interface ImagesRequest extends Pick<ProveRequest, 'engine' | 'facts' | 'smoke' | 'progress' | 'signal'> {
  readonly image: string
  /** Null: the image itself, run as root. */
  readonly baseline: string | null
}

/** Runs one image locked down beside another, or beside itself as root, and compares; nothing is planned or written. */
export async function proveImages(
  request: ImagesRequest,
): Promise<{ readonly report: ReportProof; readonly failures: readonly string[] }> {
  const { engine, image } = request
  const times = stopwatch()
  const other = request.baseline
  const facts = other === null ? request.facts : await factsFromEngine(engine, other)
  request.progress(other === null ? 'running it as root' : `running ${other} as it is`)
  const spec = other === null ? { image, user: '0:0' } : { image: other }
  const baseline = await (await baselineUp({ ...request, facts }, spec)).finish()
  times.lap('original')
  const unfit = unfitBaseline(baseline, facts)
  if (unfit !== null)
    return { report: times.on(proofReport(engine.version, baseline, null, 0, [unfit])), failures: [unfit] }
  request.progress('running it without capabilities or new privileges')
  const moved = pairPorts(exposedTcp(facts), exposedTcp(request.facts))
  const record = await runOnce(engine, lockedSpec(image), besideOptions(request, baseline, moved))
  times.lap('result')
  const [before, after] = await Promise.all([engine.inspectImage(baseline.image), engine.inspectImage(image)])
  const run = {
    image,
    record,
    comparison: compare(baseline, record, moved),
    addedBytes: (after?.size ?? 0) - (before?.size ?? 0),
    cells: null,
  }
  return { report: times.on(proofReport(engine.version, baseline, run, 1, [])), failures: failuresOf(run) }
}

/** Which port of the baseline is which of the image: the same one, or the only one that is left on either side. */
function pairPorts(baseline: readonly number[], image: readonly number[]): ReadonlyMap<number, number> {
  const gone = baseline.filter((port) => !image.includes(port))
  const added = image.filter((port) => !baseline.includes(port))
  return new Map(
    gone.flatMap((port, index) => {
      const to = added.find((other) => other % 1000 === port % 1000) ?? added[index]
      return to === undefined ? [] : [[port, to] as const]
    }),
  )
}
