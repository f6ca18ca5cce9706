import { isOver, type Maker, makerOf } from '../made-by.ts'
import type { Kind } from './clean-up.ts'
import { imageLabelName, runLabelName, sessionLabelName } from './labels.ts'

/** What a transport says of a thing that carries a label of any run. */
export interface Labelled {
  /** For a volume its name. */
  readonly id: string
  readonly name: string
  readonly tags: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

export interface LeftoverPort {
  /** All that carry `labelOf(kind)`, whatever its value. */
  labelled(kind: Kind): Promise<readonly Labelled[]>
  /** An image, a volume and a network only where nobody uses it; a container by force, with its anonymous volumes. */
  remove(kind: Kind, id: string): Promise<boolean>
}

/** What a run has made on an engine and not removed, or uses. */
export interface Leftover {
  readonly kind: Kind
  /** As the engine takes it: an id, a name, or a tag. */
  readonly id: string
  /** For people. */
  readonly name: string
  readonly maker: Maker
}

export function labelOf(kind: Kind): string {
  return kind === 'image' ? imageLabelName : runLabelName
}

/** All that runs of this tool have made there, containers first, since they hold on to all the others. */
export async function leftovers(port: LeftoverPort): Promise<readonly Leftover[]> {
  const kinds = ['container', 'image', 'volume', 'network'] as const
  const found = await Promise.all(
    kinds.map(async (kind) => (await port.labelled(kind)).flatMap((one) => leftover(kind, one))),
  )
  return found.flat()
}

/**
 * An image that somebody built upon one of ours has its labels too: it is known by its name. Ours has the session of its
 * own label in it, and one without any name is nobody's.
 */
function leftover(kind: Kind, { id, name, tags, labels }: Labelled): readonly Leftover[] {
  const maker = makerOf(labels[labelOf(kind)] ?? '')
  const session = labels[sessionLabelName]
  if (maker === null || id === '' || session === undefined) return []
  if (kind !== 'image') return [{ kind, id, name: name === '' ? id : name, maker }]
  const named = tags.filter((tag) => tag !== '<none>:<none>')
  if (named.length === 0) return [{ kind, id, name: id, maker }]
  const own = named.filter((tag) => tag.slice(tag.lastIndexOf(':') + 1).startsWith(session))
  return own.map((tag) => ({ kind, id: tag, name: tag, maker }))
}

/** Removes them; gives those that are there still. Never throws. */
export async function removeLeftovers(port: LeftoverPort, found: readonly Leftover[]): Promise<readonly Leftover[]> {
  const left: Leftover[] = []
  const remove = async (one: Leftover): Promise<void> => {
    if (!(await port.remove(one.kind, one.id).catch(() => false))) left.push(one)
  }
  await Promise.all(found.filter(({ kind }) => kind === 'container').map(remove))
  await Promise.all(found.filter(({ kind }) => kind !== 'container').map(remove))
  return left
}

interface Leaving {
  leftovers(): Promise<readonly Leftover[]>
  removeLeftovers(found: readonly Leftover[]): Promise<readonly Leftover[]>
}

/** Removes what runs that are over have left; how much that was. Throws as the engine does. */
export async function sweep(engine: Leaving): Promise<number> {
  const over = (await engine.leftovers()).filter(({ maker }) => isOver(maker))
  if (over.length > 0) await engine.removeLeftovers(over)
  return over.length
}
