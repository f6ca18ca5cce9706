import type { Evidence, Need } from '../evidence/claim.ts'
import { stateNeed } from '../evidence/claim.ts'
import { couldCreate } from '../image/access.ts'
import type { ImageFacts } from '../image/facts.ts'
import { isSystemFolder } from '../places.ts'
import type { AccountChoice, EnvSetting } from './plan.ts'

const ROOTS = '/root'

export interface HomePlan {
  readonly env: readonly EnvSetting[]
  readonly needs: readonly Need[]
}

/**
 * Where HOME points for the chosen account. A new account has a home of its own. For the others it matters when the
 * original wrote into root's home, or when the image sets HOME to a folder that is root's alone. What runs have shown to
 * be `foundByHome` is found there by HOME alone, so it stays root's.
 */
export function planHome(
  facts: ImageFacts,
  account: AccountChoice,
  writtenInHome: readonly Evidence[],
  anyUid = false,
  foundByHome: readonly Evidence[] = [],
): HomePlan {
  const set = facts.config.env.get('HOME')
  const rootOnly = set !== undefined && /^\/root(\/|$)/.test(set)
  if (foundByHome.length > 0) {
    const reason = "what it finds by its home is in root's"
    return { env: set === undefined ? [setting(ROOTS, reason, foundByHome)] : [], needs: [] }
  }
  if (anyUid) return homeOfAnybody(account, set, rootOnly, writtenInHome)
  if (isMadeWith(account)) return { env: rootOnly ? [setting(account.home, whyRoot(set))] : [], needs: [] }
  const wanted = writtenInHome.length > 0 || account.createHome
  if (!wanted && !rootOnly) return unknownBase(facts, account)
  const own = set !== undefined && !rootOnly ? set : account.home
  if ((account.createHome && isHome(own)) || isOwnHome(facts, account, own)) {
    const env = rootOnly ? [setting(own, whyRoot(set))] : []
    return {
      env,
      needs: wanted
        ? [stateNeed(own, 'observed', { source: 'observed', detail: 'the home of the user, where the original wrote' })]
        : [],
    }
  }
  const home = `/home/${account.name === '' ? 'app' : account.name}`
  const reason = wanted
    ? 'the original writes into its home, and this account has none it could write'
    : whyRoot(set ?? '/root')
  return {
    env: [setting(home, reason, writtenInHome)],
    needs: [stateNeed(home, 'inferred', { source: 'account', detail: 'the home of the user' })],
  }
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
  const env = home === set ? [] : [setting(home, 'a uid that is not in /etc/passwd has no home', writtenInHome)]
  return { env, needs: [stateNeed(home, 'inferred', { source: 'account', detail: 'the home of whoever runs it' })] }
}

function unknownBase(facts: ImageFacts, account: AccountChoice): HomePlan {
  if (account.creation !== 'none' || facts.accounts.known || facts.os.known) return { env: [], needs: [] }
  return { env: [setting('/tmp', 'a bare uid has no home, and the base image is not known')], needs: [] }
}

/** The command that makes the account makes its home too. */
export function isMadeWith({ createHome, creation }: AccountChoice): boolean {
  return createHome && creation !== 'copy'
}

function isHome(path: string): boolean {
  return path !== '' && path !== '/' && !isSystemFolder(path)
}

/** A folder that is the account's alone, as far as is known. */
export function isOwnHome(facts: Pick<ImageFacts, 'files'>, account: AccountChoice, home: string): boolean {
  if (!isHome(home)) return false
  if (!facts.files.known) return true
  return couldCreate(facts.files.value, { uid: account.uid, gids: [account.gid] }, `${home}/x`).allowed
}

function whyRoot(home: string | undefined): string {
  return `HOME was ${home ?? '/root'}, which only root can enter`
}

function setting(value: string, reason: string, evidence: readonly Evidence[] = []): EnvSetting {
  return { name: 'HOME', value, reason, evidence: [...evidence, { source: 'account', subject: value, detail: reason }] }
}
