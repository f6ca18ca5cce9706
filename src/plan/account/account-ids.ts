import {
  engineEntries,
  engineNumber,
  groupNamed,
  groupWithGid,
  isRootUser,
  resolveUser,
  userNamed,
  userWithUid,
} from '../../image/accounts.ts'
import type { Accounts, ImageFacts } from '../../image/facts.ts'
import type { AccountChoice, AccountPin } from '../plan.ts'
import type { Created, CreatedAccount } from './created-accounts.ts'

/** The numbers of an account that the Dockerfile creates, and what to add to its commands so that they are certain. */
export interface AccountIds {
  readonly uid: number
  readonly gid: number
  /** As USER writes them. */
  readonly text: string
  readonly pins: readonly AccountPin[]
}

const FIRST_FREE_ID = 10001
/** Of a person's account. Source: useradd(8), UID_MIN of login.defs(5); busybox, adduser */
const FIRST_OF_PEOPLE = 1000

/**
 * Null where the text leaves a number open that no option can fix. `keepsGroup`: USER already names the account, so it stays in its
 * group and keeps the uid that the tool picks.
 */
export function idsOf(
  account: CreatedAccount,
  created: Created,
  accounts: Accounts,
  keepsGroup = false,
): AccountIds | null {
  const group = groupOf(account, created, accounts, keepsGroup && account.uid !== null)
  const free = (id: number): boolean => isFree(id, account, created, accounts)
  if (account.uid === 'unclear' || account.gid === 'unclear' || group.unclear === true) return null
  const known = userNamed(accounts, account.name)
  const first = keepsGroup ? FIRST_OF_PEOPLE : FIRST_FREE_ID
  const wanted = known?.uid ?? (typeof group.gid === 'number' && group.gid > 0 ? group.gid : first)
  const uid = account.uid ?? (known === null ? firstFree(wanted, free) : known.uid)
  if (account.uid === null && account.place === null) return null
  const gid = group.gid ?? known?.gid ?? (groupWithGid(accounts, uid) === null ? uid : firstFree(FIRST_FREE_ID, free))
  const pins: AccountPin[] = []
  if (group.pin !== null)
    pins.push(pin(group.pin.instruction.line, group.pin.place.options, ` ${group.pin.place.idOption} ${gid}`))
  const options: string[] = []
  if (account.uid === null) options.push(account.place?.idOption ?? '', String(uid))
  if (group.step && account.place !== null && account.certain) {
    const { groupTool, groupOption } = account.place
    pins.push(pin(account.instruction.line, account.place.command, `${groupTool} ${gid} ${account.name} && `))
    options.push(groupOption, account.name)
  }
  if (options.length > 0 && account.place !== null)
    pins.push(pin(account.instruction.line, account.place.options, ` ${options.join(' ')}`))
  const text = `${account.uidText ?? uid}:${group.text ?? gid}`
  return { uid, gid, text: account.uidText === null && group.text === null ? `${uid}:${gid}` : text, pins }
}

function pin(line: number, at: number, text: string): AccountPin {
  return { line, at, text }
}

interface GroupChoice {
  /** Null: to be chosen. */
  readonly gid: number | null
  readonly text: string | null
  /** The command that makes the group, where it must be told the gid. */
  readonly pin: {
    readonly instruction: { readonly line: number }
    readonly place: { readonly options: number; readonly idOption: string }
  } | null
  /** The group must be made first. */
  readonly step: boolean
  /** The Dockerfile makes the group, and its number is unknown. */
  readonly unclear?: true
}

function groupOf(account: CreatedAccount, created: Created, accounts: Accounts, keepsGroup: boolean): GroupChoice {
  const plain = { text: null, pin: null, step: false }
  if (typeof account.gid === 'number') return { ...plain, gid: account.gid, text: account.gidText }
  if (account.group !== null) {
    const made = created.groups.find((group) => group.name === account.group)
    if (made !== undefined && typeof made.gid === 'number') return { ...plain, gid: made.gid, text: made.gidText }
    if (made?.gid === null && made.place !== null)
      return { ...plain, gid: null, pin: { instruction: made.instruction, place: made.place } }
    if (made?.gid === 'unclear') return { ...plain, gid: null, unclear: true }
    if (account.group === 'root') return { ...plain, gid: 0 }
    return { ...plain, gid: groupNamed(accounts, account.group)?.gid ?? null }
  }
  // The account's own group has its uid as number, in USER too.
  if (account.ownGroup === 'same-id') return { ...plain, gid: numberOf(account), text: account.uidText }
  const step = created.groups.every((group) => group.name !== account.name)
  if (account.nogroup !== undefined && (keepsGroup || !step || account.place === null || !account.certain))
    return { ...plain, gid: groupNamed(accounts, 'nogroup')?.gid ?? account.nogroup }
  return { ...plain, gid: null, step }
}

function numberOf({ uid }: CreatedAccount): number | null {
  return typeof uid === 'number' ? uid : null
}

function isFree(id: number, account: CreatedAccount, created: Created, accounts: Accounts): boolean {
  const others = created.users.filter((other) => other.name !== account.name)
  if (others.some((other) => other.uid === id)) return false
  if (created.groups.some((group) => group.gid === id && group.name !== account.group)) return false
  const group = groupWithGid(accounts, id)
  return userWithUid(accounts, id) === null && (group === null || group.name === account.group)
}

function firstFree(id: number, free: (id: number) => boolean): number {
  let next = id
  while (!free(next)) next = next < FIRST_OF_PEOPLE ? FIRST_OF_PEOPLE : next + 1
  return next
}

/**
 * The USER text means uid 0 in this image, also by a second name of it (`toor`) that the image has, the Dockerfile makes, or
 * a passwd file brings that it copies. A name that none has is not root: the container fails to start.
 */
export function isRoot(text: string, facts: Pick<ImageFacts, 'accounts' | 'files'>, created?: Created): boolean {
  if (isRootUser(text)) return true
  const name = text.trim().split(':', 1)[0] ?? ''
  if (engineNumber(name) !== null) return false
  const made = created?.users.find((user) => user.name === name)
  if (made?.uid === 0) return true
  const passwd = facts.files.known ? facts.files.value.text('/etc/passwd') : null
  if (passwd !== null && engineEntries(passwd).find((user) => user.name === name)?.uid === 0) return true
  if (!facts.accounts.known) return false
  const resolved = resolveUser(text, facts.accounts.value)
  return resolved.known && resolved.value.uid === 0
}

/** The account's line of passwd(5). */
export function passwdLine(account: AccountChoice): string {
  return `${account.name}:x:${account.uid}:${account.gid}::${account.home}:/sbin/nologin`
}

/** Its group's line of group(5). */
export function groupLine(account: AccountChoice): string {
  return `${account.name}:x:${account.gid}:`
}

/** A name that passwd(5), the account tools and a shell read as one word; `x; rm` or `-R` would be more. */
export function isAccountName(name: string): boolean {
  return /^[a-z_A-Z][\w.-]{0,31}$/.test(name)
}

/**
 * A uid as a platform assigns it that gives each project a range of its own, with group 0. Source: OpenShift, "Support
 * arbitrary user ids" in its guidelines for images. No image has an account or a file of it.
 */
export const ARBITRARY_UID = 1000680000
export const ROOT_GROUP = 0
