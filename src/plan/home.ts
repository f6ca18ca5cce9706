import { type EnvSetting, type Evidence, type Need, stateNeed } from '../evidence/claim.ts'
import { couldCreate } from '../image/access.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { isInside, isMarkerFile, isSystemFolder, normalisePath, parentOf } from '../places.ts'
import { argvOf } from '../shell/index.ts'
import type { AccountChoice, WorkdirChange } from './plan.ts'

const ROOTS = '/root'

export interface HomePlan {
  readonly env: readonly EnvSetting[]
  readonly needs: readonly Need[]
}

/**
 * Where HOME points for the chosen account. A new account has a home of its own. For the others it matters when the
 * original wrote into root's home, or when the image sets HOME to a folder that is root's alone. `asked`: why the program
 * needs one that it may write.
 */
export function planHome(
  facts: ImageFacts,
  account: AccountChoice,
  writtenInHome: readonly Evidence[],
  anyUid = false,
  asked: readonly Evidence[] = [],
): HomePlan {
  const set = facts.config.env.get('HOME')
  const rootOnly = set !== undefined && /^\/root(\/|$)/.test(set)
  if (anyUid)
    return homeOfAnybody(account, set, rootOnly, set === undefined ? [...writtenInHome, ...asked] : writtenInHome)
  if (isMadeWith(account)) return { env: rootOnly ? [homeSetting(account.home, whyRoot(set))] : [], needs: [] }
  const isAsked = asked.length > 0 && set === undefined && !isOwnHome(facts, account, account.home)
  const wanted = writtenInHome.length > 0 || account.createHome || isAsked
  if (!wanted && !rootOnly) return unknownBase(facts, account)
  const own = set !== undefined && !rootOnly ? set : account.home
  if ((account.createHome && isHome(own)) || isOwnHome(facts, account, own)) {
    const env = rootOnly ? [homeSetting(own, whyRoot(set))] : []
    return {
      env,
      needs: wanted
        ? [stateNeed(own, 'observed', { source: 'observed', detail: 'the home of the user, where the original wrote' })]
        : [],
    }
  }
  const home = `/home/${account.name === '' ? 'app' : account.name}`
  const reason = !wanted
    ? whyRoot(set ?? '/root')
    : writtenInHome.length === 0 && isAsked
      ? 'the program asks for its home, and this account has none that it can write'
      : 'the original writes into its home, and this account has no home that it can write'
  return {
    env: [homeSetting(home, reason, isAsked ? [...writtenInHome, ...asked] : writtenInHome)],
    needs: [stateNeed(home, 'inferred', { source: 'account', detail: 'the home of the user' })],
  }
}

/** Where the home of root stays the user's, which it may enter for what it finds there. */
export function rootsHome({ config }: Pick<ImageFacts, 'config'>, found: readonly Need[]): HomePlan {
  const evidence = found.map((need) => need.evidence)
  const reason = "what it looks for in its home is in root's home"
  return { env: config.env.has('HOME') ? [] : [homeSetting(ROOTS, reason, evidence)], needs: found }
}

/** A uid that no passwd knows has HOME=/ (FACTS 3), so the image says it, and the group may write there. */
function homeOfAnybody(
  account: AccountChoice,
  set: string | undefined,
  rootOnly: boolean,
  writtenInHome: readonly Evidence[],
): HomePlan {
  if (writtenInHome.length === 0 && !account.createHome && !rootOnly) return { env: [], needs: [] }
  const said = set !== undefined && !rootOnly ? set : account.home
  const home = said === '' || said === '/' || isSystemFolder(said) ? '/home/app' : said
  const env = home === set ? [] : [homeSetting(home, 'a uid that is not in /etc/passwd has no home', writtenInHome)]
  return { env, needs: [stateNeed(home, 'inferred', { source: 'account', detail: 'the home of whoever runs it' })] }
}

function unknownBase(facts: ImageFacts, account: AccountChoice): HomePlan {
  if (account.creation !== 'none' || facts.accounts.known || facts.os.known) return { env: [], needs: [] }
  return { env: [homeSetting('/tmp', 'a bare uid has no home, and the base image is not known')], needs: [] }
}

/** The command that creates the account also creates its home. */
function isMadeWith({ createHome, creation }: AccountChoice): boolean {
  return createHome && creation !== 'copy'
}

function isHome(path: string): boolean {
  return path !== '' && path !== '/' && !isSystemFolder(path)
}

/** Nobody else has this folder as their home, as far as is known. */
function isOwnHome(facts: Pick<ImageFacts, 'files'>, account: AccountChoice, home: string): boolean {
  if (!isHome(home)) return false
  if (!facts.files.known) return true
  return couldCreate(facts.files.value, { uid: account.uid, gids: [account.gid] }, `${home}/x`).allowed
}

function whyRoot(home: string | undefined): string {
  return `HOME was ${home ?? '/root'}, which only root can enter`
}

export function homeSetting(value: string, reason: string, evidence: readonly Evidence[] = []): EnvSetting {
  return { name: 'HOME', value, reason, evidence: [...evidence, { source: 'account', subject: value, detail: reason }] }
}

export interface WorkdirPlan {
  /** Null where the folder to start in stays. */
  readonly workdir: WorkdirChange | null
  /** The needs that remain. */
  readonly needs: readonly Need[]
}

/** Accesses that create or remove a name: they need more of the folder than a write to an existing file does. */
const NAMES = new Set<Need['access']>(['create-file', 'create-socket', 'rename', 'remove', 'write'])

/**
 * A program that creates files where it starts gets a folder of its own where that is one that is never given away (`/`, the folder
 * without a WORKDIR). It stays if it names anything existing from there.
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
  // A program that lists the folder may serve or load what is in it.
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

/** A program that was locked into a folder starts there: it finds by the same names what it found inside. */
export function startsIn(jail: string, needs: readonly Need[]): WorkdirPlan {
  const reason = `the command is no longer locked into ${jail}, and names what lies there`
  return {
    workdir: { path: jail, reason, evidence: [{ source: 'observed', subject: jail, detail: reason }] },
    needs,
  }
}

/** A word of the command or the health check that is the name of something in there. */
function namesFilesThere(config: ImageFacts['config'], files: FileModel): boolean {
  const words = [...argvOf(config), ...(config.healthcheck?.test ?? [])].flatMap((text) => text.split(/[\s=:,;'"()]+/))
  return words.some(
    (word) => word !== '' && !word.startsWith('/') && files.exists(normalisePath(word, config.workdir) ?? ''),
  )
}
