import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { limitsOf } from '../../engine/arguments.ts'
import { type ComposeProject, composeProject, openCompose } from '../../engine/compose.ts'
import type { Engine } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import type { MadeStack, StackDriver, StackMaking } from '../container/stack-run.ts'
import { closePlace, makePlace, type Place } from '../sandbox/open-sandbox.ts'
import { copyHostFiles, type HostCopies } from './host-files.ts'
import { hostPathsOf, networksOf, runFile } from './run-file.ts'

/** Stacks by Docker Compose, in the order of `depends_on`. */
export interface ComposeDriver extends StackDriver {
  readonly compose: NonNullable<Engine['compose']>
}

/** Throws `no-engine` where there is no Docker Compose. */
export async function openComposeDriver(engine: Engine): Promise<ComposeDriver> {
  const compose = await openCompose(engine)
  return { engine, compose, make: (making) => makeProject(engine, compose, making) }
}

async function makeProject(engine: Engine, compose: ComposeDriver['compose'], making: StackMaking): Promise<MadeStack> {
  const { side, name, folder, network, volumes = new Map<string, string>() } = making
  const places = new Map<string, Place>()
  const closePlaces = () => Promise.all([...places.values()].map((place) => closePlace(engine, place)))
  try {
    const [, traced] = await Promise.all([
      network ? null : makePlaces(engine, networksOf(side.project), places),
      making.traced,
    ])
    const copies = await copiesFor(engine, making)
    const file = runFile(side, {
      name,
      session: engine.session,
      limits: limitsOf({}, engine.enforces),
      networks: network ? null : new Map([...places].map(([key, place]) => [key, place.network])),
      volumes,
      copies: copies.copies,
      traced,
      isTrusted: making.isTrusted,
    })
    const path = join(folder, 'compose.json')
    await writeFile(path, file.text, { mode: 0o600 })
    const project = composeProject(compose, { name, file: path, folder })
    const wrong = await project.config()
    if (wrong !== null) throw new HardenError('engine-failed', `docker compose does not take the stack: ${wrong}`)
    return {
      ...project,
      volumes: file.volumes,
      unshown: [...file.unshown, ...copies.unshown],
      places: [...places.values()],
      sights: async () => [],
      removeContainers: () => removeContainers(engine, project),
      ask: async () => [],
      async close({ keepsVolumes }) {
        await removeContainers(engine, project)
        const own = [...file.volumes].filter(([volume]) => !volumes.has(volume))
        if (!keepsVolumes) await Promise.all(own.map(([, volume]) => engine.removeVolume(volume)))
        await closePlaces()
        if (network) await project.down()
      },
    }
  } catch (error) {
    await closePlaces().catch(() => undefined)
    throw error
  }
}

async function makePlaces(engine: Engine, networks: Iterable<string>, places: Map<string, Place>): Promise<void> {
  // Networks are made one by one: the engine may give two that it makes at a time the same range of addresses.
  for (const network of networks) places.set(network, await makePlace(engine))
}

/** Removes their anonymous volumes too, which nobody finds again later. */
async function removeContainers(engine: Engine, project: ComposeProject): Promise<void> {
  const containers = await project.containers().catch(() => [])
  await Promise.all(containers.map(({ id }) => engine.remove(id)))
}

async function copiesFor(engine: Engine, { side, mayRead, folder }: StackMaking): Promise<HostCopies> {
  const paths = [...hostPathsOf(side.project).keys()]
  if (paths.length === 0) return { copies: new Map(), unshown: [] }
  if (!engine.local)
    return { copies: new Map(), unshown: ['files of this machine that the stack mounts: the engine is on another one'] }
  const copies = join(folder, 'mounted')
  await mkdir(copies)
  return copyHostFiles(paths, copies, mayRead, side.texts)
}
