import type { EngineImage } from '../engine/engine.ts'
import { isRootUser } from '../image/accounts.ts'
import { tail } from '../proof/container/files.ts'
import type { RunRecord } from '../proof/container/run-record.ts'
import { removeVolumes } from '../proof/container/run-specs.ts'
import { type Original, runOriginal } from '../proof/original.ts'
import { learnedRequests } from '../repository/learned-requests.ts'
import { rootOf } from '../repository/project-root.ts'
import type { WorkItem } from '../repository/work-item.ts'
import type { LearnedRequests } from '../smoke-check.ts'
import { proofEnv, type Session, withEnv } from './session.ts'

/** How an original is run. */
export interface Manner {
  /** `uid:gid` in place of the image's own. */
  readonly user?: string
  /** `NAME=VALUE`. */
  readonly env: readonly string[]
}

/** Runs of originals, which start as soon as the engine has the image, while its files are read. */
export interface OriginalRuns {
  /** Does nothing for an image that is surely not root. */
  start(reference: string, image: EngineImage): void
  /** The run of this image; starts it where none has begun. */
  of(reference: string): Promise<Original>
  /** Another run like the last one; the studied run stays up that long, milliseconds. */
  again(reference: string, stays: number): Promise<Original>
  /** Replaces the run by one in another manner; null, with its last words, where it does not work either. */
  instead(
    reference: string,
    manner: Manner,
    works: (record: RunRecord) => boolean,
  ): Promise<{ readonly original: Original | null; readonly said: string }>
  /** What its trace shows while it is still asked, where that takes long; else null, once it is over. */
  early(reference: string): Promise<RunRecord | null>
  /** Ends a run that is not needed after all. */
  drop(reference: string): Promise<void>
  /** What the files around it show and declare that can be asked of it. */
  readonly learned: LearnedRequests
}

export function originalRuns(item: WorkItem, { sandbox, options, hooks }: Session): OriginalRuns {
  const engine = sandbox?.engine ?? null
  const runs = new Map<string, Promise<Original>>()
  const learned: LearnedRequests =
    item.path === null
      ? { asked: [], declared: [] }
      : learnedRequests(item.path, options.context ?? item.build?.context ?? null, rootOf({ ...item, path: item.path }))
  const usual: Manner = { env: proofEnv(item, options).pairs }
  const manners = new Map<string, Manner>()
  const early = new Map<string, Promise<RunRecord | null>>()
  const begin = (reference: string, image: EngineImage, { user, env } = usual, stays = 0): Promise<Original> => {
    if (engine === null) throw new Error('a run needs an engine')
    const less = env.length < usual.env.length ? ', without what Compose sets' : ''
    hooks.progress(`${item.target}: running ${reference} as ${user ?? 'it is'}${less}`)
    let tell: (record: RunRecord | null) => void = () => undefined
    early.set(
      reference,
      new Promise((resolve) => {
        tell = resolve
      }),
    )
    const run = runOriginal({
      engine: withEnv(engine, env),
      image: reference,
      ...(user === undefined ? {} : { user }),
      config: image.config,
      capAdd: options.capAdd,
      smoke: options.smoke,
      routes: learned.asked,
      trace: options.trace,
      names: sandbox?.names ?? null,
      stays,
      signal: hooks.signal,
      early: tell,
    })
    // The caller that waits for it gets the error; until then nobody does.
    run
      .then(({ study }) => study)
      .then(
        () => tell(null),
        () => tell(null),
      )
    runs.set(reference, run)
    return run
  }
  const imageOf = async (reference: string): Promise<EngineImage> => {
    const image = await engine?.inspectImage(reference)
    if (image == null) throw new Error(`there is no image ${reference}`)
    return image
  }
  const end = async ({ live, study, filled }: Original): Promise<void> => {
    await Promise.all([live.finish(), study])
    if (engine !== null) await removeVolumes(engine, filled)
  }
  return {
    learned,
    start(reference, image) {
      const mayBeRoot = isRootUser(image.config.user) || !/^\d/.test(image.config.user)
      if (mayBeRoot && image.platform.os === 'linux') begin(reference, image)
    },
    async of(reference) {
      const begun = runs.get(reference)
      if (begun !== undefined) return begun
      return begin(reference, await imageOf(reference))
    },
    async again(reference, stays) {
      return begin(reference, await imageOf(reference), manners.get(reference), stays)
    },
    async instead(reference, manner, works) {
      const before = runs.get(reference)
      const other = begin(reference, await imageOf(reference), manner)
      const record = await (await other).live.snapshot('logs')
      const isKept = works(record)
      const loser = isKept ? before : other
      if (isKept) manners.set(reference, manner)
      else if (before !== undefined) runs.set(reference, before)
      if (loser !== undefined) await end(await loser)
      return { original: isKept ? await other : null, said: tail(record.logs) }
    },
    early: async (reference) => early.get(reference) ?? null,
    async drop(reference) {
      const run = runs.get(reference)
      runs.delete(reference)
      if (run !== undefined) await end(await run)
    },
  }
}
