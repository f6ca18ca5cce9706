import { type Instruction, type Stage, says } from '../../dockerfile/index.ts'
import type { StageView } from '../../evidence/provider.ts'
import {
  engineNumber,
  groupNamed,
  groupsOf,
  isRootUser,
  neverStarts,
  resolveUser,
  userNamed,
  userWithUid,
} from '../../image/accounts.ts'
import type { Accounts, ImageFacts } from '../../image/facts.ts'
import { choices } from '../../words.ts'
import type { AccountChoice, AccountPin } from '../plan.ts'
import type { UserTexts } from '../step-down/root-steps.ts'
import { absentFrom, noAccount } from './absent-account.ts'
import { idsOf } from './account-ids.ts'
import type { Created, CreatedAccount } from './created-accounts.ts'
import { groupsGivenTo } from './lost-groups.ts'
import type { StageUsers } from './stage-users.ts'

/** The finding about the USER line of a stage that does not end as root. */
export interface UserNumber {
  /** Index into the stage's instructions. */
  readonly line: number
  readonly outcome: 'fixed' | 'offered' | 'todo' | 'note'
  /** The new text; null for a note and a todo. */
  readonly text: string | null
  readonly pins: readonly AccountPin[]
  readonly message: string
  readonly hint: string
}

const KUBERNETES = "Kubernetes' runAsNonRoot can only check a number"

/**
 * A name becomes `uid:gid` where both are certain (not for `openNumber`), and the uid alone where the steps add the account to more
 * groups; a bare uid without an account gets a group where 0 is not meant.
 */
export function numberUser(
  stage: Stage,
  users: StageUsers,
  created: Created,
  facts: ImageFacts,
  view: Pick<StageView, 'built' | 'contents' | 'installed'>,
  openNumber?: string,
): UserNumber | null {
  const line = users.lines.at(-1)
  const instruction = line === undefined ? undefined : stage.instructions[line.index]
  // A USER line that a build argument decides stays as it is.
  if (line === undefined || instruction === undefined || line.hasVariable || !line.user.known) return null
  const [user = '', said = ''] = line.user.value.split(':')
  if (isRootUser(user)) return null
  const group = said === '' ? undefined : said
  const at = { line: line.index, pins: [] }
  const accounts = facts.accounts.known ? facts.accounts.value : { users: [], groups: [] }
  const wrong = wrongPart({ user, group }, accounts, created)
  if (wrong !== null)
    return {
      ...at,
      outcome: 'todo',
      text: null,
      message: `USER ${line.user.value} ${wrong}`,
      hint: choices('write USER uid:gid (no container starts as it is)', 'write the name of an account'),
    }
  const lacking = group === undefined ? null : absentFrom(group, facts, created, view, 'group')
  if (lacking !== null) return { ...at, outcome: 'todo', text: null, ...noAccount(group ?? '', lacking.image, 'group') }
  const number = engineNumber(user)
  if (number !== null) return group === undefined ? withGroup(stage, Number(number), facts, at) : null
  const made = created.users.find((account) => account.name === user)
  if (made !== undefined && isOwnGroup(group, made)) {
    // The tool picks a number that the file does not give: the first free one from 1000 for a person's account, where all are
    // known.
    const isOpen = made.uid === null && (made.ownGroup !== 'same-id' || !facts.accounts.known)
    const ids = isOpen ? null : idsOf(made, created, accounts, true)
    if (ids !== null) {
      const certain = ids.pins.length === 0 && made.certain && typeof made.uid === 'number'
      // A bare uid keeps the supplementary groups that `uid:gid` would drop.
      const keepsGroups =
        group === undefined && /^\d+:/.test(ids.text) && groupsGivenTo(user, view.contents.steps).length > 0
      const text = keepsGroups ? ids.text.replace(/:.*$/s, '') : ids.text
      return {
        ...at,
        outcome: certain ? 'fixed' : 'offered',
        text,
        pins: ids.pins,
        message: `${user} is ${text}${certain ? '' : ' once its account is made with these ids'}: ${KUBERNETES}`,
        hint: certain ? '' : `files that ${user} left in existing volumes have another owner then`,
      }
    }
  }
  const isOpen = made === undefined && user === openNumber
  const inGroup = made === undefined ? numbered(user, group, accounts) : inOtherGroup(made, group, created, accounts)
  const text = isOpen ? null : inGroup
  if (text !== null) return { ...at, outcome: 'fixed', text, message: `${user} is ${text}: ${KUBERNETES}`, hint: '' }
  const absent = made === undefined && !isOpen ? absentFrom(user, facts, created, view) : null
  if (absent !== null) return { ...at, outcome: 'todo', text: null, ...noAccount(user, absent.image) }
  return {
    ...at,
    outcome: 'note',
    text: null,
    message: `USER ${line.user.value} is a name, and its number is unknown here: ${KUBERNETES}`,
    hint: 'create the account with a fixed uid and write USER uid:gid, or set runAsUser beside runAsNonRoot',
  }
}

/** Why no container can start as this user, unless an account or a group really has that name. */
function wrongPart(
  { user, group = '' }: { readonly user: string; readonly group: string | undefined },
  accounts: Accounts,
  created: Created,
): string | null {
  const isUser =
    created.users.some(({ name }) => name === user) ||
    userNamed(accounts, user) !== null ||
    userWithUid(accounts, Number(engineNumber(user) ?? -1n)) !== null
  const isGroup = created.groups.some(({ name }) => name === group) || groupNamed(accounts, group) !== null
  return (isUser ? null : neverStarts(user)) ?? (isGroup ? null : neverStarts(group))
}

/** The numbers that a USER text stands for; null where they are unknown. */
export function idsOfUser(
  text: string,
  created: Created,
  { accounts }: ImageFacts,
): Pick<AccountChoice, 'name' | 'uid' | 'gid'> | null {
  const [user = '', group] = text.trim().split(':')
  const known = accounts.known ? accounts.value : { users: [], groups: [] }
  const made = created.users.find((account) => account.name === user || String(account.uid) === user)
  if (made !== undefined) {
    const ids = isOwnGroup(group, made) || group === undefined ? idsOf(made, created, known, true) : null
    if (ids !== null)
      return made.certain && ids.pins.length === 0 ? { name: made.name, uid: ids.uid, gid: ids.gid } : null
  }
  // Without a group it is that of the account, which only the image knows.
  if (!accounts.known && group === undefined) return null
  const resolved = resolveUser(text, known)
  return resolved.known ? { name: resolved.value.name ?? '', uid: resolved.value.uid, gid: resolved.value.gid } : null
}

/** How the stage's USER lines will read, and which of them mean the same user. `unsafe`: offered fixes are applied. */
export function userTexts(number: UserNumber | null, created: Created, facts: ImageFacts, unsafe: boolean): UserTexts {
  return {
    written: (line, text) =>
      line !== null && line === number?.line && (number.outcome === 'fixed' || unsafe)
        ? (number.text ?? text)
        : ((line === null ? certainIds(text, created, facts) : null) ?? inNumbers(text, created, facts)),
    isSame: (owner, user) => {
      const uid = (text: string): string => inNumbers(text.split(':')[0] ?? '', created, facts).split(':')[0] ?? ''
      const made = created.users.find((account) => String(account.uid) === uid(user))
      return uid(owner) === uid(user) || made?.name === owner
    },
  }
}

/** An account of the Dockerfile in numbers, where its own commands say both. */
function certainIds(text: string, created: Created, { accounts }: ImageFacts): string | null {
  const [user = '', group] = text.trim().split(':')
  const made = created.users.find((account) => account.name === user)
  if (made === undefined || !isOwnGroup(group, made) || !made.certain || typeof made.uid !== 'number') return null
  const ids = idsOf(made, created, accounts.known ? accounts.value : { users: [], groups: [] }, true)
  return ids !== null && ids.pins.length === 0 ? ids.text : null
}

/** With a group that it is not of, where both numbers are said. */
function inOtherGroup(
  { uid, certain }: CreatedAccount,
  group: string | undefined,
  { groups }: Created,
  accounts: Accounts,
): string | null {
  const made = groups.find(({ name }) => name === group)
  const gid = made === undefined ? groupNamed(accounts, group ?? '')?.gid : made.certain ? made.gid : null
  return certain && typeof uid === 'number' && typeof gid === 'number' ? `${uid}:${gid}` : null
}

function isOwnGroup(group: string | undefined, made: CreatedAccount): boolean {
  return group === undefined || group === made.group || (group === made.name && made.nogroup === undefined)
}

/** A USER text in numbers, as far as the image's accounts say them; as it is where they do not. */
function inNumbers(text: string, created: Created, { accounts }: ImageFacts): string {
  const [user = '', group] = text.trim().split(':')
  if (!accounts.known || /[$\s]|^\d/.test(text) || created.users.some(({ name }) => name === user)) return text
  return numbered(user, group, accounts.value) ?? text
}

function numbered(user: string, group: string | undefined, accounts: Accounts): string | null {
  const account = userNamed(accounts, user)
  if (account === null) return null
  if (group !== undefined) {
    const gid = /^\d+$/.test(group) ? Number(group) : groupNamed(accounts, group)?.gid
    return gid === undefined ? null : `${account.uid}:${gid}`
  }
  // A bare uid keeps the supplementary groups that `uid:gid` would drop.
  const others = groupsOf(accounts, user).filter((gid) => gid !== account.gid)
  return others.length > 0 ? String(account.uid) : `${account.uid}:${account.gid}`
}

function withGroup(
  stage: Stage,
  uid: number,
  facts: ImageFacts,
  at: Pick<UserNumber, 'line' | 'pins'>,
): UserNumber | null {
  if (!facts.accounts.known || userWithUid(facts.accounts.value, uid) !== null) return null
  if (wantsGroupZero(stage.instructions, facts.reference)) return null
  return {
    ...at,
    outcome: 'offered',
    text: `${uid}:${uid}`,
    message: `USER ${uid} has no account, so it runs with group 0, the group of root`,
    hint: 'group 0 is right for OpenShift, which gives it to every container; else say the group',
  }
}

/** OpenShift's way: files belong to group 0 and its rights are those of the owner. */
function wantsGroupZero(instructions: readonly Instruction[], reference: string): boolean {
  if (/\bubi\d|openshift|redhat|bitnami/.test(reference)) return true
  return instructions.some(
    (instruction) =>
      (instruction.keyword === 'RUN' && says(instruction, /g\+?=\+?u|chgrp\s+(-\S+\s+){0,9}(0|root)\b|:(0|root)\b/)) ||
      instruction.flags.some(({ name, value }) => name === 'chown' && /:(0|root)$/.test(value ?? '')),
  )
}
