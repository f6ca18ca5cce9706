import { HardenError } from '../../errors.ts'
import type { Evidence } from '../../evidence/claim.ts'
import type { SaidId } from '../../image/account-arguments.ts'
import {
  groupNamed,
  groupsOf,
  groupWithGid,
  idOfName,
  isOfSystem,
  isRootUser,
  privilegedGroupsOf,
  sharedAccounts,
  userNamed,
  userWithUid,
} from '../../image/accounts.ts'
import type { Account, Accounts, ImageFacts } from '../../image/facts.ts'
import { joinTruncated } from '../../words.ts'
import type { AccountChoice, Tools } from '../plan.ts'
import { idsOf, isAccountName, isRoot, ROOT_GROUP } from './account-ids.ts'
import type { Created, CreatedAccount } from './created-accounts.ts'
import { bare, created, NEW_NAME, ownGroup } from './new-account.ts'

/** The user to run as: the one that was asked for, else the first candidate that fits, else a new account. */
export function chooseAccount(request: AccountRequest): AccountChoice {
  const accounts = request.facts.accounts.known ? request.facts.accounts.value : noAccounts
  if (request.option !== null) return fromOption(request.option, accounts, request)
  for (const candidate of request.candidates) {
    const own = request.created.users.find((user) => user.name === candidate.name || isUid(user.uid, candidate.uid))
    if (own !== undefined) {
      const choice = createdHere(own, accounts, request, candidate.evidence)
      if (choice !== null) return choice
    }
    const account =
      candidate.name === null ? userWithUid(accounts, candidate.uid ?? -1) : userNamed(accounts, candidate.name)
    const isFitting = account !== null && isFit(account, accounts, request.rootGroup, candidate)
    if (isFitting && account.name === request.openNumber && request.rootGroup !== true)
      return nameOnly(account.name, candidate.evidence)
    if (isFitting) return existing(account, accounts, request, [candidate.evidence], 'image')
    if (account === null && candidate.uid !== null && candidate.make === true) {
      const ids = { uid: candidate.uid, gid: ownGroup(candidate.uid, request) }
      return created({ name: NEW_NAME, ...ids }, accounts, request, 'created', [candidate.evidence])
    }
    if (account === null && candidate.uid !== null && candidate.uid > 0) {
      return bare(candidate.uid, ownGroup(candidate.uid, request), [candidate.evidence], 'image')
    }
  }
  const known = byName(request)
  if (known !== null) return known
  return created({ name: NEW_NAME, uid: null, gid: null }, accounts, request, 'created', [
    { source: 'assumed', subject: NEW_NAME, detail: whyNew(request) },
  ])
}

/** The first candidate that must exist, whoever makes it, and of which only the name is known. */
function byName({
  candidates,
  facts,
  created: { users, deleted = [] },
  mayCreate,
  rootGroup,
}: AccountRequest): AccountChoice | null {
  if (mayCreate === false || rootGroup === true) return null
  for (const { name, there, evidence } of candidates) {
    if (name === null || there !== true || !isAccountName(name) || sharedAccounts.has(name)) continue
    if (isRootUser(name) || isOfSystem(name)) continue
    const own = users.find((user) => user.name === name)
    const isOpen = own === undefined ? !deleted.includes(name) : own.certain && own.uid !== 0
    if (!isOpen || (facts.accounts.known && userNamed(facts.accounts.value, name) !== null)) continue
    return nameOnly(name, evidence)
  }
  return null
}

function nameOnly(name: string, evidence: Evidence): AccountChoice {
  const id = idOfName(name)
  return { ...bare(id, id, [evidence], 'image'), name, creation: 'exists', text: name, unnumbered: true }
}

function isUid(uid: SaidId, wanted: number | null): boolean {
  return typeof uid === 'number' && uid === wanted
}

/** The Dockerfile's own account, by the ids that its commands say or are told to use. */
function createdHere(
  own: CreatedAccount,
  accounts: Accounts,
  request: AccountRequest,
  evidence: Evidence,
): AccountChoice | null {
  const ids = idsOf(own, request.created, accounts)
  if (ids === null || ids.uid === 0) return null
  return {
    name: own.name,
    uid: ids.uid,
    gid: ownGroup(ids.gid, request),
    groups: [],
    home: own.home,
    createHome: false,
    createGroup: false,
    from: 'image',
    creation: 'exists',
    text: request.rootGroup === true ? ids.text.replace(/:[^:]*$/, `:${ROOT_GROUP}`) : ids.text,
    pins: ids.pins,
    evidence: [evidence],
  }
}

const noAccounts: Accounts = { users: [], groups: [] }

function whyNew(request: AccountRequest): string {
  const { mayBring = [] } = request
  if (request.facts.accounts.known && mayBring.length > 0) return `${joinTruncated(mayBring)} may bring its own account`
  return request.facts.accounts.known
    ? 'the image has no service account for it'
    : "a new account, since the base's are not known"
}

/** People read the name: the 64 digits of a digest add nothing. */
export function withoutDigest(reference: string): string {
  return reference.replace(/(?<=.)@sha256:[0-9a-f]{64}$/, '')
}

/**
 * Root by another name, accounts that everybody shares and members of privileged groups are no service accounts. Whom
 * the original becomes (`became`) had those groups there; here it keeps its own only (FACTS 6).
 */
export function isFit(
  account: Account,
  accounts: Accounts,
  rootGroup = false,
  { became = false, given = false, insisted = false }: Pick<Candidate, 'became' | 'given' | 'insisted'> = {},
): boolean {
  if (account.uid === 0 || (account.gid === 0 && !rootGroup)) return false
  if (sharedAccounts.has(account.name) && !given && !insisted) return false
  const privileged = privilegedGroupsOf(accounts, account.name)
  return became ? privileged.every((name) => groupNamed(accounts, name)?.gid !== account.gid) : privileged.length === 0
}

function fromOption(option: string, accounts: Accounts, request: AccountRequest): AccountChoice {
  const evidence: Evidence[] = [
    request.because === undefined
      ? { source: 'given', subject: option, detail: 'given with --user' }
      : { source: 'declared', subject: option, detail: request.because },
  ]
  const numeric = /^(\d+)(?::(\d+))?$/.exec(option)
  if (numeric === null) {
    const account = userNamed(accounts, option)
    if (isRoot(option, request.facts, request.created))
      throw new HardenError('bad-usage', `--user ${option} is root there, by another name (uid 0)`, {
        hint: 'name another account, or a uid',
      })
    if (account !== null) return existing(account, accounts, request, evidence, 'option')
    const group = groupNamed(accounts, option)
    return created({ name: option, uid: null, gid: group?.gid ?? null }, accounts, request, 'option', evidence)
  }
  const uid = Number(numeric[1])
  const account = userWithUid(accounts, uid)
  const gid = numeric[2] === undefined ? ownGroup(account?.gid ?? uid, request) : Number(numeric[2])
  if (account !== null && account.gid === gid) return existing(account, accounts, request, evidence, 'option')
  if (account !== null) return { ...existing(account, accounts, request, evidence, 'option'), gid, groups: [] }
  return created({ name: NEW_NAME, uid, gid }, accounts, request, 'option', evidence)
}

function existing(
  account: Account,
  accounts: Accounts,
  request: AccountRequest,
  evidence: readonly Evidence[],
  from: AccountChoice['from'],
): AccountChoice {
  return {
    name: account.name,
    uid: account.uid,
    gid: ownGroup(account.gid, request),
    // `USER uid:gid` drops the supplementary groups (FACTS 6), so none are counted on.
    groups: [],
    home: homeOf(account, request.facts),
    createHome: false,
    createGroup: false,
    from,
    creation: 'exists',
    evidence: withDropped(account, accounts, evidence),
  }
}

function withDropped(account: Account, accounts: Accounts, evidence: readonly Evidence[]): readonly Evidence[] {
  const dropped = groupsOf(accounts, account.name).filter((gid) => gid !== account.gid)
  if (dropped.length === 0) return evidence
  const names = dropped.map((gid) => groupWithGid(accounts, gid)?.name ?? String(gid)).join(', ')
  return [
    ...evidence,
    {
      source: 'account',
      subject: account.name,
      detail: `is also in ${names}; a numeric USER does not keep these groups`,
    },
  ]
}

function homeOf(account: Account, facts: ImageFacts): string {
  if (!facts.files.known) return account.home
  return facts.files.value.entry(account.home)?.type === 'directory' ? account.home : ''
}

/** A user that the program could run as, and why. The first usable one of a list is taken. */
export interface Candidate {
  /** One of the two is given. */
  readonly name: string | null
  readonly uid: number | null
  readonly evidence: Evidence
  /** The account exists, whoever makes it: the image would not build or start without it. Absent: unknown. */
  readonly there?: boolean
  /** The original becomes it by itself. */
  readonly became?: boolean
  /** The Dockerfile gives it the program's files: it is this program's own, even where others could share it. */
  readonly given?: boolean
  /** A non-root run was refused to become it, and no removable setting asks for it. Absent: no. */
  readonly insisted?: boolean
  /** Where no account has the uid, one is created, since a program may ask for its home. */
  readonly make?: boolean
}

export interface AccountRequest {
  /** `NAME` or `UID[:GID]`, valid by its syntax. */
  readonly option: string | null
  /** Why this user was given; absent where a person gave it. */
  readonly because?: string
  readonly candidates: readonly Candidate[]
  readonly facts: ImageFacts
  /** Accounts that the Dockerfile itself creates. */
  readonly created: Created
  readonly tools: Tools
  /** The stage's Dockerfile has RUN lines in shell form: a shell is there though the base is not known. */
  readonly shellSeen: boolean
  /** Packages that are yet to be installed, and may bring an account for the program. Absent: none. */
  readonly mayBring?: readonly string[]
  /** False: a missing account is not created, and its number is used. Absent: true. */
  readonly mayCreate?: boolean
  /** Its number is not certain: it goes by its name. */
  readonly openNumber?: string
  /** With group 0, whoever it is: as a platform runs it that assigns uids. */
  readonly rootGroup?: boolean
}
