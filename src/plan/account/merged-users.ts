import { couldCreate, couldRead, couldTraverse, couldWrite } from '../../image/access.ts'
import type { FileModel, Identity } from '../../image/file-model.ts'
import { isInside, isRuntimePlace, outermost } from '../../places.ts'
import { listed } from '../listed.ts'
import type { AccountChoice, Grant, Remark } from '../plan.ts'
import { existingFolder, realPath } from '../real-path.ts'
import type { Service } from '../services.ts'

const MOST_PATHS = 5

export interface Merge {
  readonly services: readonly Service[]
  readonly account: Pick<AccountChoice, 'name' | 'uid' | 'gid'>
  readonly grants: readonly Grant[]
  /** As the original has them; null where they are not known. */
  readonly files: FileModel | null
}

/**
 * Several service users of the original become one. Who they were, and what that mixes: which files each program can
 * read and change now that only another's user could. Null where there was one at most.
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
    message: `${listed(services.map(called))} become one user, ${now}: ${said.join('; ')}`,
    hint: 'run each in a container of its own where they are to be kept apart',
    about: 'USER',
    evidence: services.map(({ uid, name, programs }) => ({
      source: 'observed',
      subject: String(uid),
      detail: `${listed(programs)} ran as ${name} in the original`,
    })),
  }
}

function called({ name, uid }: Service): string {
  return name === String(uid) ? `uid ${name}` : `${name} (${uid})`
}

/** What the programs of one service get to of what the others use. */
function gainOf(service: Service, { services, account, grants }: Merge, files: FileModel): readonly string[] {
  const before: Identity = { uid: service.uid, gids: service.gids }
  const after: Identity = { uid: account.uid, gids: [account.gid] }
  const givenAt = (path: string): string | undefined => grants.find((grant) => isInside(path, grant.path))?.path
  const read = new Set<string>()
  const changed = new Set<string>()
  const others = services.filter((other) => other !== service)
  for (const { path, changes } of others.flatMap((other) => [...other.uses, ...ownedBy(other.uid, files)])) {
    const at = realPath(files, path)
    if (isRuntimePlace(at)) continue
    // What was made there is not in the image: its folder tells who gets to it.
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
  return [`${listed(service.programs)}, which ran as ${service.name}, can now ${gains.join(' and ')}`]
}

/** What an account keeps counts though nothing in this run has used it. */
function ownedBy(uid: number, files: FileModel): Service['uses'] {
  return [...files.paths()].flatMap((path) => (files.entry(path)?.uid === uid ? [{ path, changes: true }] : []))
}

function couldChange(files: FileModel, who: Identity, path: string): boolean {
  if (files.entry(path)?.type === 'directory') return couldCreate(files, who, `${path}/x`).allowed
  return couldWrite(files, who, path).allowed
}

function shown(paths: readonly string[]): string {
  const rest = paths.length - MOST_PATHS
  return listed(rest > 0 ? [...paths.slice(0, MOST_PATHS), `${rest} more`] : paths)
}
