import type { Engine, Mount } from '../../engine/engine.ts'
import type { ImageConfig } from '../../image/facts.ts'
import type { SmokeCheck } from '../../smoke-check.ts'
import { bringUp } from './bring-up.ts'
import type { Live, LiveOptions } from './live.ts'
import type { RunRecord } from './run-record.ts'
import { limits } from './specs.ts'
import { studyOf } from './traced-run.ts'
import { namedVolumes } from './volumes.ts'

const PATIENCE = 30_000

/** What the original is run with; its config is all that is needed of its facts, so it can run while they are read. */
export interface OriginalRequest {
  readonly engine: Engine
  readonly image: string
  /** `uid:gid` in place of the image's own. */
  readonly user?: string
  /** Capabilities that it is run with beside the default ones (`--cap-add`). */
  readonly capAdd?: readonly string[]
  readonly config: ImageConfig
  readonly smoke: readonly SmokeCheck[]
  readonly trace: boolean
  /** How long the run that is learned from stays up, milliseconds; see StudyOptions. */
  readonly stays?: number
  readonly signal: AbortSignal
  /** See LiveOptions; of the run that is learned from. */
  readonly early?: (record: RunRecord) => void
}

/** Runs of the original: one that stays up, and one from start to stop. */
export interface Original {
  /** As it is; it stays up beside the result. */
  readonly live: Live
  /** Run once more, from start to stop and again: traced, and by what it leaves behind. */
  readonly study: Promise<RunRecord>
  /** What its trace had shown when it was stopped for the first time; null where there is none. */
  readonly begun: Promise<RunRecord | null>
  /** The volumes that the second run has filled: what those have who run the original today. */
  readonly filled: readonly Mount[]
}

export async function runOriginal(request: OriginalRequest): Promise<Original> {
  const { engine, config, trace, stays = 0, early } = request
  const filled = namedVolumes(engine, config)
  const study = studyOf(
    engine,
    { ...specOf(request), mounts: filled },
    { ...options(request), stays, leavings: 'all', ...(early === undefined ? {} : { early }) },
  )
  const up = bringUp(engine, specOf(request), options(request))
  let tell: (record: RunRecord | null) => void = () => undefined
  const begun = new Promise<RunRecord | null>((resolve) => {
    tell = resolve
  })
  const run = study.run(trace ? config : undefined, tell).finally(() => tell(null))
  const checked = Promise.all([up, run]).then(([live, record]) => study.checked(live.seen(), record))
  // It is waited for later.
  checked.catch(() => undefined)
  return { live: await up, begun, study: checked, filled }
}

function specOf({ image, user, capAdd = [] }: OriginalRequest): ReturnType<typeof limits> {
  return limits({
    image,
    ...(user === undefined ? {} : { user }),
    ...(capAdd.length === 0 ? {} : { capAdd }),
  })
}

function options({ config, smoke, signal }: OriginalRequest): LiveOptions {
  const ports = exposedTcp(config)
  return {
    smoke,
    signal,
    ports,
    portNames: new Map(ports.map((port) => [port, port])),
    patience: PATIENCE,
    stopSignal: config.stopSignal,
  }
}

export function exposedTcp({ exposedPorts }: ImageConfig): readonly number[] {
  return exposedPorts.filter((port) => port.protocol === 'tcp').map((port) => port.port)
}
