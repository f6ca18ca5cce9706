import { statfs } from 'node:fs/promises'
import { reachedPids } from '../../engine/container-pids.ts'
import type { ContainerState, Engine } from '../../engine/engine.ts'

/** Between two looks, milliseconds. */
const LOOK = 500
/** The engine goes through all that a container has written for its size: asked where that can have grown by so much. */
const STEP_SHARE = 8
/** An engine elsewhere is asked for it that often, milliseconds. */
const LOOK_ELSEWHERE = 5000
/** What must stay free for all others on that disk, and what of it others may take meanwhile, bytes. */
const LEAST_FREE = 1024 ** 3
const LITTLE = 64 * 1024 ** 2

/** What a container ran into. */
export type Limit = 'memory' | 'processes' | 'disk' | 'a full disk'

export interface LimitWatch {
  add(container: string, image: string): void
  drop(container: string): void
  /** What a look at its state tells too. */
  note(container: string, state: Pick<ContainerState, 'oomKilled'>): void
  reached(): readonly { readonly image: string; readonly limit: Limit }[]
  close(): void
}

/**
 * Ends containers that write more than `diskBytes`, which few engines can hold one to, and notes which ran into the limits
 * that the kernel keeps.
 */
export function watchLimits(engine: Engine, diskBytes: number): LimitWatch {
  const images = new Map<string, string>()
  const found = new Map<string, Limit>()
  let free: number | null = null
  let asked = Date.now()
  let busy = false
  const end = async (container: string, limit: Limit): Promise<void> => {
    reach(container, limit)
    await engine.stop(container, 0)
  }
  const reach = (container: string, limit: Limit): void => {
    const image = images.get(container)
    if (image !== undefined && !found.has(`${image} ${limit}`)) found.set(`${image} ${limit}`, limit)
  }
  const look = async (): Promise<void> => {
    for (const container of images.keys()) if (engine.local && reachedPids(container)) reach(container, 'processes')
    const now = await freeBytes(engine)
    if (now !== null && now < LEAST_FREE && free !== null && free - now > LITTLE) {
      await Promise.all([...images.keys()].map((container) => end(container, 'a full disk')))
      return
    }
    const isDue =
      now === null ? Date.now() - asked > LOOK_ELSEWHERE : free !== null && free - now > diskBytes / STEP_SHARE
    if (now !== null && (free === null || isDue || now > free)) free = now
    if (!isDue) return
    asked = Date.now()
    for (const container of images.keys())
      if (((await engine.written(container)) ?? 0) > diskBytes) await end(container, 'disk')
  }
  const timer = setInterval(() => {
    if (busy || images.size === 0) return
    busy = true
    // It may be gone by now; what fails for long, the proof itself tells.
    look()
      .catch(() => undefined)
      .finally(() => {
        busy = false
      })
  }, LOOK)
  timer.unref()
  return {
    add: (container, image) => void images.set(container, image),
    drop: (container) => void images.delete(container),
    note: (container, { oomKilled }) => oomKilled && reach(container, 'memory'),
    reached: () => [...found].map(([key, limit]) => ({ image: key.slice(0, key.length - limit.length - 1), limit })),
    close: () => clearInterval(timer),
  }
}

/** Of the disk that the engine keeps its containers on; null where that is another machine's, or cannot be seen. */
async function freeBytes({ local, dataRoot }: Engine): Promise<number | null> {
  if (!local || dataRoot === null) return null
  return statfs(dataRoot).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  )
}
