import type { Evidence, Need } from '../../evidence/claim.ts'
import type { Operation } from '../../evidence/operation.ts'
import { isOfSystem, isStockAccount, userNamed, userWithUid } from '../../image/accounts.ts'
import type { Account, ImageFacts } from '../../image/facts.ts'
import { programsOf } from '../../shell/index.ts'
import type { SwitchTarget } from '../step-down/step-down-plan.ts'
import { type Candidate, isFit } from './choose-account.ts'
import type { Created, CreatedAccount } from './created-accounts.ts'
import { closedOwners, dataOwners, type NamedAccount, writtenOwners } from './owners.ts'
import { isOtherThanRoot, type StageUsers } from './stage-users.ts'

/** The first uid that distributions give to people and images to their service account. */
const FIRST_ORDINARY_UID = 1000
const LAST_ORDINARY_UID = 65533
const FIRST_SERVICE_UID = 100

export interface CandidateSources {
  readonly facts: ImageFacts
  /** Accounts that the Dockerfile itself creates. */
  readonly created: Created
  readonly users: StageUsers
  /** The vendor's own choice. */
  readonly vendor: { readonly name: string; readonly uid: number } | null
  /** Of servers that the stage installs from its distribution. */
  readonly packages?: readonly Candidate[]
  /** Users (names or uids) that the entrypoint or the daemon switches to, with the place that says so. */
  readonly switches: readonly SwitchTarget[]
  /** Names that a start script insists on, with the place. Absent: none. */
  readonly asked?: readonly NamedAccount[]
  /** The account that the start switches to may be made by the start itself, or comes with a listed package. Absent: no. */
  readonly switchesOpen?: boolean
  /** Uids that did the work in a run as root. */
  readonly observedUids: readonly number[]
  /** The users that a non-root run was refused to switch to. Absent: none. */
  readonly refused?: readonly Pick<Operation, 'uid' | 'gid'>[]
  readonly needs: readonly Need[]
  /** Names and uids that COPY and ADD name as owner, the one with most files first. */
  readonly copiedTo?: readonly (string | number)[]
  /** Names that the build or its sources use as if the unknown base image had them. Absent: none. */
  readonly namedThere?: readonly NamedAccount[]
  /** Names to which the Dockerfile gives whole folders. Absent: none. */
  readonly given?: ReadonlySet<string>
}

/** Everyone whom the program could run as, best reason first. */
export function candidates(sources: CandidateSources): readonly Candidate[] {
  const { given } = sources
  const all = [
    ...(sources.asked ?? []).map(({ name, detail }) => there(name, { source: 'step-down', subject: name, detail })),
    ...earlierUsers(sources),
    ...created(sources),
    ...switchTargets(sources),
    ...observed(sources),
    ...vendor(sources),
    ...(sources.packages ?? []),
    ...dataOwners(sources),
    ...handedTo(sources),
    ...(sources.namedThere ?? []).map(({ name, detail }) => there(name, { source: 'declared', subject: name, detail })),
    ...madeInBase(sources),
    ...serviceAccounts(sources),
    ...writtenOwners(sources),
    ...closedOwners(sources),
  ]
  return given === undefined
    ? all
    : all.map((one) => (one.name !== null && given.has(one.name) ? { ...one, given: true } : one))
}

function named(name: string, evidence: Evidence): Candidate {
  return { name, uid: null, evidence }
}

/** The non-root user of the stage before it became root again, or of its base image. */
function earlierUsers({ users }: CandidateSources): readonly Candidate[] {
  const own = users.lines.toReversed().flatMap((line) => (isOtherThanRoot(line.user) ? [line.user] : []))
  const all = [
    ...own.map((user) => ({ user, detail: "this Dockerfile's user before it is root again" })),
    ...(isOtherThanRoot(users.initial)
      ? [{ user: users.initial, detail: 'the user of the image it is built from' }]
      : []),
  ]
  return all.flatMap(({ user, detail }) => {
    const name = user.known ? (user.value.trim().split(':')[0] ?? '') : ''
    const evidence: Evidence = { source: 'declared', subject: name, detail }
    return /^\d+$/.test(name) ? [{ name: null, uid: Number(name), evidence }] : [there(name, evidence)]
  })
}

function there(name: string, evidence: Evidence): Candidate {
  return { ...named(name, evidence), there: true }
}

/**
 * Accounts that something switches to come first, then those that own files, then the rest as they are made. Of several that are made
 * for people to log in, and for nothing else that is seen, none is the program's.
 */
function created({ created: { users }, switches }: CandidateSources): readonly Candidate[] {
  const weight = ({ name, owns }: CreatedAccount): number =>
    (switches.some(({ user }) => user === name) ? 2 : 0) + (owns ? 1 : 0)
  const isPerson = (user: CreatedAccount): boolean => user.person === true && weight(user) === 0
  const people = users.filter(isPerson).length
  return users
    .filter((user) => (!isOfSystem(user.name) || weight(user) > 0) && !(people > 1 && isPerson(user)))
    .toSorted((a, b) => weight(b) - weight(a))
    .map(({ name, renumbered }) => {
      const detail = renumbered === true ? 'this Dockerfile gives it its number' : 'created by this Dockerfile'
      return there(name, { source: 'declared', subject: name, detail })
    })
}

/** Accounts that the Dockerfile of the base image makes, where the repository has that Dockerfile: they are made for its children. */
function madeInBase({ facts: { madeAccounts = [] } }: CandidateSources): readonly Candidate[] {
  return madeAccounts
    .filter((name) => !isOfSystem(name))
    .map((name) => there(name, { source: 'declared', subject: name, detail: 'created by the Dockerfile of its base' }))
}

function vendor({ vendor: account, facts }: CandidateSources): readonly Candidate[] {
  if (account === null) return []
  const evidence: Evidence = {
    source: 'catalogue',
    subject: account.name,
    detail: 'the account that its vendor runs it as',
  }
  if (!facts.accounts.known) return [{ name: null, uid: account.uid, evidence }]
  return [named(account.name, evidence)]
}

function switchTargets({ switches, switchesOpen }: CandidateSources): readonly Candidate[] {
  return switches.map(({ user, detail, byTool }) => {
    const evidence: Evidence = { source: 'step-down', subject: user, detail }
    const name = switchesOpen !== true && byTool === true ? there(user, evidence) : named(user, evidence)
    const who = /^\d+$/.test(user) ? { name: null, uid: Number(user), evidence } : name
    return { ...who, became: true }
  })
}

function observed({
  observedUids,
  refused = [],
  switches,
  facts: { accounts },
}: CandidateSources): readonly Candidate[] {
  const isInsisted = (uid: number): boolean => {
    const { name, gid } = (accounts.known ? userWithUid(accounts.value, uid) : null) ?? {}
    // The user that a setting names goes with the setting; with several, one that ends with a group is told last.
    if (switches.some(({ user }) => user === String(uid) || user === name)) return false
    return refused.some((one) => one.uid === uid || (one.uid === undefined && one.gid !== undefined && one.gid === gid))
  }
  return observedUids
    .filter((uid) => uid !== 0)
    .map((uid) => ({
      name: null,
      uid,
      became: true,
      ...(isInsisted(uid) ? { insisted: true } : {}),
      evidence: {
        source: 'observed',
        subject: String(uid),
        detail: 'whom the original became for its work',
      } as const,
    }))
}

/** Accounts that the Dockerfile hands something to: its author wanted the program to run as them, or runs it so. */
function handedTo({ needs, copiedTo = [], facts }: CandidateSources): readonly Candidate[] {
  const byRun = needs.flatMap(({ owner, evidence, when }): readonly Candidate[] => {
    if (owner === undefined || owner === '') return []
    if (/^\d+$/.test(owner)) return handed(Number(owner), evidence)
    // The start may never get there; but its author knew the unknown base to have an account of that name.
    return [when === 'start' && facts.accounts.known ? named(owner, evidence) : there(owner, evidence)]
  })
  const byCopy = copiedTo.flatMap((who) => {
    const detail = 'COPY gives it what the program is made of'
    const evidence: Evidence = { source: 'declared', subject: String(who), detail }
    return typeof who === 'number' ? handed(who, evidence) : there(who, evidence)
  })
  return [...byRun, ...byCopy]
}

/** Numbers that every system has for accounts of its own or for nobody mean no service. */
function handed(uid: number, evidence: Evidence): readonly Candidate[] {
  return uid < FIRST_SERVICE_UID || uid > LAST_ORDINARY_UID ? [] : [{ name: null, uid, make: true, evidence }]
}

/** Accounts named like the program that are none of the distribution's own, then the one ordinary account that an image brings (node, app, nonroot). */
function serviceAccounts({ facts }: CandidateSources): readonly Candidate[] {
  if (!facts.accounts.known) return []
  const accounts = facts.accounts.value
  const found: Candidate[] = []
  for (const program of programsOf(facts.config)) {
    for (const name of [
      program,
      program.replace(/[-_]?(server|daemon)$/, ''),
      program.replace(/d$/, ''),
      program.replace(/[-_].*$/s, ''),
    ]) {
      const account = name === '' || isStockAccount(name) ? null : userNamed(accounts, name)
      if (account === null) continue
      found.push(
        named(account.name, { source: 'account', subject: account.name, detail: `the image's account for ${program}` }),
      )
      break
    }
  }
  const ordinary = accounts.users.filter(
    (user) => isOrdinary(user) && !isStockAccount(user.name) && isFit(user, accounts) && hasHome(user, facts),
  )
  const [only] = ordinary
  if (ordinary.length === 1 && only !== undefined) {
    found.push(
      named(only.name, {
        source: 'account',
        subject: only.name,
        detail: 'the account that the image brings for its program',
      }),
    )
  }
  return found
}

function isOrdinary(user: Account): boolean {
  return user.uid >= FIRST_ORDINARY_UID && user.uid <= LAST_ORDINARY_UID
}

function hasHome(user: Account, facts: ImageFacts): boolean {
  if (!facts.files.known) return user.home.startsWith('/') && user.home !== '/nonexistent'
  return facts.files.value.entry(user.home)?.type === 'directory'
}
