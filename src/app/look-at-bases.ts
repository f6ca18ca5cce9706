import type { Dockerfile } from '../dockerfile/model.ts'
import type { EngineImage } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import { type ImageFacts, isAlike, type Known, parsePlatform } from '../image/facts.ts'
import { factsFromCatalogue } from '../image/sources/catalogue.ts'
import { type ReportFinding, targetFinding } from '../report/report.ts'
import type { WorkItem } from '../repository/work-item.ts'
import { baseReferences } from './base-images.ts'
import type { Session } from './session.ts'
import { needsEngine } from './task.ts'

/** Called for each image that the engine has, before the slow look into it. */
type OnFound = (reference: string, image: EngineImage) => void

/**
 * Fills in what is known of the base images. The engine's own copy comes first. An image that was asked for by name is
 * pulled, or read from its registry where no engine answers, and the catalogue is what is left; of a Dockerfile nothing
 * is pulled, and only what the catalogue does not list is read from a registry. Else there is the reason why not. Gives
 * notes on images that were asked for and could not be looked at.
 */
export async function lookAtBases(
  item: WorkItem,
  dockerfile: Dockerfile,
  session: Session,
  found: OnFound,
): Promise<readonly ReportFinding[]> {
  const notes: ReportFinding[] = []
  const missed = (reference: string, why: HardenError): void => {
    if (item.kind === 'image') notes.push(noteOn(reference, why))
  }
  const said = (note: string): void => {
    notes.push(targetFinding('look-at-base', 'note', note))
  }
  for (const reference of baseReferences(dockerfile)) {
    // A failure for another target is reported for this one too.
    while (session.looking.has(reference)) await session.looking.get(reference)?.catch(() => undefined)
    if (session.known.has(reference)) continue
    const look = lookAt(reference, item, session, { found, missed, said })
      .then((facts) => void session.known.set(reference, facts))
      .finally(() => session.looking.delete(reference))
    session.looking.set(reference, look)
    await look
  }
  return notes
}

interface Told {
  readonly found: OnFound
  /** An image that could not be inspected, so that only the catalogue is left. */
  readonly missed: (reference: string, why: HardenError) => void
  /** Of how a registry was asked. */
  readonly said: (note: string) => void
}

async function lookAt(
  reference: string,
  item: WorkItem,
  session: Session,
  { found, missed, said }: Told,
): Promise<Known<ImageFacts>> {
  const { options } = session
  // Where the repository builds an image of this name, a registry may have another one, which is not asked for.
  const mayAskOutside = !options.offline && item.from !== 'engine' && item.surroundings?.bases.has(reference) !== true
  const own = item.from === 'registry' && mayAskOutside ? null : await inEngine(reference, item, session, found)
  if (own !== null) return own
  const listed = item.from === 'engine' ? null : factsFromCatalogue(reference)
  const asked = mayAskOutside
    ? await askOutside(reference, item, { isListed: listed !== null, said }, session)
    : nothing
  if (asked.facts !== null) return { known: true, value: asked.facts }
  if (listed !== null && !(asked.why !== null && needsEngine(options.mode))) {
    if (asked.why !== null) missed(reference, asked.why)
    return { known: true, value: listed }
  }
  if (item.kind === 'image') throw asked.why ?? nowhere(reference, item, session)
  return {
    known: false,
    reason: [whereNot(session), asked.why?.message ?? 'the catalogue does not list it'].join(', and '),
  }
}

function noteOn(reference: string, { message }: HardenError): ReportFinding {
  return targetFinding(
    'look-at-base',
    'note',
    `${reference} was not read, the catalogue stands in: ${causeOf(message, reference)}`,
    'use --offline to go by the catalogue without asking',
  )
}

/** Longest cause that is quoted: a proxy or a client may fill a page. */
const CAUSE = 80

/** The last part of an error, which gives the cause; the parts before it name the subject. */
function causeOf(message: string, reference: string): string {
  const [line = ''] = message.split('\n')
  const parts = line.split(': ').filter((part) => !part.includes(reference))
  const cause = (parts.at(-1) ?? line).trim()
  return cause.length > CAUSE ? `${cause.slice(0, CAUSE - 3)}...` : cause
}

interface Outcome {
  readonly facts: ImageFacts | null
  readonly why: HardenError | null
}

const nothing: Outcome = { facts: null, why: null }

async function askOutside(
  reference: string,
  item: WorkItem,
  { isListed, said }: { readonly isListed: boolean } & Pick<Told, 'said'>,
  session: Session,
): Promise<Outcome> {
  if (item.kind === 'image')
    return session.engine === null ? inRegistry(reference, session, said) : pulled(reference, session)
  return isListed ? nothing : inRegistry(reference, session, said)
}

async function inEngine(
  reference: string,
  { kind }: WorkItem,
  { engine, options, hooks }: Session,
  found: OnFound,
): Promise<Known<ImageFacts> | null> {
  const image = engine === null ? null : await engine.inspectImage(reference)
  if (engine === null || image === null) return null
  // For base images of a Dockerfile any platform will do, since accounts and paths are the same; an image that was asked for is one
  // of them.
  const wanted = kind === 'image' && options.platform !== null ? parsePlatform(options.platform) : null
  if (wanted !== null && !isAlike(image.platform, wanted)) return null
  hooks.progress(`looking into ${reference}`)
  found(reference, image)
  const { factsFromEngine } = await import('../image/sources/engine.ts')
  return { known: true, value: await factsFromEngine(engine, reference) }
}

function pulled(reference: string, { engine, options, hooks }: Session): Promise<Outcome> {
  hooks.progress(`pulling ${reference}`)
  return outcomeOf(async () => {
    if (engine === null) throw new Error('a pull needs an engine')
    await engine.pull(reference, options.platform ?? undefined)
    const { factsFromEngine } = await import('../image/sources/engine.ts')
    return () => factsFromEngine(engine, reference)
  })
}

function inRegistry(reference: string, { options, hooks, registries }: Session, said: Told['said']): Promise<Outcome> {
  hooks.progress(`reading ${reference} from its registry`)
  const platform = options.platform === null ? null : parsePlatform(options.platform)
  return outcomeOf(async () => {
    const facts = await registries.facts(reference, platform, hooks.signal, said)
    return async () => facts
  })
}

/** A failure to reach it is a reason to look elsewhere; a failure to read what was reached is not. */
async function outcomeOf(reach: () => Promise<() => Promise<ImageFacts>>): Promise<Outcome> {
  let look: () => Promise<ImageFacts>
  try {
    look = await reach()
  } catch (error) {
    if (error instanceof HardenError) return { facts: null, why: error }
    throw error
  }
  return { facts: await look(), why: null }
}

function whereNot({ engine, options }: Session): string {
  if (engine === null) return 'there is no engine to look with'
  return `${engine.name} has no copy of it${options.platform === null ? '' : ` for ${options.platform}`}`
}

function nowhere(reference: string, { from }: WorkItem, session: Session): HardenError {
  const {
    engine,
    options: { platform },
  } = session
  const listed = from === 'engine' ? '' : ', and the built-in catalogue does not list it'
  return new HardenError('no-image', `${reference} cannot be inspected: ${whereNot(session)}${listed}`, {
    hint:
      engine === null
        ? 'start an engine, or name an image that the catalogue lists'
        : `pull it first: ${engine.name} pull ${platform === null ? '' : `--platform ${platform} `}${reference}`,
  })
}
