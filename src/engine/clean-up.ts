import { setTimeout as delay } from 'node:timers/promises'
import { isOver, type Maker, makerOf, thisRun, tokenOf } from '../made-by.ts'
import { forget, noted } from '../run-list.ts'
import type { Engine } from './engine.ts'
import { ENGINES, type EngineName } from './kinds.ts'

// An image hands its labels down to all that is built upon it and to its containers. So what says that a thing was made
// by a run has one name on images and another on all else: a user's container of a left image carries the first alone.
export const runLabelName = 'harden-image.run'

const imageLabelName = 'harden-image.image'

/** On everything that a session makes, so that it finds and removes all of it at its end. */
const sessionLabelName = 'harden-image.session'

type Labels = Readonly<Record<string, string>>

/** On containers, volumes and networks: the session, and the run that a later one can tell to be over. */
export function sessionLabels(session: string): Labels {
  return { [sessionLabelName]: session, [runLabelName]: tokenOf(thisRun()) }
}

/** The same on images. */
export function imageLabels(session: string): Labels {
  return { [sessionLabelName]: session, [imageLabelName]: tokenOf(thisRun()) }
}

/** As the CLI takes them. */
export function labelFlags(labels: Labels): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`)
}

/** What a filter asks for to find all of a session. */
export function sessionLabel(session: string): string {
  return `${sessionLabelName}=${session}`
}

/** What carries no label, or carries it by inheritance. */
export interface MadeImages {
  /** Tags that the session's builds put on. */
  readonly tags: Set<string>
  /** Ids of images that stay; one that was built on a labelled image has its label too. */
  readonly kept: Set<string>
}

/** `pod`: of engines that have them; others list none. */
export type Kind = 'pod' | 'container' | 'image' | 'volume' | 'network'

/** How a transport finds and removes what a session made. */
export interface Remover {
  /** Ids, or names of volumes, of all that carries the session's label. */
  list(kind: Kind): Promise<readonly string[]>
  /** Removes them by force, containers with their anonymous volumes; whether all of them are gone now. */
  remove(kind: Kind, ids: readonly string[]): Promise<boolean>
  /** Calls were ended early: what they began, the engine may still make. */
  killed(): boolean
  /** Whether the engine says anything at all, within `withinMs`. Never throws. */
  answers(withinMs: number): Promise<boolean>
}

/** Milliseconds that a call is waited for before the engine is asked whether it still answers, and that this may take. */
const patience = { call: 2500, ping: 4000 }

/** Where a call was killed, the engine may still make what it began; what is in use goes once its user is gone. */
const rounds = 3

/**
 * Removes all that carries the session's label. Never throws; false: containers are there still, or nobody can say, since an
 * engine that is gone or says nothing any more can't remove what it has. Where a call was killed, the session stays in the list
 * for the run that comes next, since the engine may still make something.
 */
export async function cleanUp(remover: Remover, images: MadeImages, session: string): Promise<boolean> {
  const isDone = await removeAll(remover, images)
  if (isDone && !remover.killed()) forget({ kind: 'session', name: session })
  return isDone
}

async function removeAll(remover: Remover, images: MadeImages): Promise<boolean> {
  let answered = true
  let silent = false
  const asked = async <T>(call: () => Promise<T>): Promise<T | null> => {
    if (silent) return null
    const outcome = await whileAnswering(call(), remover).catch(() => null)
    silent ||= outcome === 'silent'
    return outcome === 'silent' ? null : outcome
  }
  const list = async (kind: Kind): Promise<readonly string[]> => {
    const found = await asked(() => remover.list(kind))
    if (found === null && (kind === 'container' || kind === 'pod')) answered = false
    return found ?? []
  }
  const remove = async (kind: Kind, ids: readonly string[]): Promise<boolean> =>
    ids.length === 0 || (await asked(() => remover.remove(kind, ids))) === true
  for (let round = 0; round < rounds && !silent; round += 1) {
    answered = true
    const [pods, containers, labelled, volumes, networks] = await Promise.all([
      list('pod'),
      list('container'),
      list('image'),
      list('volume'),
      list('network'),
    ])
    const gone = labelled.filter((id) => !images.kept.has(id))
    // Pods hold on to their containers, and those to all the others.
    const done = (await remove('pod', pods)) && (await remove('container', containers))
    const others = await Promise.all([
      remove('image', [...images.tags, ...gone]),
      remove('volume', volumes),
      remove('network', networks),
    ])
    const nothing = [pods, containers, gone, volumes, networks].every((found) => found.length === 0)
    if (!others.includes(false) && (nothing || (done && !remover.killed()))) return answered
  }
  return (await list('container')).length === 0 && answered && !silent
}

/** A call may take long where the engine is busy; where it does not even answer to a ping, the call is given up. */
async function whileAnswering<T>(call: Promise<T>, { answers }: Pick<Remover, 'answers'>): Promise<T | 'silent'> {
  let done = false
  const silence = async (): Promise<'silent'> => {
    while (!done) {
      await delay(patience.call, undefined, { ref: false })
      if (!done && !(await answers(patience.ping))) break
    }
    return 'silent'
  }
  return Promise.race([call, silence()]).finally(() => {
    done = true
  })
}

/** What a person types to remove all that carries the session's label, in the order in which it lets go. */
export function removalCommands({ name, session }: { readonly name: EngineName; readonly session: string }): string {
  const filter = `--filter label=${sessionLabel(session)}`
  return [
    ...(ENGINES[name].hasPods ? [`  ${name} pod ls -q ${filter} | xargs -r ${name} pod rm -f`] : []),
    `  ${name} ps -aq ${filter} | xargs -r ${name} rm -fv`,
    `  ${name} image ls -q ${filter} | xargs -r ${name} image rm -f`,
    `  ${name} volume ls -q ${filter} | xargs -r ${name} volume rm`,
    `  ${name} network ls -q ${filter} | xargs -r ${name} network rm`,
  ].join('\n')
}

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
  /** A run of this user has written down that it made it; what only carries a label may be anybody's. */
  readonly listed: boolean
}

export function labelOf(kind: Kind): string {
  return kind === 'image' ? imageLabelName : runLabelName
}

/** All that looks as if runs of this tool had made it, pods and containers first, since they hold on to all the others. */
export async function leftovers(
  port: LeftoverPort,
  sessions: ReadonlyMap<string, Maker> = noted('session'),
): Promise<readonly Leftover[]> {
  const kinds = ['pod', 'container', 'image', 'volume', 'network'] as const
  const found = await Promise.all(
    kinds.map(async (kind) => (await port.labelled(kind)).flatMap((one) => leftover(kind, one, sessions))),
  )
  return found.flat()
}

/**
 * An image that somebody built upon one of ours has its labels too: it is known by its name. Ours has the session of its
 * own label in it, and one without any name is nobody's.
 */
function leftover(
  kind: Kind,
  { id, name, tags, labels }: Labelled,
  sessions: ReadonlyMap<string, Maker>,
): readonly Leftover[] {
  const session = labels[sessionLabelName] ?? ''
  const said = makerOf(labels[labelOf(kind)] ?? '')
  if (said === null || id === '' || !/^[0-9a-f]{16}$/.test(session)) return []
  const listed = sessions.has(session)
  const about = { kind, maker: sessions.get(session) ?? said, listed }
  if (kind !== 'image') return [{ ...about, id, name: name === '' ? id : name }]
  const named = tags.filter((tag) => tag !== '<none>:<none>')
  if (named.length === 0) return [{ ...about, id, name: id }]
  const own = named.filter((tag) => tag.slice(tag.lastIndexOf(':') + 1).startsWith(session))
  return own.map((tag) => ({ ...about, id: tag, name: tag }))
}

/** Removes them; gives those that are there still. Never throws. */
export async function removeLeftovers(port: LeftoverPort, found: readonly Leftover[]): Promise<readonly Leftover[]> {
  const left: Leftover[] = []
  const remove = async (one: Leftover): Promise<void> => {
    if (!(await port.remove(one.kind, one.id).catch(() => false))) left.push(one)
  }
  await Promise.all(found.filter(({ kind }) => kind === 'pod').map(remove))
  await Promise.all(found.filter(({ kind }) => kind === 'container').map(remove))
  await Promise.all(found.filter(({ kind }) => kind !== 'container' && kind !== 'pod').map(remove))
  return left
}

interface Leaving {
  leftovers(): Promise<readonly Leftover[]>
  removeLeftovers(found: readonly Leftover[]): Promise<readonly Leftover[]>
}

/** Whether it may go: this user's list has it, and its run is over. */
export function isRemovable({ maker, listed }: Leftover, options: { readonly all?: boolean } = {}): boolean {
  return listed && isOver(maker, options)
}

/** Removes what runs that are over have left; how much that was. Throws as the engine does. */
export async function sweep(engine: Leaving): Promise<number> {
  const over = (await engine.leftovers()).filter((one) => isRemovable(one))
  if (over.length > 0) await engine.removeLeftovers(over)
  return over.length
}

/** Gives a container of an image that is there to be read, and removes it again. */
export async function withUnstarted<T>(
  { create, remove }: Pick<Engine, 'create' | 'remove'>,
  image: string,
  use: (container: string) => Promise<T>,
): Promise<T> {
  // Never started; the command is only there because an image may have none.
  const container = await create({ image, network: 'none', command: ['/never-started'] })
  try {
    return await use(container)
  } finally {
    await remove(container)
  }
}

/** Milliseconds that a stop took. `call` gets whole seconds of grace, and how long it may take itself. */
export async function timedStop(
  graceSeconds: number,
  call: (seconds: number, options: { readonly timeoutMs: number }) => Promise<void>,
): Promise<number> {
  const begun = Date.now()
  const seconds = Math.max(0, Math.ceil(graceSeconds))
  await call(seconds, { timeoutMs: seconds * 1000 + 60_000 })
  return Date.now() - begun
}
