import type { RunSpec } from '../engine/engine.ts'
import type { ImageFacts } from '../image/facts.ts'
import { bringUp, type Live, type LiveOptions, runTwice } from './live.ts'
import type { ProveRequest } from './prove.ts'
import type { RunRecord } from './run-record.ts'
import { limits } from './specs.ts'

const PATIENCE = 30_000

type Needed = Pick<ProveRequest, 'engine' | 'facts' | 'smoke' | 'signal'>

/** The original as it is; it stays up beside the result. */
export function baselineUp(request: Needed, spec: RunSpec): Promise<Live> {
  return bringUp(request.engine, limits(spec), options(request))
}

/** Runs the original once more from start to stop and looks at all it does: traced, and by what it leaves behind. */
export function studyOriginal(request: Needed & Pick<ProveRequest, 'trace'>, spec: RunSpec): Promise<RunRecord> {
  return runTwice(request.engine, limits(spec), {
    ...options(request),
    leavings: 'all',
    ...(request.trace ? { trace: request.facts.config } : {}),
  })
}

function options(request: Needed): LiveOptions {
  const ports = exposedTcp(request.facts)
  return {
    smoke: request.smoke,
    signal: request.signal,
    ports,
    portNames: new Map(ports.map((port) => [port, port])),
    patience: PATIENCE,
    stopSignal: request.facts.config.stopSignal,
  }
}

export function exposedTcp(facts: ImageFacts): readonly number[] {
  return facts.config.exposedPorts.filter((port) => port.protocol === 'tcp').map((port) => port.port)
}
