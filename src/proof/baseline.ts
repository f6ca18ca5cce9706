import type { RunSpec } from '../engine/engine.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { ProveRequest } from './prove.ts'
import { runOnce } from './run.ts'
import type { RunRecord } from './run-record.ts'
import { limits } from './specs.ts'

const PATIENCE = 30_000

/** Runs the original as it is and looks at all it does. */
export function runBaseline(
  request: Pick<ProveRequest, 'engine' | 'facts' | 'smoke' | 'signal'>,
  spec: RunSpec,
): Promise<RunRecord> {
  const ports = exposedTcp(request.facts)
  return runOnce(request.engine, limits(spec), {
    smoke: request.smoke,
    signal: request.signal,
    ports,
    portNames: new Map(ports.map((port) => [port, port])),
    patience: PATIENCE,
    kinds: true,
  })
}

export function exposedTcp(facts: ImageFacts): readonly number[] {
  return facts.config.exposedPorts.filter((port) => port.protocol === 'tcp').map((port) => port.port)
}
