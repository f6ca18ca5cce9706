import { setTimeout as delay } from 'node:timers/promises'
import { removalCommands, sweep } from '../engine/clean-up.ts'
import { endOrphans } from '../engine/cli/process.ts'
import type { Engine } from '../engine/engine.ts'
import { openEngine } from '../engine/open-engine.ts'
import { HardenError } from '../errors.ts'
import type { ImageFacts, Known } from '../image/facts.ts'
import type { Registries } from '../image/sources/registry/registries.ts'
import type { Limiter } from '../proof/container/limiter.ts'
import type { Sandbox } from '../proof/sandbox/open-sandbox.ts'
import { removeTemporary, temporaryFolders } from '../temporary.ts'
import type { Options, Ports } from '../work.ts'
import type { ReadBuildContext } from '../workspace/context.ts'

/** What the targets of one call share, and what is asked for on this one. */
export interface Session {
  /** Null where there is none, or none is wanted. */
  readonly engine: Engine | null
  /** What the containers of its proof run in, which are made by its engine; null where there is none. */
  readonly sandbox: Sandbox | null
  /** Facts by reference, filled as base images are looked at. */
  readonly known: Map<string, Known<ImageFacts>>
  readonly registries: Registries
  readonly readContext: ReadBuildContext
  /** For the containers of all proofs. */
  readonly room: Limiter
  /** When the work on this target began, as performance.now() tells it. */
  readonly since: number
  /** Tells this target from the others of the call, in what is made for it. */
  readonly number: number
  readonly options: Options
  readonly ports: Ports
}

/** The engine that the options ask for; null where it is optional and none answers. */
export async function openFor(options: Options, ports: Ports): Promise<Engine | null> {
  const needed = options.prove || options.build || options.proveAsIs
  void temporaryFolders().then((found) => removeTemporary(found))
  if (options.engine === 'none') {
    if (!needed) return null
    throw new HardenError('no-engine', 'building and proving need an engine, and --engine none asks for none', {
      hint: 'leave --engine out',
    })
  }
  // What is asked of it ends with the signal; cleaning up still works.
  const { signal } = ports
  const engine = await openEngine(options.engine, { signal }).catch((error: unknown) => {
    if (!needed && options.engine === 'auto' && error instanceof HardenError && error.code === 'no-engine') return null
    throw error
  })
  if (engine === null) return null
  // By another engine's CLI a look is four processes: for what a rewrite alone may have left, that is too much.
  const swept = needed || (engine.local && engine.name === 'docker') ? sweepDead(engine, needed) : Promise.resolve(0)
  ports.onCleanUp(async () => {
    if (!signal.aborted) await Promise.race([sweptAgain(engine, swept), delay(sweepMs, undefined, { ref: false })])
    await removeAll(engine)
  }, removalCommands(engine))
  return engine
}

/** How long the end of a run may wait for what other runs have left. */
const sweepMs = 15_000

/** Beside the work: what runs that were killed have left. Never throws, since this run does not depend on it. */
async function sweepDead(engine: Engine, withCalls: boolean): Promise<number> {
  if (withCalls) await endOrphans()
  return sweep(engine).catch(() => 0)
}

/** Where something was left, the engine may have been at work on more of it. */
async function sweptAgain(engine: Engine, swept: Promise<number>): Promise<void> {
  if ((await swept) > 0) await sweep(engine).catch(() => 0)
}

/** Fails where the engine has what was made still, with what a person types once it answers again. */
async function removeAll(engine: Engine): Promise<void> {
  if (await engine.cleanUp()) return
  throw new HardenError('engine-failed', `what was made is still there; this removes it:\n${removalCommands(engine)}`)
}
