import type { Evidence, Remark } from '../../evidence/claim.ts'
import { groupNamed, groupWithGid, userNamed, userWithUid } from '../../image/accounts.ts'
import type { Accounts, ImageFacts } from '../../image/facts.ts'
import type { FileModel } from '../../image/file-model.ts'
import { isWithin } from '../../path.ts'
import type { AccountChoice, AccountCreation } from '../plan.ts'
import { groupLine, passwdLine, ROOT_GROUP } from './account-ids.ts'
import type { AccountRequest } from './choose-account.ts'
import type { Created } from './created-accounts.ts'

export const NEW_NAME = 'app'
const NEW_ID = 10001

interface Wanted {
  readonly name: string
  /** Null: a free one. */
  readonly uid: number | null
  readonly gid: number | null
}

/** An account that the image does not have. */
export function created(
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

/** The group where none was given: the user's own, or root's where any uid has to work. */
export function ownGroup(gid: number, { rootGroup }: AccountRequest): number {
  return rootGroup === true ? ROOT_GROUP : gid
}

/** Ids without a name. */
export function bare(
  uid: number,
  gid: number,
  evidence: readonly Evidence[],
  from: AccountChoice['from'],
): AccountChoice {
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

/** Where the step that makes accounts is ignored. */
export function notCreated({ uid, gid }: AccountChoice, who: string): Remark {
  return {
    outcome: 'note',
    transform: 'set-user',
    message: `no account is made for ${uid}:${gid}, as ${who}: it has no name and no home`,
    about: 'FROM',
    evidence: [],
  }
}

/** The ladder, best first (FACTS 5): the distribution's own tool, lines in the files, a copy of the files, a bare uid. */
function creationFor(request: AccountRequest): AccountCreation {
  const { facts, tools, mayCreate = true } = request
  if (!mayCreate) return 'none'
  const files = facts.files.known ? facts.files.value : null
  if (files !== null) {
    const shell = tools.shell === true
    // A link into a folder that exists only at run time: what a build writes there is lost, or cannot be written.
    if (['/etc/passwd', '/etc/group'].some((path) => isDangling(path, files))) return 'none'
    // The tools refuse to begin a file of accounts.
    const hasBoth = files.exists('/etc/passwd') && files.exists('/etc/group')
    if (shell && !hasBoth) return 'append'
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

function isDangling(path: string, files: FileModel): boolean {
  return files.entry(path)?.type === 'symlink' && !files.exists(path)
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

/** A group of this name is no obstacle where it becomes the user's own group. */
function freeName(name: string, gid: number, accounts: Accounts): string {
  const taken = (text: string): boolean =>
    userNamed(accounts, text) !== null || (groupNamed(accounts, text) ?? { gid }).gid !== gid
  return firstFree(name, taken)
}

/** The folder is somebody's already, such as the program's code: useradd keeps its owner, a chown would not. */
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
