import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import { parsePlatform } from '../image/facts.ts'
import { factsFromLayers } from '../image/sources/stored/facts.ts'
import { type OpenedImage, openArchive } from '../image/sources/stored/open-archive.ts'
import { dockerSave } from '../image/sources/stored/stored-image.ts'
import { type ReportFinding, targetFinding } from '../report/report.ts'
import type { ArchivePlace, WorkItem } from '../repository/work-item.ts'
import type { Session } from './session.ts'
import { needsEngine } from './task.ts'

/**
 * An image in an archive gets the name that a FROM line calls it; what is known of it is known for this target alone,
 * and the engine gets it where it is to be run.
 */
export async function openedItem(
  item: WorkItem,
  from: ArchivePlace,
  session: Session,
): Promise<{ readonly item: WorkItem; readonly session: Session; readonly notes: readonly ReportFinding[] }> {
  const { engine, options, hooks } = session
  hooks.progress(`reading ${item.target}`)
  const opened = await openArchive(
    from.reference,
    from.path,
    options.platform === null ? null : parsePlatform(options.platform),
    hooks.signal,
  )
  const { blobs, image, name } = opened
  const facts = await factsFromLayers(blobs, image, name, 'archive')
  if (engine !== null && needsEngine(options.mode)) {
    hooks.progress(`loading ${item.target}`)
    await load(engine, opened, item.target)
  }
  const known = new Map([...session.known, [name, { known: true, value: facts } as const]])
  return {
    item: { ...item, reference: name },
    session: { ...session, known },
    notes: [noteOn(item.target, name, from)],
  }
}

/** The result is built on a name that only a load gives to the image. */
function noteOn(target: string, name: string, { reference: { transport, file, image } }: ArchivePlace): ReportFinding {
  const isNamed = transport === 'docker-archive' && !name.startsWith('localhost/')
  const chosen = image === null ? '' : `:${image}`
  const load = isNamed
    ? `docker load --input ${file}`
    : `skopeo copy ${transport}:${file}${chosen} docker-daemon:${name}`
  return targetFinding(
    'open-archive',
    'note',
    `FROM ${name} names the image in ${target}, which the builder must have under that name`,
    `load it before the build: ${load}`,
  )
}

/** An image that already has the name is left alone, and must be the same. */
async function load(engine: Engine, { blobs, image, name }: OpenedImage, target: string): Promise<void> {
  const there = await engine.inspectImage(name)
  // One store calls an image by its config, the other by its manifest.
  if (there !== null && [image.id, image.digest].includes(there.id)) return
  if (there !== null)
    throw new HardenError('no-image', `${engine.name} has another image by the name of ${target}, ${name}`, {
      hint: `give that one another name: ${engine.name} tag ${name} NAME && ${engine.name} rmi ${name}`,
    })
  await engine.load(dockerSave(blobs, image, name), name)
}
