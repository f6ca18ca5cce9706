import type { Instruction } from '../../dockerfile/index.ts'
import { applySubstitutions } from '../../evidence/file-edit.ts'
import type { SaidId } from '../../image/account-arguments.ts'
import type { Accounts, Known } from '../../image/facts.ts'
import type { AccountStep } from './account-steps.ts'
import { type Created, type CreatedAccount, type CreatedGroup, variableOf } from './created-accounts.ts'

/** What an instruction does to accounts that are there already. */
export interface AccountsChange {
  readonly done: Extract<AccountStep, { kind: 'change' | 'edit' }>
  readonly instruction: Instruction
}

interface BaseUser {
  readonly name: string
  readonly uid: SaidId
  readonly uidText: string | null
  readonly gid: SaidId
  readonly gidText: string | null
  readonly home: string
  readonly shell: string
  /** The step that changed its numbers; null where none did. */
  readonly by: Instruction | null
}

interface BaseGroup {
  readonly name: string
  readonly gid: SaidId
  readonly gidText: string | null
  readonly members: readonly string[]
  readonly by: Instruction | null
}

interface BaseState {
  readonly users: Map<string, BaseUser>
  readonly groups: Map<string, BaseGroup>
}

interface Changed {
  /** Accounts of the base image with their new numbers; those whose numbers became unknown are left out. */
  readonly accounts: Known<Accounts>
  /** Includes accounts of the base image that got other numbers. */
  readonly created: Created
}

/** What usermod, groupmod and edits of /etc/passwd make of the accounts of the base image. */
export function changedAccounts(created: Created, base: Known<Accounts>): Changed {
  const { changes = [], deleted = [] } = created
  if (changes.length === 0) return { accounts: base, created }
  const own = new Set(created.users.map(({ name }) => name))
  const ownGroups = new Set(created.groups.map(({ name }) => name))
  const { users = [], groups = [], asEngine } = base.known ? base.value : { users: [], groups: [] }
  const state: BaseState = {
    users: new Map(users.toReversed().map((user) => [user.name, { ...user, uidText: null, gidText: null, by: null }])),
    groups: new Map(groups.toReversed().map((group) => [group.name, { ...group, gidText: null, by: null }])),
  }
  const isOwn = ({ of, name }: { readonly of: 'user' | 'group'; readonly name: string }): boolean =>
    (of === 'user' ? own : ownGroups).has(name)
  for (const { done, instruction } of changes) {
    if (done.kind === 'edit') edit(done, instruction, state)
    else if (!isOwn(done.change)) change(done, instruction, state, created)
  }
  const left = [...state.users.values()].reverse()
  const leftGroups = [...state.groups.values()].reverse()
  const renumbered = left.filter(({ name, by }) => by !== null && !own.has(name) && !deleted.includes(name))
  const regrouped = leftGroups.filter(({ name, by }) => by !== null && !ownGroups.has(name))
  const numbersOf = new Map(left.map((user) => [user.name, user]))
  return {
    accounts: base.known
      ? {
          known: true,
          value: {
            users: left.flatMap(({ name, uid, gid, home, shell }) =>
              typeof uid === 'number' && typeof gid === 'number' ? [{ name, uid, gid, home, shell }] : [],
            ),
            groups: leftGroups.flatMap(({ name, gid, members }) =>
              typeof gid === 'number' ? [{ name, gid, members }] : [],
            ),
            ...(asEngine === undefined
              ? {}
              : {
                  asEngine: asEngine.flatMap((entry) => {
                    const { uid, gid, by } = numbersOf.get(entry.name) ?? { uid: null, gid: null, by: null }
                    if (by === null) return [entry]
                    return typeof uid === 'number' && typeof gid === 'number' ? [{ ...entry, uid, gid }] : []
                  }),
                }),
          },
        }
      : base,
    created: {
      ...created,
      users: [...created.users, ...renumbered.map(asCreated)],
      groups: [...created.groups, ...regrouped.map(asCreatedGroup)],
    },
  }
}

function asCreated({ name, uid, uidText, gid, gidText, home, by }: BaseUser): CreatedAccount {
  return {
    name,
    uid,
    uidText,
    gid,
    gidText,
    group: null,
    ownGroup: 'none',
    home,
    certain: true,
    owns: false,
    renumbered: true,
    instruction: by as Instruction,
    place: null,
  }
}

function asCreatedGroup({ name, gid, gidText, by }: BaseGroup): CreatedGroup {
  return { name, gid, gidText, certain: true, instruction: by as Instruction, place: null }
}

type Change = Extract<AccountStep, { kind: 'change' }>

function change(
  { change: { of, name, id, group, newName, home }, written, certain }: Change,
  by: Instruction,
  { users, groups }: BaseState,
  created: Created,
): void {
  const sure = (before: SaidId, after: SaidId): SaidId => (certain || before === after ? after : 'unclear')
  if (of === 'group') {
    // An unknown base image may have it all the same, and a package may have made it.
    const before = groups.get(name) ?? { name, gid: 'unclear', gidText: null, members: [], by: null }
    const gid = id === null ? before.gid : sure(before.gid, id)
    const gidText = id === null ? before.gidText : variableOf(written.id)
    if (newName !== null) groups.delete(name)
    groups.set(newName ?? name, { ...before, name: newName ?? name, gid, gidText, by })
    // Whose own group it is keeps it.
    for (const user of users.values())
      if (typeof before.gid === 'number' && user.gid === before.gid) users.set(user.name, { ...user, gid, gidText, by })
    return
  }
  const before = users.get(name) ?? unknownUser(name)
  const uid = id === null ? before.uid : sure(before.uid, id)
  const other: Pick<BaseGroup, 'gid' | 'gidText'> =
    typeof group === 'string' && group !== 'unclear'
      ? groupCalled(group, groups, created)
      : { gid: group, gidText: variableOf(written.group) }
  const gid = group === null ? before.gid : sure(before.gid, other.gid)
  if (newName !== null) users.delete(name)
  users.set(newName ?? name, {
    ...before,
    name: newName ?? name,
    uid,
    uidText: id === null ? before.uidText : variableOf(written.id),
    gid,
    gidText: group === null ? before.gidText : other.gidText,
    ...(home === null ? {} : { home }),
    by,
  })
}

function unknownUser(name: string): BaseUser {
  return { name, uid: 'unclear', uidText: null, gid: 'unclear', gidText: null, home: '', shell: '', by: null }
}

/** A group that is named, as far as the Dockerfile or the base image tells. */
function groupCalled(name: string, groups: BaseState['groups'], created: Created): Pick<BaseGroup, 'gid' | 'gidText'> {
  return created.groups.find((group) => group.name === name) ?? groups.get(name) ?? { gid: 'unclear', gidText: null }
}

type Edit = Extract<AccountStep, { kind: 'edit' }>

/** An edit that cannot be read may concern any line. */
function edit({ path, substitutions, certain }: Edit, by: Instruction, { users, groups }: BaseState): void {
  const isGroup = path.endsWith('group')
  const all: Map<string, BaseUser | BaseGroup> = isGroup ? groups : users
  for (const [name, entry] of [...all]) {
    if (name === 'root') continue
    const line = lineOf(entry)
    const after = substitutions === null || line === null ? null : applySubstitutions(line, substitutions)
    // The comment field is unknown: a pattern that names the account may match it.
    const isMeant = substitutions?.some(({ pattern }) => pattern.split(/[^\w-]+/).includes(name)) === true
    if (after === line && after !== null && !isMeant) continue
    all.delete(name)
    const fields = (after === null || after === line || !certain ? `${name}:x:?:?:::` : after).split(':')
    if (fields[0] === '') continue
    const number = (text: string | undefined): SaidId => (/^\d{1,9}$/.test(text ?? '') ? Number(text) : 'unclear')
    const newName = fields[0] ?? name
    if (isGroup)
      groups.set(newName, { ...(entry as BaseGroup), name: newName, gid: number(fields[2]), gidText: null, by })
    else
      users.set(newName, {
        ...(entry as BaseUser),
        name: newName,
        uid: number(fields[2]),
        uidText: null,
        gid: number(fields[3]),
        gidText: null,
        home: fields[5] ?? '',
        by,
      })
  }
}

/** As passwd(5) and group(5) have it; null where a number is not known. */
function lineOf(entry: BaseUser | BaseGroup): string | null {
  if (typeof entry.gid !== 'number') return null
  if ('members' in entry) return `${entry.name}:x:${entry.gid}:${entry.members.join(',')}`
  const { name, uid, gid, home, shell } = entry
  return typeof uid === 'number' ? `${name}:x:${uid}:${gid}:${name}:${home}:${shell}` : null
}
