import { join, relative } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { transforms } from '../../transforms/index.ts'
import { takesAlong } from '../contents/build-context.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { madeOf } from '../dockerfile/stages.ts'
import type { InTurn } from '../in-turn.ts'
import type { Dependents } from '../plan/exemptions.ts'
import { decided } from '../plan/plan.ts'
import type { StageInput } from '../plan/stage-input.ts'
import type { Hardened } from '../report/report.ts'
import { copiedSources, startedFiles } from '../repository/context.ts'
import { rootOf } from '../repository/project-root.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { contextOf } from './build.ts'
import { loadGrammars } from './grammar-files.ts'
import { sourcesOf } from './grammars.ts'
import { hardenInTurn } from './harden.ts'
import type { Session } from './session.ts'
import { catalogueKnowledge, type Knowledge, stageInputsInTurn } from './stage-inputs.ts'

/** Observations of runs and facts of built images, by the index of the stage. */
export type RunKnowledge = Pick<Knowledge, 'observations' | 'built'>

/** Before anything was run or built. */
export const UNSEEN: RunKnowledge = { observations: new Map(), built: new Map() }

export interface Planned extends Hardened {
  /** What it was planned from, one for each stage that is meant to run. */
  readonly inputs: readonly StageInput[]
}

/**
 * Plans one target again and again, each time with more that was seen. With pauses, so that a signal is obeyed meanwhile:
 * it is left with the reason of the session's signal then.
 */
export interface Planner {
  inputs(seen: RunKnowledge): Promise<readonly StageInput[]>
  harden(seen: RunKnowledge): Promise<Planned>
  /** The text with only those steps moved that need root and follow a USER; null where there are none. */
  repaired(): Promise<string | null>
}

/** Transforms that make a failing text build. */
const REPAIRS: ReadonlySet<string> = new Set(['build-as-root'])

/** Reads the build context as far as the Dockerfile copies of it. */
export async function plannerFor(item: WorkItem, dockerfile: Dockerfile, session: Session): Promise<Planner> {
  const { options, known, parents, changed, hooks } = session
  const folder = contextOf(item, options)
  const context =
    folder === null
      ? null
      : await session.readContext(folder, item.path, copiedSources(dockerfile), startedFiles(dockerfile))
  const { target, kind } = item
  const { policy } = options
  const stated = new Map()
  const editable = new Map<string, string>()
  let dependents = dependentsIn(item)
  let parsers = await loadGrammars(sourcesOf(dockerfile, context, known.values()))
  const inputsInTurn = (seen: RunKnowledge): InTurn<readonly StageInput[]> =>
    stageInputsInTurn(dockerfile, policy, {
      ...seen,
      parsers,
      bases: known,
      ...(parents === undefined ? {} : { parents }),
      ...(changed === undefined ? {} : { changed }),
      pushed: item.surroundings?.stages.map(({ stage }) => stage) ?? [],
      context,
      dependents,
      editable,
      ...(item.overlays === undefined ? {} : { overlays: item.overlays }),
      stated,
      ...catalogueKnowledge,
    })
  const inTurn = function* (seen: RunKnowledge, all = transforms): InTurn<Planned> {
    const stages = yield* inputsInTurn(seen)
    const hardened = yield* hardenInTurn({ target, kind, dockerfile, stages, policy, transforms: all })
    return { ...hardened, inputs: stages }
  }
  const asked = new Set<number>()
  /** Looks for users of a port that moves, once: most targets have none, and their trees are not searched. */
  const findPortUsers = async ({ plan }: Planned): Promise<boolean> => {
    const moved = plan.stages.flatMap((stage) =>
      decided(stage, 'port').flatMap(({ from, to }) => (to === null || asked.has(from) ? [] : [from])),
    )
    if (item.path === null || session.portUsers === undefined || moved.length === 0) return false
    for (const port of moved) asked.add(port)
    const all = await session.portUsers(item.path, [...new Set(moved)], rootOf({ ...item, path: item.path }))
    const found = all.filter(({ place }) => item.followed?.has(place.replace(/:\d+$/, '')) !== true)
    dependents = { ...dependents, ports: [...(dependents.ports ?? []), ...found] }
    return found.length > 0
  }
  const lookedAt = new Set<string>()
  /** Looks which files of the build context may be changed where they are: most targets change none. */
  const findEditable = async ({ plan }: Planned): Promise<boolean> => {
    const { path } = item
    if (path === null || folder === null || options.onlyDockerfile !== false) return false
    const changed = plan.stages.flatMap((stage) =>
      decided(stage, 'edit-file').flatMap(({ brought }) =>
        brought === undefined || lookedAt.has(brought.origin) || isElsewhere(dockerfile, stage.stage, brought.origin)
          ? []
          : [brought.origin],
      ),
    )
    if (changed.length === 0) return false
    for (const origin of changed) lookedAt.add(origin)
    const { editableFiles } = await import('../repository/editable.ts')
    const found = editableFiles({ path, context: folder, root: rootOf({ ...item, path }) }, [...new Set(changed)])
    for (const origin of found) editable.set(origin, relative(process.cwd(), join(folder, origin)))
    return found.length > 0
  }
  const repairs = transforms.filter(({ name }) => REPAIRS.has(name))
  return {
    inputs: (seen) => withPauses(inputsInTurn(seen), hooks.signal),
    async harden(seen) {
      const images = [...seen.built.values()].map((value) => ({ known: true, value }) as const)
      if (images.length > 0)
        parsers = await loadGrammars(sourcesOf(dockerfile, context, [...known.values(), ...images]))
      const first = await withPauses(inTurn(seen), hooks.signal)
      const planned = (await findPortUsers(first)) ? await withPauses(inTurn(seen), hooks.signal) : first
      return (await findEditable(planned)) ? withPauses(inTurn(seen), hooks.signal) : planned
    },
    async repaired() {
      const { result } = await withPauses(inTurn(UNSEEN, repairs), hooks.signal)
      return result.changed ? result.output : null
    },
  }
}

/** A stage that the planned one is not made of has the file too. */
function isElsewhere(dockerfile: Dockerfile, stage: number, origin: string): boolean {
  const own = madeOf(dockerfile, stage)
  return dockerfile.stages.some(
    ({ index, instructions }) => !own.has(index) && instructions.some((one) => takesAlong(one, origin)),
  )
}

function dependentsIn({ surroundings, build, found, origin, overlays }: WorkItem): Dependents {
  const { children, users, runs } = surroundings ?? { children: [], users: [], runs: [] }
  return {
    children: children.filter(({ countsOnRoot }) => countsOnRoot),
    users,
    runs: runs.filter(({ builds }) => builds === undefined),
    isServed: overlays !== undefined || build?.services.some(({ ports }) => ports.length > 0) === true,
    madeElsewhere: found === true ? (origin?.why ?? null) : null,
  }
}

/** Milliseconds of work between two pauses: a signal is answered in a pause alone. */
const LONGEST_TURN = 50

/** Does long work with pauses for signals and other targets; throws the reason of `signal` once it is set. */
export async function withPauses<T>(work: InTurn<T>, signal: AbortSignal): Promise<T> {
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
