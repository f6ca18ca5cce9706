/** Images that other Dockerfiles of the repository build: their facts, and how a target is built on them. */
import { dirname } from 'node:path'
import { sha256 } from '../digest.ts'
import { finalStage, findStage, nothingGiven, parseInTurn } from '../dockerfile/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import type { Engine } from '../engine/engine.ts'
import { HardenError } from '../errors.ts'
import type { ImageFacts, Known } from '../image/facts.ts'
import { type ReportFinding, targetFinding } from '../report/report.ts'
import { copiedSources, likelyContext, startedFiles } from '../repository/context.ts'
import { readFound } from '../repository/files.ts'
import { projectRoot } from '../repository/project-root.ts'
import { allowedRootOf } from '../repository/trust.ts'
import type { NeighbourImage, WorkItem } from '../repository/work-item.ts'
import { joinTruncated } from '../words.ts'
import { baseReferences } from './base-images.ts'
import { buildText } from './build.ts'
import { loadGrammars } from './grammar-files.ts'
import { sourcesOf } from './grammars.ts'
import { lookAtBases } from './look-at-bases.ts'
import { UNSEEN, withPauses } from './planner.ts'
import type { Session } from './session.ts'
import { catalogueKnowledge, imageOfStage, type Knowledge, type Neighbour } from './stage-inputs.ts'

/**
 * With what is known of the images that Dockerfiles of the same tree make: of this target alone, since another tree may use the same
 * names. What the engine has counts more, but for one that the same run changes: the target is planned on what that becomes.
 */
export async function withNeighbours(item: WorkItem, dockerfile: Dockerfile, session: Session): Promise<Session> {
  const wanted = neighboursOf(item, dockerfile).filter(
    ([reference, neighbour]) => isChanged(neighbour) || session.known.get(reference)?.known !== true,
  )
  if (wanted.length === 0) return session
  const known = new Map(session.known)
  const parents = new Map<string, Neighbour>()
  for (const [reference, neighbour] of wanted) {
    const made = await imageOf(reference, neighbour, session, item.root)
    known.set(reference, asItBegan(made.image, neighbour))
    parents.set(reference, made)
  }
  const changed = wanted.flatMap(([reference, { endsAs }]) =>
    endsAs === undefined ? [] : [[reference, { by: reference, user: endsAs }] as const],
  )
  return { ...session, known, parents, ...(changed.length === 0 ? {} : { changed: new Map(changed) }) }
}

/** The image as it was before this run took root from it: the steps of a child were written for that, and the child is planned so. */
function asItBegan(image: Known<ImageFacts>, { endsAs }: NeighbourImage): Known<ImageFacts> {
  if (endsAs === undefined || !image.known) return image
  return { known: true, value: { ...image.value, config: { ...image.value.config, user: '' } } }
}

/** The neighbours in the FROM lines of the text, by reference. */
function neighboursOf(
  { surroundings }: Pick<WorkItem, 'surroundings'>,
  dockerfile: Dockerfile,
): readonly (readonly [string, NeighbourImage])[] {
  const bases = [...(surroundings?.bases ?? [])]
  if (bases.length === 0) return []
  const named = new Set(baseReferences(dockerfile))
  return bases.filter(([reference]) => named.has(reference))
}

/** The same run makes another image of it, or of one that it is built from. */
function isChanged({ becomes, bases }: NeighbourImage): boolean {
  return becomes !== undefined || [...bases.values()].some(isChanged)
}

/** The base images of a target that this run changes. */
export function changedBases(item: WorkItem, dockerfile: Dockerfile): readonly ReportFinding[] {
  const names = neighboursOf(item, dockerfile).flatMap(([, neighbour]) => (isChanged(neighbour) ? neighbour.name : []))
  if (names.length === 0) return []
  const message = `${joinTruncated(names)} ${names.length === 1 ? 'changes' : 'change'} in the same run: this is planned on the result`
  return [targetFinding('look-at-base', 'note', message)]
}

/**
 * With the images of its neighbours as they are or as the same run changes them, built for a target that is to be built: those that
 * change, and those that the engine does not have. One that does not change and cannot be built from its Dockerfile alone is left to the engine.
 */
export async function uponNeighbours(
  item: WorkItem,
  dockerfile: Dockerfile,
  session: Session,
): Promise<{ readonly item: WorkItem; readonly session: Session }> {
  const { engine } = session
  if (engine === null) return { item, session }
  const upon = new Map<string, string>()
  const known = new Map(session.known)
  for (const [reference, neighbour] of neighboursOf(item, dockerfile)) {
    const isOther = isChanged(neighbour)
    if (!isOther && (await engine.inspectImage(reference)) !== null) continue
    try {
      const image = await builtNeighbour(neighbour, engine, session, item.root)
      const { factsFromEngine } = await import('../image/sources/engine.ts')
      const before = known.get(reference)
      const madeFrom = before?.known === true ? before.value.madeFrom : undefined
      const value = {
        ...(await factsFromEngine(engine, image)),
        reference,
        ...(madeFrom === undefined ? {} : { madeFrom }),
      }
      known.set(reference, asItBegan({ known: true, value }, neighbour))
      upon.set(reference, image)
    } catch (error) {
      if (isOther || !(error instanceof HardenError)) throw error
    }
  }
  return upon.size === 0 ? { item, session } : { item: { ...item, upon }, session: { ...session, known } }
}

async function builtNeighbour(
  neighbour: NeighbourImage,
  engine: Engine,
  session: Session,
  root: string | undefined,
): Promise<string> {
  const { dockerfile, item } = await openNeighbour(neighbour, session, root)
  const { upon } = (await uponNeighbours(item, dockerfile, session)).item
  session.hooks.progress(`building ${neighbour.name}`)
  const context = contextOfNeighbour(neighbour, dockerfile, item.root)
  const policy = { ...session.options.policy, target: neighbour.target }
  const number = sha256(`${dockerfile.source}\n${neighbour.path}\n${neighbour.target}`).slice(0, 12)
  return buildText(
    engine,
    { ...item, ...(upon === undefined ? {} : { upon }) },
    { ...session.options, context, buildArg: [], policy },
    {
      dockerfile: dockerfile.source,
      tag: `harden-image/proof:${engine.session}-${session.number}-base-${number}`,
    },
  )
}

function imageOf(
  reference: string,
  neighbour: NeighbourImage,
  session: Session,
  root: string | undefined,
): Promise<Neighbour> {
  const key = JSON.stringify([neighbour.path, neighbour.target, reference, isChanged(neighbour)])
  const image = session.neighbours.get(key) ?? readNeighbour(reference, neighbour, session, root)
  session.neighbours.set(key, image)
  return image
}

async function readNeighbour(
  reference: string,
  neighbour: NeighbourImage,
  session: Session,
  top: string | undefined,
): Promise<Neighbour> {
  const { path, name, target } = neighbour
  const unread = (reason: string): Neighbour => ({
    image: { known: false, reason: `${name} makes it, and ${reason}` },
    shows: null,
    accounts: [],
  })
  let opened: Awaited<ReturnType<typeof openNeighbour>>
  try {
    opened = await openNeighbour(neighbour, session, top)
    baseReferences(opened.dockerfile)
  } catch (error) {
    if (error instanceof HardenError) return unread(error.message)
    throw error
  }
  const { dockerfile, item } = opened
  const stage = target === null ? finalStage(dockerfile) : findStage(dockerfile, target)
  if (stage === null) return unread(`it has no stage ${target}`)
  await lookAtBases(item, dockerfile, session, () => {})
  const { known, parents } = await withNeighbours(item, dockerfile, session)
  const folder = contextOfNeighbour(neighbour, dockerfile, item.root)
  const context = await session.readContext(folder, path, copiedSources(dockerfile), startedFiles(dockerfile))
  const knowledge: Knowledge = {
    ...UNSEEN,
    bases: known,
    ...(parents === undefined ? {} : { parents }),
    context,
    parsers: await loadGrammars(sourcesOf(dockerfile, context, known.values())),
    ...catalogueKnowledge,
  }
  return withPauses(imageOfStage(dockerfile, stage, knowledge, { reference, by: name }), session.hooks.signal)
}

/** Its text as it is, or as the same run changes it. Throws HardenError. */
async function openNeighbour(
  { path, name, bases, becomes }: NeighbourImage,
  session: Session,
  top: string | undefined,
): Promise<{ readonly dockerfile: Dockerfile; readonly item: WorkItem & { readonly root: string } }> {
  const text = becomes ?? readFound(path, name, top ?? allowedRootOf(path))
  const dockerfile = await withPauses(parseInTurn(text, nothingGiven), session.hooks.signal)
  const root = top ?? projectRoot(dirname(path))
  const surroundings = { children: [], users: [], runs: [], stages: [], bases }
  const about = {
    target: name,
    kind: 'dockerfile',
    path,
    root,
    reference: null,
    from: null,
    text,
    surroundings,
  } as const
  return { dockerfile, item: about }
}

function contextOfNeighbour({ context, path }: NeighbourImage, dockerfile: Dockerfile, root: string): string {
  return context ?? likelyContext(dockerfile, path, root) ?? dirname(path)
}
