import { argvOf } from '../command/index.ts'
import { type Need, stateNeed } from '../evidence/claim.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { isInside, isMarkerFile, isSystemFolder, normalisePath, parentOf } from '../places.ts'
import { isMadeWith, isOwnHome } from './home.ts'
import type { AccountChoice, WorkdirChange } from './plan.ts'

export interface WorkdirPlan {
  /** Null: it starts where it did. */
  readonly workdir: WorkdirChange | null
  /** What is still to be given. */
  readonly needs: readonly Need[]
}

/** Accesses that make a name, or take one away: of its folder more is asked than of a file that is there. */
const NAMES = new Set<Need['access']>(['create-file', 'create-socket', 'rename', 'remove', 'write'])

/**
 * A program that makes files where it starts, and starts in a folder that is never given away (`/`, where no WORKDIR is
 * said), starts in one of its own. It stays where it is if anything that is there already is named from there.
 */
export function planWorkdir(
  needs: readonly Need[],
  { config, files: known }: Pick<ImageFacts, 'config' | 'files'>,
  /** What the stage itself puts in. */
  stated: FileModel,
  account: AccountChoice,
  anyUid: boolean,
): WorkdirPlan {
  const { workdir } = config
  const files = known.known ? known.value : stated
  const stays = { workdir: null, needs }
  if (!isSystemFolder(workdir)) return stays
  const here = needs.filter(({ fromStart, path }) => fromStart === true && path !== workdir && isInside(path, workdir))
  const reason = here.find(({ access, path }) => NAMES.has(access) && parentOf(path) === workdir && !isMarkerFile(path))
  if (reason === undefined) return stays
  // Who looks what is in there may serve it, or load it.
  const isListed = needs.some(({ access, path }) => access === 'list' && path === workdir)
  if (isListed || here.some(({ path }) => files.exists(path)) || namesFilesThere(config, files)) return stays
  const isMade = isMadeWith(account) && !anyUid
  const isOwn = !anyUid && isOwnHome({ files: known }, account, account.home)
  const folder = isMade || isOwn ? account.home : `/var/lib/${account.name === '' ? 'app' : account.name}`
  const evidence = { ...reason.evidence, subject: folder }
  return {
    workdir: {
      path: folder,
      reason: `${reason.path} is made where it starts, and ${workdir} belongs to the system`,
      evidence: [evidence],
    },
    needs: [
      ...needs.filter((need) => !here.includes(need)),
      ...(isMade || (isOwn && known.known)
        ? []
        : [stateNeed(folder, reason.certainty, { source: evidence.source, detail: 'the folder that it starts in' })]),
    ],
  }
}

/** A word of the command or the health check that is the name of something in there. */
function namesFilesThere(config: ImageFacts['config'], files: FileModel): boolean {
  const words = [...argvOf(config), ...(config.healthcheck?.test ?? [])].flatMap((text) => text.split(/[\s=:,;'"()]+/))
  return words.some(
    (word) => word !== '' && !word.startsWith('/') && files.exists(normalisePath(word, config.workdir) ?? ''),
  )
}
