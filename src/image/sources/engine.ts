import type { Engine, EngineImage } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import { table } from '../../table.ts'
import type { ImageFacts, Known, Platform } from '../facts.ts'
import { factsFromFiles, filesOfTar } from './facts-from-tar.ts'
import { keptFiles } from './kept-files.ts'
import { asBroken, digestOf } from './stored/blobs.ts'
import type { TarContent } from './tar.ts'

/**
 * The facts of an image that the engine has, streamed from an export unless an earlier run has kept its files. Empty
 * /etc/hosts, /etc/hostname, /etc/resolv.conf, /dev/console and the like are in every export: the engine adds them, as it
 * does at run time. Throws HardenError `no-image` when the engine does not have it; nothing is pulled here.
 */
export async function factsFromEngine(engine: Engine, reference: string): Promise<ImageFacts> {
  const image = await engine.inspectImage(reference)
  if (image === null) {
    throw new HardenError('no-image', `${engine.name} has no image ${reference}`, {
      hint: `pull or build it first: ${engine.name} pull ${reference}`,
    })
  }
  const identity = {
    reference,
    source: 'engine' as const,
    digest: image.id,
    platform: image.platform,
    config: image.config,
  }
  return factsFromFiles(await filesOf(engine, reference, image), identity)
}

async function filesOf(engine: Engine, reference: string, image: EngineImage): Promise<Known<TarContent>> {
  const kept = keptFiles()
  const key = filesKey(image)
  const known = await kept.read(key)
  if (known !== null) return { known: true, value: known }
  const content = await engine.exportImage(reference, (tar) =>
    filesOfTar(tar, image.config).catch((error: unknown) => {
      throw asBroken({ title: `the export of ${reference}` }, error)
    }),
  )
  // The name may have got another image meanwhile. Nobody waits for it to be written.
  if (content.known && (await engine.inspectImage(reference))?.id === image.id) void kept.write(key, content.value)
  return content
}

/**
 * What names the files of an image that an engine has: its layers, with what its config makes of them. The id would not
 * do, since a label makes another image of the same files, and each build of a proof has one of its own.
 */
export function filesKey({ id, layers, config }: Pick<EngineImage, 'id' | 'layers' | 'config'>): string {
  if (layers.length === 0) return id
  const { labels, ...rest } = config
  return digestOf(JSON.stringify([layers, { ...rest, env: [...rest.env] }]))
}

const architectures: Readonly<Record<string, string>> = table({ x64: 'amd64', ia32: '386', ppc64: 'ppc64le' })

/** What an engine of this machine would run. */
export function ownPlatform(): Platform {
  return { os: 'linux', architecture: architectures[process.arch] ?? process.arch }
}
