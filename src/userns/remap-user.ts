import { HardenError } from '../errors.ts'
import { groupNamed, groupWithGid, maximumId, userNamed, userWithUid } from '../image/accounts.ts'
import type { Accounts, Group } from '../image/facts.ts'

/** The account whose sub ids the daemon maps to. */
export interface RemapUser {
  /** For daemon.json. */
  readonly value: string
  /** Docker looks up both sub-id files by this name, whatever the group is. */
  readonly name: string
  /** Null where dockerd makes the account when it starts. */
  readonly uid: number | null
}

/** What dockerd makes and uses for `default`. */
const defaultAccount = 'dockremap'

/**
 * Resolves `default`, `NAME[:GROUP]` or `UID[:GID]` as dockerd does (parseRemappedRoot in moby/daemon): a number is an
 * id, all must exist, and a user without a group needs the group of the same name or number.
 * Throws HardenError `bad-usage`. `where` is the folder of passwd and group, for messages.
 */
export function resolveRemapUser(text: string, accounts: Accounts, where: string): RemapUser {
  const [userText = '', groupText, ...more] = text.split(':')
  if (more.length > 0 || userText === '' || groupText === '') {
    throw wrong(`--user ${JSON.stringify(text)} is no account`, 'write default, NAME, NAME:GROUP, UID or UID:GID')
  }
  const isDefault = userText === 'default'
  const name = isDefault ? defaultAccount : userText
  const user = isId(name) ? userWithUid(accounts, idOf(name)) : userNamed(accounts, name)
  if (user?.uid === 0) {
    throw wrong(
      `--user ${text}: root cannot be remapped to itself, dockerd then leaves remapping off`,
      'use default, which is an account of its own',
    )
  }
  if (user !== null) {
    groupOf(groupText ?? (isId(name) ? String(user.uid) : name), groupText === undefined, accounts, where)
    return { value: text, name: user.name, uid: user.uid }
  }
  if (!isDefault) {
    throw wrong(
      `there is no user ${name} in ${where}/passwd`,
      'name one that exists, or use --user default: dockerd then makes the account dockremap',
    )
  }
  if (groupText !== undefined) groupOf(groupText, false, accounts, where)
  return { value: text, name, uid: null }
}

function groupOf(text: string, implied: boolean, accounts: Accounts, where: string): Group {
  const group = isId(text) ? groupWithGid(accounts, idOf(text)) : groupNamed(accounts, text)
  if (group !== null) return group
  if (!implied) throw wrong(`there is no group ${text} in ${where}/group`, 'name one that exists')
  const owner = isId(text) ? userWithUid(accounts, idOf(text)) : userNamed(accounts, text)
  const own = owner === null ? null : groupWithGid(accounts, owner.gid)
  throw wrong(
    `dockerd looks for a group ${text} beside the user ${text}, and ${where}/group has none`,
    own === null ? 'name the group too: USER:GROUP' : `name the group too: --user ${text}:${own.name}`,
  )
}

function isId(text: string): boolean {
  return /^\d+$/.test(text)
}

function idOf(text: string): number {
  const id = Number(text)
  if (id > maximumId) throw wrong(`${text} is no id: they end at ${maximumId}`, 'use the uid of an account')
  return id
}

function wrong(message: string, hint: string): HardenError {
  return new HardenError('bad-usage', message, { hint })
}
