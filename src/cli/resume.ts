import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isProved, type Options, type TargetOutcome } from '../app/task.ts'
import { sha256 } from '../digest.ts'
import { targetKeys } from '../fleet/key.ts'
import { openStore, type ResultStore } from '../fleet/store.ts'
import type { Found } from '../repository/discover.ts'
import { readText } from '../repository/files.ts'
import type { NeighbourImage } from '../repository/work-item.ts'
import { cacheFolder } from '../temporary.ts'
import type { Work } from './request.ts'

/**
 * The outcomes of a run that writes what it has proved, kept until it is over: one that was ended begins where that was. A Dockerfile
 * has its outcome by all that it is made of, as it was and as it is written, and that alone is looked up: what was changed since
 * is worked on again. Projects, and what is written together with other files, are worked on again as well.
 */
export interface KeptOutcomes {
  /** Null where there is none. `outcome.source` is the text that it was; the file may have become `outcome.result.output` since. */
  of(found: Item, options: Options): Promise<TargetOutcome | null>
  /** Kept before the file is written. What cannot be kept is missing in the next run, and nothing else. */
  keep(found: Item, options: Options, outcome: TargetOutcome): Promise<void>
  /** The run is over. */
  drop(): Promise<void>
}

type Item = Omit<Found, 'error'>

/** Days after which nobody comes back to a run. */
const DAYS = 14

/** `all`: the targets of the run, whose files are no inputs of each other: the run changes them. Never throws: a cache is no reason to fail. */
export async function openKept(
  request: Work,
  all: readonly Found[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<KeptOutcomes | null> {
  const top = cacheFolder(env, 'runs')
  const { resume, quiet: _, verbose: __, format: ___, ...asked } = request
  const folder = join(top, sha256(JSON.stringify([realpathSync(cwd), asked])))
  try {
    await removeOld(top)
    if (!resume) await rm(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!(await isOwn(folder))) return null
    return keptIn(await openStore(folder, 'the cache of runs'), folder, all, cwd)
  } catch {
    return null
  }
}

function keptIn(store: ResultStore, folder: string, all: readonly Found[], cwd: string): KeptOutcomes {
  const targets = new Set(all.flatMap(({ path }) => (path === null ? [] : [path, realOr(path)])))
  const keyOf = targetKeys(cwd, targets)
  const isKept = ({ kind, path, together }: Item): boolean =>
    kind === 'dockerfile' && path !== null && together === undefined
  // The files around it count only as far as the run itself does not change them.
  const keyFor = async ({ surroundings, ...found }: Item, text: string, options: Options): Promise<string> => {
    const images = resultsIn(surroundings?.bases ?? new Map())
    return (await keyOf({ found: { ...found, error: null }, text, options, images })).key
  }
  return {
    async of(found, options) {
      if (!isKept(found) || !isProved(options.mode)) return null
      try {
        const text = await readText(found.path ?? '', found.target)
        const [kept] = await store.results(await keyFor(found, text, options))
        return kept === undefined ? null : { ...(JSON.parse(kept) as TargetOutcome), path: found.path }
      } catch {
        return null
      }
    },
    async keep(found, options, { bug, profile: _, inspection: __, path: ___, ...outcome }) {
      if (!isKept(found) || outcome.files !== undefined || outcome.result.verdict === 'failed' || bug !== undefined)
        return
      const text = JSON.stringify(outcome)
      const states = new Set([outcome.source, outcome.result.output])
      try {
        for (const state of states) await store.add(await keyFor(found, state, options), text)
      } catch {
        // Its next run works on it again.
      }
    },
    drop: () => rm(folder, { recursive: true, force: true }).catch(() => undefined),
  }
}

/** Digests of what the same run makes of the images that it is built upon, by the Dockerfile. */
function resultsIn(bases: ReadonlyMap<string, NeighbourImage>): Readonly<Record<string, string>> {
  const own = [...bases.values()].flatMap(({ name, becomes }) =>
    becomes === undefined ? [] : [[name, sha256(becomes)] as const],
  )
  return Object.assign(Object.fromEntries(own), ...[...bases.values()].map((base) => resultsIn(base.bases)))
}

function realOr(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** The folder belongs to this user, and nobody else can write it: what is kept there decides what `-w` writes. */
async function isOwn(folder: string): Promise<boolean> {
  const uid = process.getuid?.()
  const owned = await Promise.all([folder, dirname(folder)].map((one) => lstat(one)))
  return owned.every((stats) => stats.isDirectory() && stats.uid === (uid ?? stats.uid) && (stats.mode & 0o022) === 0)
}

async function removeOld(top: string): Promise<void> {
  for (const name of await readdir(top).catch(() => [])) {
    const days = (Date.now() - statSync(join(top, name)).mtimeMs) / (24 * 3600 * 1000)
    if (days > DAYS) await rm(join(top, name), { recursive: true, force: true })
  }
}
