import { nothingGiven, parseDockerfile } from '../dockerfile/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { findStage, sourcesOf } from '../dockerfile/stages.ts'
import type { BuildRequest, Engine, EngineImage } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import { parseImageReference } from '../image/reference.ts'
import { unpackLayout } from '../image/sources/stored/stored-image.ts'
import { removeFolder, temporaryFolder } from '../temporary.ts'
import type { TaskHooks } from './task.ts'

/**
 * An engine whose builds all go through a builder of `docker buildx`. A builder with another store has none of the engine's images:
 * those that a Dockerfile names are handed to it, since the facts are those of the engine's images.
 */
export async function throughBuilder(
  engine: Engine,
  builder: string,
  { onCleanUp }: Pick<TaskHooks, 'onCleanUp'>,
): Promise<Engine> {
  const { isOfEngine } = await engine.builder(builder)
  if (isOfEngine) return { ...engine, build: (request) => engine.build({ ...request, builder }) }
  const layouts = new Map<string, Promise<string>>()
  onCleanUp(async () => {
    for (const layout of await Promise.allSettled(layouts.values()))
      if (layout.status === 'fulfilled') await removeFolder(folderOf(layout.value))
  })
  const layoutOf = (reference: string, { id }: EngineImage): Promise<string> => {
    const layout = layouts.get(id) ?? layoutIn(engine, reference)
    layouts.set(id, layout)
    return layout
  }
  return {
    ...engine,
    async build(request) {
      const there = await imagesThere(engine, request)
      const pinned = new Map(there.flatMap(([name, image]) => pinOf(name, image)))
      const given = async (pins: ReadonlyMap<string, string>): Promise<Readonly<Record<string, string>>> => {
        const sources = there.map(async ([name, image]) => [name, pins.get(name) ?? (await layoutOf(name, image))])
        return Object.fromEntries(await Promise.all(sources))
      }
      try {
        return await engine.build({ ...request, builder, images: await given(pinned) })
      } catch (error) {
        // A digest does not guarantee that a registry has the image, or gives it to the builder.
        if (!(error instanceof HardenError) || error.code !== 'no-image' || pinned.size === 0) throw error
        return engine.build({ ...request, builder, images: await given(new Map()) })
      }
    },
  }
}

/** The images that a Dockerfile names and the engine has, by the name in it. */
async function imagesThere(
  engine: Engine,
  request: BuildRequest,
): Promise<readonly (readonly [string, EngineImage])[]> {
  const found = namesIn(request).map(async (name) => [name, await engine.inspectImage(name)] as const)
  return (await Promise.all(found)).flatMap(([name, image]) => (image === null ? [] : [[name, image] as const]))
}

/** Image names, each once, without digests. */
function namesIn({ dockerfile: text, buildArgs = {} }: BuildRequest): readonly string[] {
  let dockerfile: Dockerfile
  try {
    dockerfile = parseDockerfile(text, { ...nothingGiven, args: new Map(Object.entries(buildArgs)) })
  } catch (error) {
    // The build fails on the same text, and says why.
    if (error instanceof HardenError) return []
    throw error
  }
  const { stages } = dockerfile
  const names = stages.flatMap(({ base, index, instructions }) => [
    ...(base.kind === 'image' ? [base.reference] : []),
    ...instructions.flatMap(sourcesOf).filter((source) => findStage(dockerfile, source, index) === null),
  ])
  const ofStages = new Set(stages.map(({ name }) => name))
  return [...new Set(names)].filter((name) => {
    try {
      const { familiarName, tag, digest } = parseImageReference(name)
      // `--build-context` replaces stages too: in `FROM golang AS golang` the name is a stage's.
      return digest === null && (!ofStages.has(familiarName) || (tag ?? 'latest') !== 'latest')
    } catch {
      return false
    }
  })
}

/** By the digest that a registry has it by, of the same repository where there are several. */
function pinOf(name: string, { repoDigests }: EngineImage): readonly (readonly [string, string])[] {
  const { repository } = parseImageReference(name)
  const digest = repoDigests.find((one) => parseImageReference(one).repository === repository)
  return digest === undefined ? [] : [[name, `docker-image://${digest}`]]
}

const LAYOUT = 'oci-layout://'

async function layoutIn(engine: Engine, reference: string): Promise<string> {
  const folder = await temporaryFolder('layout')
  try {
    const digest = await engine.save([reference], (tar) => unpackLayout(tar, folder))
    return `${LAYOUT}${folder}@${digest}`
  } catch (error) {
    await removeFolder(folder)
    throw error
  }
}

function folderOf(layout: string): string {
  return layout.slice(LAYOUT.length, layout.lastIndexOf('@'))
}
