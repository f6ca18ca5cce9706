import { portKey } from '../ask/questions.ts'
import type { ProveRequest } from '../prove.ts'
import type { LiveOptions } from './live.ts'
import type { ReadyOptions } from './ready.ts'
import type { RunRecord } from './run-record.ts'

/** Until what opens as the original did, by the first sight of that. */
export function openAsSeen(
  { listeners, readyAfter }: Pick<RunRecord, 'listeners' | 'readyAfter'>,
  moved: ReadonlyMap<number, number>,
  signal: AbortSignal,
): ReadyOptions {
  const open = (listeners ?? []).filter(({ protocol, loopback }) => protocol === 'tcp' && !loopback)
  return {
    ports: [...new Set(open.map(({ port }) => moved.get(port) ?? port))],
    patience: patienceBeside(readyAfter),
    signal,
  }
}

/** What the baseline was asked, for a run beside it; `moved` says which port is which. */
export function besideOptions(
  request: Pick<ProveRequest, 'smoke' | 'signal' | 'facts'>,
  baseline: RunRecord,
  moved: ReadonlyMap<number, number>,
): LiveOptions {
  const answered = baseline.answers
    .filter((answer) => answer.kind !== 'closed' && answer.unasked !== true)
    .map((answer) => ({ ...answer, port: moved.get(answer.port) ?? answer.port }))
  return {
    smoke: request.smoke,
    stopSignal: request.facts.config.stopSignal,
    signal: request.signal,
    ports: answered.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port),
    known: new Map(answered.map((answer) => [portKey(answer), answer])),
    portNames: new Map(baseline.answers.map((answer) => [answer.port, moved.get(answer.port) ?? answer.port])),
    patience: patienceBeside(baseline.readyAfter),
    smokePatience: baseline.smokeAfter * 3 + 5000,
  }
}

/** A result that comes up much later than the original did is not waited for. Milliseconds. */
function patienceBeside(readyAfter: number): number {
  return Math.max(10_000, readyAfter * 3 + 5000)
}
