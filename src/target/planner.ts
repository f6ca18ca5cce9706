import { setImmediate } from 'node:timers/promises'
import { daemonPorts, packages, programs, workingFolder } from '../../catalogue/index.ts'
import { transforms } from '../../transforms/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { type Hardened, hardenInTurn } from '../harden.ts'
import { lookUp } from '../image/sources/catalogue.ts'
import { atOnce, type InTurn } from '../in-turn.ts'
import type { StageInput } from '../plan/stage-input.ts'
import { type Knowledge, stageInputsInTurn } from '../stage-inputs.ts'
import type { WorkItem } from '../work.ts'
import { copiedSources } from '../workspace/copied-sources.ts'
import { contextOf } from './build.ts'
import type { Session } from './session.ts'

/** What runs and builds have shown of the stages, by their index. */
export type Seen = Pick<Knowledge, 'observations' | 'built'>

/** Before anything was run or built. */
export const UNSEEN: Seen = { observations: new Map(), built: new Map() }

/** Plans one target again and again, each time with more that was seen. */
export interface Planner {
  inputs(seen: Seen): readonly StageInput[]
  harden(seen: Seen): Hardened
  /** The same with pauses, so that a signal is obeyed meanwhile: it is left with the reason of `signal` then. */
  hardenInTurn(seen: Seen, signal: AbortSignal): Promise<Hardened>
}

/** Reads the build context as far as the Dockerfile copies of it. */
export async function plannerFor(item: WorkItem, dockerfile: Dockerfile, session: Session): Promise<Planner> {
  const { options, known } = session
  const folder = contextOf(item, options)
  const context = folder === null ? null : await session.readContext(folder, item.path, copiedSources(dockerfile))
  const { target, kind } = item
  const { policy } = options
  const inputsInTurn = (seen: Seen): InTurn<readonly StageInput[]> =>
    stageInputsInTurn(dockerfile, policy, {
      ...seen,
      bases: known,
      programs,
      daemonPorts,
      workingFolder,
      packages,
      context,
      entries: lookUp,
    })
  const inTurn = function* (seen: Seen): InTurn<Hardened> {
    const stages = yield* inputsInTurn(seen)
    return yield* hardenInTurn({ target, kind, dockerfile, stages, policy, transforms })
  }
  return {
    inputs: (seen) => atOnce(inputsInTurn(seen)),
    harden: (seen) => atOnce(inTurn(seen)),
    hardenInTurn: (seen, signal) => withPauses(inTurn(seen), signal),
  }
}

/** Milliseconds of work between two pauses: a signal is answered in a pause alone. */
const LONGEST_TURN = 50

async function withPauses<T>(work: InTurn<T>, signal: AbortSignal): Promise<T> {
  let since = performance.now()
  for (;;) {
    const next = work.next()
    if (next.done === true) return next.value
    if (performance.now() - since < LONGEST_TURN) continue
    await setImmediate()
    signal.throwIfAborted()
    since = performance.now()
  }
}
