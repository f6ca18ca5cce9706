import type { Engine, RunSpec } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { ImageFacts, Known } from '../image/facts.ts'
import type { Registries } from '../image/sources/registry/registries.ts'
import type { Limiter } from '../proof/container/limiter.ts'
import type { Sandbox } from '../proof/sandbox/open-sandbox.ts'
import type { ReadBuildContext } from '../repository/context.ts'
import type { PortUsersOf } from '../repository/port-users.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { removeTemporary, temporaryFolders } from '../temporary.ts'
import type { Knowledge, Neighbour, Parents } from './stage-inputs.ts'
import { needsEngine, type Options, type TaskHooks } from './task.ts'

/** State that the targets of one call share, and the options of this one. */
export interface Session {
  /** Null where there is none, or none is wanted. */
  readonly engine: Engine | null
  /** The sandbox that the containers of its proof run in, made by its engine; null where there is none. */
  readonly sandbox: Sandbox | null
  /** Facts by reference, filled as base images are looked at. */
  readonly known: Map<string, Known<ImageFacts>>
  /** Inspections under way, by reference: an image of several targets is pulled and inspected once. */
  readonly looking: Map<string, Promise<void>>
  /** Facts of images that Dockerfiles of the repository build, by Dockerfile and stage. */
  readonly neighbours: Map<string, Promise<Neighbour>>
  /** Facts of the base images among them, by reference; absent: there are none. */
  readonly parents?: Parents
  /** Of the base images those that the same run makes end as another user than root; absent: none. */
  readonly changed?: Knowledge['changed']
  readonly registries: Registries
  readonly readContext: ReadBuildContext
  /** Absent: no users of ports are searched. */
  readonly portUsers?: PortUsersOf
  /** For the containers of all proofs. */
  readonly limiter: Limiter
  /** When the work on this target began, as performance.now() tells it. */
  readonly since: number
  /** The number of this target in the call, for the names of what is made for it. */
  readonly number: number
  readonly options: Options
  readonly hooks: TaskHooks
}

/** The engine that the options ask for; null where it is optional and none answers. */
export async function openFor(options: Options, hooks: TaskHooks): Promise<Engine | null> {
  const needed = needsEngine(options.mode)
  const { engine } = options
  if (engine === 'none') {
    if (!needed) return null
    throw new HardenError('no-engine', 'building and proving need an engine, and --engine none forbids one', {
      hint: 'leave --engine out',
    })
  }
  // Only who may leave folders behind looks for those of others.
  void temporaryFolders().then((found) => removeTemporary(found))
  const { openOnce } = await import('./engine-session.ts')
  return openOnce({ ...options, engine }, hooks, needed)
}

/** Variables of all containers of a proof, `NAME=VALUE`. */
export interface ProofEnv {
  readonly pairs: readonly string[]
  /** Names of those that nobody asked for: Compose services set them that build the Dockerfile. */
  readonly taken: readonly string[]
}

/**
 * The variables that were asked for, and those of Compose services. Not a low port: nothing in the image sets it that could move,
 * and the service has to name another one anyway.
 */
export function proofEnv({ build }: Pick<WorkItem, 'build'>, { env }: Pick<Options, 'env'>): ProofEnv {
  const given = new Set(env.map((pair) => pair.slice(0, pair.indexOf('='))))
  const taken = [...(build?.env ?? [])].filter(([name, value]) => !given.has(name) && !isLowPort(name, value))
  return { pairs: [...taken.map(([name, value]) => `${name}=${value}`), ...env], taken: taken.map(([name]) => name) }
}

function isLowPort(name: string, value: string): boolean {
  return /(^|_)PORT$/.test(name) && Number(value) > 0 && Number(value) < 1024
}

/** The engine with these variables set in all containers: what an image needs to start at all. */
export function withEnv(engine: Engine, pairs: readonly string[]): Engine {
  if (pairs.length === 0) return engine
  const env = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
  const withPairs = (spec: RunSpec): RunSpec => ({ ...spec, env: { ...env, ...spec.env } })
  return { ...engine, create: (spec) => engine.create(withPairs(spec)), run: (spec) => engine.run(withPairs(spec)) }
}
