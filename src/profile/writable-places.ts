import type { ImageFacts } from '../image/facts.ts'
import {
  baseName,
  isBelowSystem,
  isInside,
  isStatePlace,
  isSystemFolder,
  normalisePath,
  outermost,
  STATE_NAME,
} from '../places.ts'
import { grantedFolders, writableFolder } from '../plan/grants/writable.ts'
import { decided, type Grant } from '../plan/plan.ts'
import type { ReportProof } from '../report/report.ts'
import type { ProfileSource } from './make-profile.ts'
import type { ProfileUser, WritablePlace } from './profile.ts'

/** What lies there is made anew at every start. */
const PASSING = /^(\/var)?\/(run|tmp|lock|cache)(\/|$)|^\/run\/lock(\/|$)|^\/dev\/shm(\/|$)/

/** So is this, wherever it is: a pid file that outlives its container stops the next one. */
const PASSING_NAME = /^(te?mp|run|pids?|sockets?|locks?)$/i

export function isPassing(path: string): boolean {
  return PASSING.test(path)
}

/**
 * Places for which a container has to have a mount so that the user can write: with a read-only root those that the
 * proof has found, else those that the plan grants and the vendor names. What lies in a VOLUME is writable as it is.
 */
export function writablePlaces(
  source: ProfileSource,
  user: ProfileUser | null,
  proof: ReportProof | null,
): readonly WritablePlace[] {
  // Without one of those that were measured it does not work, wherever it lies (/usr/share/x/data).
  if (proof?.result != null) return places(source, user, proof.result.tmpfs)
  // Anything may write to /tmp, and no vendor's list names it.
  const planned = [
    ...grantedFolders(decided(source.plan, 'grant')),
    ...source.plan.handed,
    ...source.vendor.prepared,
    '/tmp',
  ]
  return places(
    source,
    user,
    planned.filter((path) => !isSystemFolder(path)),
  )
}

/** Those without which an image that is used as it is would lack something to write. */
export function grantedPlaces(source: ProfileSource, user: ProfileUser | null): readonly WritablePlace[] {
  return places(source, user, grantedFolders(decided(source.plan, 'grant')))
}

function places(source: ProfileSource, user: ProfileUser | null, paths: readonly string[]): readonly WritablePlace[] {
  if (user === null) return []
  const { plan, facts } = source
  const volumes = facts.config.volumes.flatMap((volume) => normalisePath(volume, facts.config.workdir) ?? [])
  const own = paths.filter((path) => !volumes.some((volume) => isInside(path, volume)))
  return outermost(own).map((path) => place(path, facts, decided(plan, 'grant'), user))
}

function place(path: string, facts: ImageFacts, grants: readonly Grant[], user: ProfileUser): WritablePlace {
  const { uid, gid } = user
  // Where the files are not known, what is there must not be hidden.
  const folder = facts.files.known
    ? writableFolder(path, grants, facts.files.value, user)
    : { uid, gid, mode: /^(\/var)?\/tmp$/.test(path) ? 0o1777 : 0o755, filled: !isPassing(path) }
  const isState = isStatePlace(path) || (isBelowSystem(path) && STATE_NAME.test(baseName(path)))
  const passing = isPassing(path) || PASSING_NAME.test(baseName(path))
  // A tmpfs is empty after a restart, and small: only for what is made anew then.
  const kind = passing ? (folder.filled ? 'copy' : 'tmpfs') : isState ? 'state' : 'copy'
  return { kind, path, ...folder }
}
