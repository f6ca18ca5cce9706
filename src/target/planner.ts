import { daemonPorts, packages, programs, workingFolder } from '../../catalogue/index.ts'
import { transforms } from '../../transforms/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { type Hardened, hardenDockerfile } from '../harden.ts'
import { lookUp } from '../image/sources/catalogue.ts'
import type { StageInput } from '../plan/stage-input.ts'
import { type Knowledge, stageInputs } from '../stage-inputs.ts'
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
}

/** Reads the build context as far as the Dockerfile copies of it. */
export async function plannerFor(item: WorkItem, dockerfile: Dockerfile, session: Session): Promise<Planner> {
  const { options, known } = session
  const folder = contextOf(item, options)
  const context = folder === null ? null : await session.readContext(folder, item.path, copiedSources(dockerfile))
  const inputs = (seen: Seen): readonly StageInput[] =>
    stageInputs(dockerfile, options.policy, {
      ...seen,
      bases: known,
      programs,
      daemonPorts,
      workingFolder,
      packages,
      context,
      entries: lookUp,
    })
  const { target, kind } = item
  const { policy } = options
  return {
    inputs,
    harden: (seen) => hardenDockerfile({ target, kind, dockerfile, stages: inputs(seen), policy, transforms }),
  }
}
