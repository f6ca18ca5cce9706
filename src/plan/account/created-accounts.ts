import type { RunScript } from '../../contents/run-scripts.ts'
import { type Dockerfile, findStage, type Instruction, reachedFrom, type StageWalks } from '../../dockerfile/index.ts'
import { pairsOf } from '../../dockerfile/words.ts'
import type { SaidId } from '../../image/account-arguments.ts'
import type { Account, Accounts } from '../../image/facts.ts'
import type { InTurn } from '../../in-turn.ts'
import { type AccountStep, accountSteps } from './account-steps.ts'
import type { AccountsChange } from './changed-accounts.ts'
import { ownersIn } from './owners.ts'

/** An account that the Dockerfile itself creates, as far as its text says. */
export interface CreatedAccount {
  readonly name: string
  readonly uid: SaidId
  /** The variable that holds the uid and the gid, as USER can write them; null where they are numbers. */
  readonly uidText: string | null
  readonly gidText: string | null
  readonly gid: SaidId
  /** The primary group by name, where it is made or named apart from the account; null: see `ownGroup`. */
  readonly group: string | null
  /** `same-id`: its own group has the uid as gid. `none`: no group of its own. */
  readonly ownGroup: 'same-id' | 'other-id' | 'none'
  /** The gid of `nogroup` that it is put into, where the image's own groups are not known. Absent: it is not put there. */
  readonly nogroup?: number
  readonly home: string
  /** It is made in every build. */
  readonly certain: boolean
  /** The Dockerfile gives it files. */
  readonly owns: boolean
  /** Its command makes it as for a person who logs in. Absent: no. */
  readonly person?: true
  /** The base image has this account with other numbers. Absent: no. */
  readonly renumbered?: true
  readonly instruction: Instruction
  /** The tool's own style, and where it can be told more; null where it cannot. */
  readonly place: AccountPlace | null
}

interface AccountPlace {
  readonly command: number
  readonly options: number
  readonly idOption: string
  readonly groupOption: string
  /** `groupadd --gid`, `addgroup -g`. */
  readonly groupTool: string
}

export interface CreatedGroup {
  readonly name: string
  readonly gid: SaidId
  readonly gidText: string | null
  readonly certain: boolean
  readonly instruction: Instruction
  readonly place: { readonly options: number; readonly idOption: string } | null
}

export interface Created {
  readonly users: readonly CreatedAccount[]
  readonly groups: readonly CreatedGroup[]
  /** Names of accounts that the image may have had and that are deleted or made anew. Absent: none. */
  readonly deleted?: readonly string[]
  /** What is done to accounts that the base image may have. Absent: nothing. */
  readonly changes?: readonly AccountsChange[]
}

export const nothingCreated: Created = { users: [], groups: [] }

/** The accounts that a stage's instructions make, through the stages it is built from, and those it copies with /etc/passwd. */
/** Stops behind each instruction. `scripts`: those that a RUN starts. */
export function* createdAccounts(
  dockerfile: Dockerfile,
  stageIndex: number,
  walks: StageWalks,
  scripts: ScriptsOf = noScripts,
): InTurn<Created> {
  const known = new Map<number, Created>()
  const takenFrom = (index: number): readonly number[] =>
    walks.steps(index).flatMap(({ instruction }) => copiedFrom(dockerfile, instruction) ?? [])
  // One after the other: work that is nested stops through all that it is nested in.
  for (const index of reachedFrom(stageIndex, takenFrom))
    known.set(index, yield* createdIn(dockerfile, index, walks, { known, scripts: noScripts }))
  return yield* createdIn(dockerfile, stageIndex, walks, { known, scripts })
}

/** No USER line here can follow a build argument of another stage. */
function inOtherStage(user: CreatedAccount): CreatedAccount {
  return {
    ...user,
    ...(user.uidText === null ? {} : { uid: 'unclear', uidText: null }),
    ...(user.gidText === null ? {} : { gid: 'unclear', gidText: null }),
  }
}

type ScriptsOf = (instruction: Instruction) => readonly RunScript[]
const noScripts: ScriptsOf = () => []

/** `known`: those of the stages that it may copy the file from. */
function* createdIn(
  dockerfile: Dockerfile,
  stageIndex: number,
  walks: StageWalks,
  { known, scripts }: { readonly known: ReadonlyMap<number, Created>; readonly scripts: ScriptsOf },
): InTurn<Created> {
  const users = new Map<string, CreatedAccount>()
  const groups = new Map<string, CreatedGroup>()
  const deleted = new Set<string>()
  const changes: AccountsChange[] = []
  const buildArgs = new Set<string>()
  for (const step of walks.steps(stageIndex)) {
    const { instruction } = step
    if (instruction.keyword === 'ARG')
      for (const { name } of pairsOf(instruction, dockerfile.escape)) buildArgs.add(name)
    if (instruction.keyword !== 'RUN' && instruction.keyword !== 'COPY') continue
    const other = copiedFrom(dockerfile, instruction)
    const found = other === null ? undefined : known.get(other)
    for (const user of found?.users ?? []) users.set(user.name, inOtherStage(user))
    for (const group of found?.groups ?? [])
      groups.set(group.name, group.gidText === null ? group : { ...group, gid: 'unclear', gidText: null })
    for (const done of accountSteps(step, dockerfile.escape, { scripts: scripts(instruction), buildArgs })) {
      apply(done, instruction, users, groups)
      if (done.kind === 'delete') deleted.add(done.name)
      if (done.kind === 'change' || done.kind === 'edit') changes.push({ done, instruction })
    }
    yield
  }
  if (users.size + groups.size + deleted.size + changes.length === 0) return nothingCreated
  const isOwner = ownersIn(dockerfile)
  return {
    users: [...users.values()].map((user) => ({ ...user, owns: isOwner(user.name) })),
    groups: [...groups.values()],
    ...(deleted.size === 0 ? {} : { deleted: [...deleted] }),
    ...(changes.length === 0 ? {} : { changes }),
  }
}

/** Accounts and groups whose ids the text says. */
export function knownAccounts({ users, groups }: Created): Accounts {
  return {
    users: users.flatMap(({ name, uid, gid, group, ownGroup, home }) => {
      const made = groups.find((one) => one.name === group)?.gid
      const gidOf =
        typeof gid === 'number' ? gid : typeof made === 'number' ? made : ownGroup === 'same-id' ? uid : null
      return typeof uid === 'number' && typeof gidOf === 'number' ? [{ name, uid, gid: gidOf, home, shell: '' }] : []
    }),
    groups: groups.flatMap(({ name, gid }) => (typeof gid === 'number' ? [{ name, gid, members: [] }] : [])),
  }
}

/** `COPY --from=builder /etc/passwd /etc/passwd`, whatever the file is called where it comes from. */
function copiedFrom(dockerfile: Dockerfile, instruction: Instruction): number | null {
  if (instruction.keyword !== 'COPY' || !instruction.text.includes('passwd')) return null
  const from = instruction.flags.find((flag) => flag.name === 'from')?.value
  if (from === undefined || from === null) return null
  const words = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.value)
  const destination = words.at(-1) ?? ''
  const wanted =
    destination === '/etc/passwd' ||
    (/^\/etc\/?$/.test(destination) && words.slice(0, -1).some((word) => /\/passwd$/.test(word)))
  return wanted ? (findStage(dockerfile, from, instruction.stage)?.index ?? null) : null
}

function apply(
  step: AccountStep,
  instruction: Instruction,
  users: Map<string, CreatedAccount>,
  groups: Map<string, CreatedGroup>,
): void {
  switch (step.kind) {
    case 'lines':
      for (const user of step.users) users.set(user.name, writtenLine(user, instruction))
      for (const { name, gid } of step.groups)
        groups.set(name, { name, gid, gidText: null, certain: true, instruction, place: null })
      return
    case 'delete':
      users.delete(step.name)
      groups.delete(step.name)
      return
    case 'change':
      if (step.change.of === 'user') changeUser(step, users)
      else changeGroup(step, groups)
      return
    case 'edit':
      // The script makes an account of its own; later changes to it are not followed.
      return
    case 'command':
      if (step.command.makes === 'group') groups.set(step.command.name, groupOf(step, instruction))
      else users.set(step.command.name, userOf(step, instruction))
  }
}

type ChangeStep = Extract<AccountStep, { kind: 'change' }>

function changeUser({ change, written, certain }: ChangeStep, users: Map<string, CreatedAccount>): void {
  const user = users.get(change.name)
  if (user === undefined) return
  const { id, group, newName, home } = change
  const isSaid = typeof group === 'string' && group !== 'unclear'
  if (newName !== null) users.delete(change.name)
  users.set(newName ?? change.name, {
    ...user,
    name: newName ?? user.name,
    ...(id === null ? {} : { uid: certain ? id : 'unclear', uidText: variableOf(written.id) }),
    ...(group === null
      ? {}
      : {
          gid: certain ? (isSaid ? null : group) : 'unclear',
          gidText: variableOf(written.group),
          group: certain && isSaid ? group : null,
        }),
    ...(home === null ? {} : { home }),
  })
}

function changeGroup({ change, written, certain }: ChangeStep, groups: Map<string, CreatedGroup>): void {
  const group = groups.get(change.name)
  if (group === undefined) return
  const { id, newName } = change
  if (newName !== null) groups.delete(change.name)
  groups.set(newName ?? change.name, {
    ...group,
    name: newName ?? group.name,
    ...(id === null ? {} : { gid: certain ? id : 'unclear', gidText: variableOf(written.id) }),
  })
}

function writtenLine(user: Pick<Account, 'name' | 'uid' | 'gid'>, instruction: Instruction): CreatedAccount {
  return {
    name: user.name,
    uid: user.uid,
    gid: user.gid,
    uidText: null,
    gidText: null,
    group: null,
    ownGroup: 'none',
    home: '',
    certain: true,
    owns: false,
    instruction,
    place: null,
  }
}

type CommandStep = Extract<AccountStep, { kind: 'command' }>

function groupOf({ command, written, certain, place }: CommandStep, instruction: Instruction): CreatedGroup {
  return {
    name: command.name,
    gid: command.id,
    gidText: variableOf(written.id),
    certain,
    instruction,
    place: place === null ? null : { options: place.options, idOption: command.idOption },
  }
}

function userOf({ command, written, certain, place }: CommandStep, instruction: Instruction): CreatedAccount {
  const { group } = command
  const short = command.idOption.length === 2
  const groupTool = command.tool === 'shadow' ? 'groupadd' : 'addgroup'
  return {
    name: command.name,
    uid: command.id,
    uidText: variableOf(written.id),
    gid: typeof group === 'string' && group !== 'unclear' ? null : (group as SaidId),
    gidText: variableOf(written.group),
    group: typeof group === 'string' && group !== 'unclear' ? group : null,
    ownGroup: command.ownGroup,
    ...(command.nogroup === null ? {} : { nogroup: command.nogroup }),
    home: command.home,
    ...(command.person ? { person: true } : {}),
    certain,
    owns: false,
    instruction,
    place:
      place === null
        ? null
        : {
            ...place,
            idOption: command.idOption,
            groupOption: command.groupOption,
            groupTool: `${groupTool} ${short ? '-g' : '--gid'}`,
          },
  }
}

/** `$UID`, `"${UID}"`: USER can say it the same way, so that it follows the build argument. */
export function variableOf(text: string | null): string | null {
  const name = /^(["']?)\$(?:\{(\w+)\}|(\w+))\1$/.exec(text ?? '')
  return name === null ? null : `\${${name[2] ?? name[3]}}`
}
