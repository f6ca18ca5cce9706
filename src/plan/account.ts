import type { SaidId } from '../image/account-arguments.ts'
import {
  groupNamed,
  groupsOf,
  groupWithGid,
  privilegedGroupsOf,
  sharedAccounts,
  userNamed,
  userWithUid,
} from '../image/accounts.ts'
import type { Account, Accounts, ImageFacts } from '../image/facts.ts'
import { isWithin } from '../image/path.ts'
import { idsOf } from './account-ids.ts'
import { groupLine, passwdLine } from './account-lines.ts'
import { ROOT_GROUP } from './arbitrary-uid.ts'
import type { Created, CreatedAccount } from './created-accounts.ts'
import type { Evidence } from './evidence.ts'
import type { AccountChoice, AccountCreation, Tools } from './plan.ts'

/** Somebody whom the program could run as, and why. The first usable one of a list is taken. */
export interface Candidate {
  /** One of the two is given. */
  readonly name: string | null
  readonly uid: number | null
  readonly evidence: Evidence
  /** The original becomes it by itself. */
  readonly became?: boolean
}

const NEW_NAME = 'app'
const NEW_ID = 10001

export interface AccountRequest {
  /** `NAME` or `UID[:GID]`, valid by its syntax. */
  readonly option: string | null
  readonly candidates: readonly Candidate[]
  readonly facts: ImageFacts
  /** Accounts that the Dockerfile itself creates. */
  readonly created: Created
  readonly tools: Tools
  /** The stage's Dockerfile has RUN lines in shell form: a shell is there though the base is not known. */
  readonly shellSeen: boolean
  /** With group 0, whoever it is: as a platform runs it that assigns uids. */
  readonly rootGroup?: boolean
}

/** Who to run as: what the user said, else the first candidate that is fit for it, else a new account. */
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
    if (account !== null && isFit(account, accounts, request.rootGroup, candidate.became))
      return existing(account, accounts, request, [candidate.evidence], 'image')
    if (account === null && candidate.uid !== null && candidate.uid > 0) {
      return bare(candidate.uid, ownGroup(candidate.uid, request), [candidate.evidence], 'image')
    }
  }
  return created({ name: NEW_NAME, uid: null, gid: null }, accounts, request, 'created', [
    { source: 'assumed', subject: NEW_NAME, detail: whyNew(request) },
  ])
}

function ownGroup(gid: number, { rootGroup }: AccountRequest): number {
  return rootGroup === true ? ROOT_GROUP : gid
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
  return request.facts.accounts.known
    ? 'no account of the image belongs to this program'
    : `a new account, since the accounts of ${withoutDigest(request.facts.reference)} are not known`
}

/** For people: 64 digits more say nothing to them, where there is a name. */
function withoutDigest(reference: string): string {
  return reference.replace(/(?<=.)@sha256:[0-9a-f]{64}$/, '')
}

/**
 * Root by another name, accounts that everybody shares and members of privileged groups are no service accounts. Whom
 * the original becomes (`became`) had those groups there; here it keeps its own only (FACTS 6).
 */
export function isFit(account: Account, accounts: Accounts, rootGroup = false, became = false): boolean {
  if (account.uid === 0 || (account.gid === 0 && !rootGroup)) return false
  if (sharedAccounts.has(account.name)) return false
  const privileged = privilegedGroupsOf(accounts, account.name)
  return became ? privileged.every((name) => groupNamed(accounts, name)?.gid !== account.gid) : privileged.length === 0
}

function fromOption(option: string, accounts: Accounts, request: AccountRequest): AccountChoice {
  const evidence: Evidence[] = [{ source: 'given', subject: option, detail: 'given with --user' }]
  const numeric = /^(\d+)(?::(\d+))?$/.exec(option)
  if (numeric === null) {
    const account = userNamed(accounts, option)
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

function bare(uid: number, gid: number, evidence: readonly Evidence[], from: AccountChoice['from']): AccountChoice {
  return {
    name: '',
    uid,
    gid,
    groups: [],
    home: '',
    createHome: false,
    createGroup: false,
    from,
    creation: 'none',
    evidence,
  }
}

interface Wanted {
  readonly name: string
  /** Null: a free one. */
  readonly uid: number | null
  readonly gid: number | null
}

function created(
  wanted: Wanted,
  accounts: Accounts,
  request: AccountRequest,
  from: AccountChoice['from'],
  evidence: readonly Evidence[],
): AccountChoice {
  const creation = creationFor(request)
  const taken = (id: number): boolean => userWithUid(accounts, id) !== null || groupWithGid(accounts, id) !== null
  const uid = wanted.uid ?? free(NEW_ID, taken)
  const gid = ownGroup(wanted.gid ?? uid, request)
  if (creation === 'none') return bare(uid, gid, evidence, from)
  const name = freeName(wanted.name, gid, withNames(accounts, request.created))
  const home = freeHome(name, request.facts)
  const createGroup = gid !== ROOT_GROUP && groupWithGid(accounts, gid) === null
  const plain: AccountChoice = {
    name,
    uid,
    gid,
    groups: [],
    home,
    createHome: true,
    createGroup,
    from,
    creation,
    evidence,
  }
  return creation === 'copy' ? withTexts(plain, request) : plain
}

/** The ladder, best first (FACTS 5): the distribution's own tool, lines in the files, a copy of the files, a bare uid. */
function creationFor(request: AccountRequest): AccountCreation {
  const { facts, tools } = request
  const files = facts.files.known ? facts.files.value : null
  if (files !== null) {
    const shell = tools.shell === true
    if (shell && ['/usr/sbin/useradd', '/sbin/useradd', '/usr/bin/useradd'].some((path) => files.exists(path)))
      return 'useradd'
    if (shell && isBusybox(files.resolve('/usr/sbin/adduser')) && isBusybox(files.resolve('/usr/sbin/addgroup')))
      return 'adduser'
    if (shell) return 'append'
    return files.text('/etc/passwd') === null ? 'none' : 'copy'
  }
  if (facts.os.known && tools.shell === true) {
    if (facts.os.value.id === 'alpine') return 'adduser'
    if (facts.os.value.id === 'debian' || facts.os.value.id === 'ubuntu') return 'useradd'
  }
  if (tools.shell === true || request.shellSeen) return 'append'
  return 'none'
}

function isBusybox(path: string | null): boolean {
  return path?.endsWith('/busybox') === true
}

function withTexts(account: AccountChoice, request: AccountRequest): AccountChoice {
  const files = request.facts.files.known ? request.facts.files.value : null
  const passwd = files?.text('/etc/passwd') ?? ''
  const group = files?.text('/etc/group') ?? ''
  return {
    ...account,
    passwd: `${withEnd(passwd)}${passwdLine(account)}\n`,
    group: account.createGroup ? `${withEnd(group)}${groupLine(account)}\n` : group,
  }
}

function withEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function free(id: number, taken: (id: number) => boolean): number {
  let next = id
  while (taken(next)) next += 1
  return next
}

/** What the Dockerfile creates has its name, whatever its ids are. */
function withNames(accounts: Accounts, { users, groups }: Created): Accounts {
  const made = [...users, ...groups].map(({ name }) => ({ name, gid: -1, members: [] }))
  return made.length === 0 ? accounts : { users: accounts.users, groups: [...accounts.groups, ...made] }
}

/** A group of the name is no obstacle where it is to be the user's own group. */
function freeName(name: string, gid: number, accounts: Accounts): string {
  const taken = (text: string): boolean =>
    userNamed(accounts, text) !== null || (groupNamed(accounts, text) ?? { gid }).gid !== gid
  return firstFree(name, taken)
}

/** A folder of the image is somebody's files, the program's code for instance: useradd keeps its owner, a chown would not. */
function freeHome(name: string, facts: ImageFacts): string {
  const { files, config } = facts
  return firstFree(
    `/home/${name}`,
    (path) => isWithin(config.workdir, path) || (files.known && files.value.exists(path)),
  )
}

function firstFree(text: string, taken: (text: string) => boolean): string {
  if (!taken(text)) return text
  let number = 1
  while (taken(`${text}${number}`)) number += 1
  return `${text}${number}`
}
