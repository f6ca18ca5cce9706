import { portKey } from '../ask/ask-ports.ts'
import type { ProveRequest } from '../prove.ts'
import type { LiveOptions } from './live.ts'
import type { RunRecord } from './run-record.ts'

/** What the baseline was asked, for a run beside it; `moved` says which port is which. */
export function besideOptions(
  request: Pick<ProveRequest, 'smoke' | 'signal' | 'facts'>,
  baseline: RunRecord,
  moved: ReadonlyMap<number, number>,
): LiveOptions {
  const answered = baseline.answers
    .filter((answer) => answer.kind !== 'closed')
    .map((answer) => ({ ...answer, port: moved.get(answer.port) ?? answer.port }))
  return {
    smoke: request.smoke,
    stopSignal: request.facts.config.stopSignal,
    signal: request.signal,
    ports: answered.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port),
    known: new Map(answered.map((answer) => [portKey(answer), answer])),
    portNames: new Map(baseline.answers.map((answer) => [answer.port, moved.get(answer.port) ?? answer.port])),
    // A result that comes up much later than the original did is not waited for.
    patience: Math.max(10_000, baseline.readyAfter * 3 + 5000),
    smokePatience: baseline.smokeAfter * 3 + 5000,
  }
}
