import { setTimeout as delay } from 'node:timers/promises'
import { sessionLabel } from './labels.ts'

/** What carries no label, or carries it by inheritance. */
export interface MadeImages {
  /** Tags that the session's builds put on. */
  readonly tags: Set<string>
  /** Ids of images that stay; one that was built on a labelled image has its label too. */
  readonly kept: Set<string>
}

export type Kind = 'container' | 'image' | 'volume' | 'network'

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
 * engine that is gone or says nothing any more can't remove what it has.
 */
export async function cleanUp(remover: Remover, images: MadeImages): Promise<boolean> {
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
    if (found === null && kind === 'container') answered = false
    return found ?? []
  }
  const remove = async (kind: Kind, ids: readonly string[]): Promise<boolean> =>
    ids.length === 0 || (await asked(() => remover.remove(kind, ids))) === true
  for (let round = 0; round < rounds && !silent; round += 1) {
    answered = true
    const [containers, labelled, volumes, networks] = await Promise.all([
      list('container'),
      list('image'),
      list('volume'),
      list('network'),
    ])
    const gone = labelled.filter((id) => !images.kept.has(id))
    // Containers hold on to all the others.
    const done = await remove('container', containers)
    const others = await Promise.all([
      remove('image', [...(round === 0 ? images.tags : []), ...gone]),
      remove('volume', volumes),
      remove('network', networks),
    ])
    const nothing = [containers, gone, volumes, networks].every((found) => found.length === 0)
    if (nothing || (done && !others.includes(false) && !remover.killed())) return answered
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
export function removalCommands({ name, session }: { readonly name: string; readonly session: string }): string {
  const filter = `--filter label=${sessionLabel(session)}`
  return [
    `  ${name} ps -aq ${filter} | xargs -r ${name} rm -fv`,
    `  ${name} image ls -q ${filter} | xargs -r ${name} image rm -f`,
    `  ${name} volume ls -q ${filter} | xargs -r ${name} volume rm`,
    `  ${name} network ls -q ${filter} | xargs -r ${name} network rm`,
  ].join('\n')
}
