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

/** Runs of originals: they start as soon as the engine has the image, while that is looked into. */
export interface OriginalRuns {
  /** Does nothing for an image that is surely not root. */
  start(reference: string, image: EngineImage): void
  /** The run of this image, begun now where it was not. */
  of(reference: string): Promise<Original>
  /** Another run, as `of` or `instead` gave it last; what is learned from stays up for so long, milliseconds. */
  again(reference: string, stays: number): Promise<Original>
  /** A run of it in another manner in place of the one that was begun; null where it does not work so either, with its last words. */
  instead(
    reference: string,
    manner: Manner,
    works: (record: RunRecord) => boolean,
  ): Promise<{ readonly original: Original | null; readonly said: string }>
  /** What its trace shows while it is still asked, where that takes long; else null, once it is over. */
  early(reference: string): Promise<RunRecord | null>
  /** Ends what was begun and is not needed after all. */
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
    // Whoever waits for it is told; until then it is nobody's.
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
