import { type Need, type Remark, stateNeed } from '../../evidence/claim.ts'
import { CHANGES, type Operation } from '../../evidence/operation.ts'
import { couldCreate, couldRead, couldTraverse, couldWrite } from '../../image/access.ts'
import { groupsOf, userWithUid } from '../../image/accounts.ts'
import type { ImageFacts } from '../../image/facts.ts'
import { existingFolder, type FileModel, type Identity, realPath } from '../../image/file-model.ts'
import { baseName, isInside, isRuntimePlace, isStatePlace, outermost } from '../../places.ts'
import { joinAnd } from '../../words.ts'
import type { AccountChoice, Grant } from '../plan.ts'
import type { Observation } from '../stage-input.ts'

const MOST_PATHS = 5

export interface Merge {
  readonly services: readonly RunningProgram[]
  readonly account: Pick<AccountChoice, 'name' | 'uid' | 'gid'>
  readonly grants: readonly Grant[]
  /** The files of the original image; null where they are unknown. */
  readonly files: FileModel | null
}

/**
 * Several service users of the original become one account: who they were, and which files each program can now read or change that
 * only another's user could. Null where there was at most one.
 */
export function mergedUsers(merge: Merge): Remark | null {
  const { services, account, files } = merge
  if (services.length < 2) return null
  const now = account.name === '' ? String(account.uid) : account.name
  const gains = files === null ? [] : services.flatMap((service) => gainOf(service, merge, files))
  const said = [...gains, "each can now stop the others' processes and read their memory"]
  return {
    outcome: 'note',
    transform: 'set-user',
    message: `${joinAnd(services.map(called))} become one user, ${now}: ${said.join('; ')}`,
    hint: 'run each in a container of its own where they are to be kept apart',
    about: 'USER',
    evidence: services.map(({ uid, name, programs }) => ({
      source: 'observed',
      subject: String(uid),
      detail: `${joinAnd(programs)} ran as ${name} in the original`,
    })),
  }
}

function called({ name, uid }: RunningProgram): string {
  return name === String(uid) ? `uid ${name}` : `${name} (${uid})`
}

/** The files of other services that the programs of one service can now reach. */
function gainOf(service: RunningProgram, { services, account, grants }: Merge, files: FileModel): readonly string[] {
  const before: Identity = { uid: service.uid, gids: service.gids }
  const after: Identity = { uid: account.uid, gids: [account.gid] }
  const givenAt = (path: string): string | undefined => grants.find((grant) => isInside(path, grant.path))?.path
  const read = new Set<string>()
  const changed = new Set<string>()
  const others = services.filter((other) => other !== service)
  for (const { path, changes } of others.flatMap((other) => [...other.uses, ...ownedBy(other.uid, files)])) {
    const at = realPath(files, path)
    if (isRuntimePlace(at)) continue
    // A file that the run made is not in the image: its folder says who can reach it.
    const isNew = files.entry(at) === null
    const place = isNew ? existingFolder(files, at) : at
    const reads = (who: Identity): boolean => (isNew ? couldTraverse : couldRead)(files, who, place).allowed
    const writes = (who: Identity): boolean => couldChange(files, who, place)
    const given = givenAt(at)
    const name = given === undefined || isInside(place, given) ? place : given
    if (!reads(before) && (reads(after) || given !== undefined)) read.add(name)
    if (changes && !writes(before) && (writes(after) || given !== undefined)) changed.add(name)
  }
  const [reads, writes] = [outermost(read), outermost(changed)]
  if (reads.length + writes.length === 0) return []
  const same = reads.join() === writes.join()
  const gains = same
    ? [`read and change ${shown(reads)}`]
    : [
        ...(reads.length === 0 ? [] : [`read ${shown(reads)}`]),
        ...(writes.length === 0 ? [] : [`change ${shown(writes)}`]),
      ]
  return [`${joinAnd(service.programs)}, which ran as ${service.name}, can now ${gains.join(' and ')}`]
}

/** Files that an account owns count even where this run has not used them. */
function ownedBy(uid: number, files: FileModel): RunningProgram['uses'] {
  return [...files.paths()].flatMap((path) => (files.entry(path)?.uid === uid ? [{ path, changes: true }] : []))
}

function couldChange(files: FileModel, who: Identity, path: string): boolean {
  if (files.entry(path)?.type === 'directory') return couldCreate(files, who, `${path}/x`).allowed
  return couldWrite(files, who, path).allowed
}

function shown(paths: readonly string[]): string {
  const rest = paths.length - MOST_PATHS
  return joinAnd(rest > 0 ? [...paths.slice(0, MOST_PATHS), `${rest} more`] : paths)
}

/** A user other than root that the original works as, with what ran as it. */
export interface RunningProgram {
  readonly uid: number
  /** The uid as text where the image has no name for it. */
  readonly name: string
  readonly gids: readonly number[]
  readonly programs: readonly string[]
  /** Paths that it uses, including those from before its programs become that user. */
  readonly uses: readonly { readonly path: string; readonly changes: boolean }[]
}

const READS = new Set<Operation['access']>(['read', 'list'])

/** The users of a run whose processes stayed or left files behind. */
export function servicesOf(
  { workers = [], operations }: Observation,
  { accounts }: ImageFacts,
): readonly RunningProgram[] {
  const done = operations.filter(
    ({ access, outcome, path }) => outcome === 'done' && path !== null && (READS.has(access) || CHANGES.has(access)),
  )
  const programsOf = new Map<number, Set<string>>()
  const add = (uid: number, program: string): void => {
    if (uid > 0) programsOf.set(uid, (programsOf.get(uid) ?? new Set()).add(program))
  }
  for (const { uid, program } of workers) add(uid, program)
  for (const { access, as = 0, by } of done) if (by !== undefined && CHANGES.has(access)) add(as, baseName(by))
  const ownersOf = (program: string): readonly number[] =>
    [...programsOf].flatMap(([uid, programs]) => (programs.has(program) ? [uid] : []))
  return [...programsOf].map(([uid, programs]) => {
    const isIts = ({ as = 0, by }: Operation): boolean => {
      if (as !== 0 || by === undefined) return as === uid
      const [owner, other] = ownersOf(baseName(by))
      return owner === uid && other === undefined
    }
    const user = accounts.known ? userWithUid(accounts.value, uid) : null
    return {
      uid,
      name: user?.name ?? String(uid),
      gids: user === null || !accounts.known ? [uid] : groupsOf(accounts.value, user.name),
      programs: [...programs].sort(),
      uses: done.filter(isIts).map(({ path, access }) => ({ path: path ?? '', changes: CHANGES.has(access) })),
    }
  })
}

/** Files of one account; an account with more owns more than its state. */
const MOST_FILES = 100

/**
 * The one account that replaces several service users needs what the others owned: a run that asks for a first page sees few of the
 * files that such a program writes (pictures of a CGI script in the web server's cache).
 */
export function stateOfOthers(
  services: readonly RunningProgram[],
  account: Pick<AccountChoice, 'uid'>,
  files: FileModel,
): readonly Need[] {
  const others = services.filter(({ uid }) => uid !== account.uid)
  if (services.length < 2 || others.length === 0) return []
  const paths = [...files.paths()].filter((path) => isStatePlace(path) && !isRuntimePlace(path))
  return others.flatMap(({ uid, name, programs }) => {
    const detail = `it is ${name}'s, as whom ${joinAnd(programs)} ran`
    const own = paths.filter((path) => files.entry(path)?.uid === uid)
    const folders = own.filter((path) => files.entry(path)?.type === 'directory')
    const within = own.filter((path) => files.entry(path)?.type === 'file')
    return [
      ...folders.map((path) => stateNeed(path, 'observed', { source: 'account', detail })),
      ...(within.length > MOST_FILES ? [] : within).map(
        (path): Need => ({
          access: 'write',
          path,
          certainty: 'observed',
          evidence: { source: 'account', subject: path, detail },
        }),
      ),
    ]
  })
}
