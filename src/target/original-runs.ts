import { isRootUser } from '../dockerfile/index.ts'
import type { EngineImage } from '../engine/engine.ts'
import { type Original, runOriginal } from '../proof/baseline.ts'
import type { WorkItem } from '../work.ts'
import type { Session } from './session.ts'
import { withEnv } from './with-env.ts'

/** Runs of originals: they start as soon as the engine has the image, while that is looked into. */
export interface OriginalRuns {
  /** Does nothing for an image that is surely not root. */
  start(reference: string, image: EngineImage): void
  /** The run of this image, begun now where it was not. */
  of(reference: string): Promise<Original>
  /** Ends what was begun and is not needed after all. */
  drop(reference: string): Promise<void>
}

export function originalRuns(item: WorkItem, { engine, options, ports }: Session): OriginalRuns {
  const runs = new Map<string, Promise<Original>>()
  const begin = (reference: string, image: EngineImage): Promise<Original> => {
    if (engine === null) throw new Error('a run needs an engine')
    ports.progress(`${item.target}: running ${reference} as it is`)
    const run = runOriginal({
      engine: withEnv(engine, options.env),
      image: reference,
      config: image.config,
      capAdd: options.capAdd,
      smoke: options.smoke,
      trace: options.trace,
      signal: ports.signal,
    })
    // Whoever waits for it is told; until then it is nobody's.
    run.catch(() => {})
    runs.set(reference, run)
    return run
  }
  return {
    start(reference, image) {
      const mayBeRoot = isRootUser(image.config.user) || !/^\d/.test(image.config.user)
      if (mayBeRoot && image.platform.os === 'linux') begin(reference, image)
    },
    async of(reference) {
      const begun = runs.get(reference)
      if (begun !== undefined) return begun
      const image = await engine?.inspectImage(reference)
      if (image == null) throw new Error(`there is no image ${reference}`)
      return begin(reference, image)
    },
    async drop(reference) {
      await runs.get(reference)?.then(({ live }) => live.finish())
      runs.delete(reference)
    },
  }
}
