import { setTimeout as delay } from 'node:timers/promises'
import { removalCommands, sweep } from '../engine/clean-up.ts'
import { endOrphans } from '../engine/cli/process.ts'
import type { Engine } from '../engine/engine.ts'
import type { EngineName } from '../engine/kinds.ts'
import { openEngine } from '../engine/open-engine.ts'
import { HardenError } from '../errors.ts'
import { note } from '../run-list.ts'
import type { Options, TaskHooks } from './task.ts'

/** An engine for a whole call, with the removal of what it and dead runs have made; null where it is not needed and none answers. */
export async function openOnce(
  options: Options & { readonly engine: EngineName | 'auto' },
  hooks: TaskHooks,
  needed: boolean,
): Promise<Engine | null> {
  // Its requests end with the signal; cleaning up still works.
  const { signal } = hooks
  const { builder } = options
  // Builders are docker's alone.
  const choice = builder !== undefined && options.engine === 'auto' ? 'docker' : options.engine
  const engine = await openEngine(choice, { signal }).catch((error: unknown) => {
    if (!needed && options.engine === 'auto' && error instanceof HardenError && error.code === 'no-engine') return null
    throw error
  })
  if (engine === null) return null
  if (needed && !note({ kind: 'session', name: engine.session }))
    hooks.progress('no list of what this run makes can be kept: what is left if it is killed is yours to remove')
  // A run that makes nothing removes nothing.
  const swept = needed ? sweepDead(engine) : Promise.resolve(0)
  hooks.onCleanUp(async () => {
    if (!signal.aborted) await Promise.race([sweptAgain(engine, swept), delay(sweepMs, undefined, { ref: false })])
    await removeAll(engine)
  }, removalCommands(engine))
  const { buildOutput } = hooks
  const telling: Engine =
    buildOutput === undefined
      ? engine
      : { ...engine, build: (request) => engine.build({ ...request, told: (line) => buildOutput(line) }) }
  if (builder === undefined) return telling
  return (await import('./builder.ts')).throughBuilder(telling, builder, hooks)
}

/** How long the end of a run may wait for what other runs have left. */
const sweepMs = 15_000

/** Removes, beside the work, what killed runs have left. Never throws, since this run does not depend on it. */
async function sweepDead(engine: Engine): Promise<number> {
  await endOrphans()
  return sweep(engine).catch(() => 0)
}

/** Where something was left, the engine may still have been making more. */
async function sweptAgain(engine: Engine, swept: Promise<number>): Promise<void> {
  if ((await swept) > 0) await sweep(engine).catch(() => 0)
}

/** Throws where the engine still has some of it, with the commands to type once it answers again. */
async function removeAll(engine: Engine): Promise<void> {
  if (await engine.cleanUp()) return
  throw new HardenError(
    'engine-failed',
    `what the run made is still there; remove it with:\n${removalCommands(engine)}`,
  )
}
