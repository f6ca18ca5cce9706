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
import { grantedFolders, madeHome, withMoved, writableFolder } from '../plan/grants/ladder.ts'
import { decided, type Grant, type StagePlan } from '../plan/plan.ts'
import type { ReportProof } from '../report/report.ts'
import type { ProfileSource } from './make-profile.ts'
import type { AsIs, ProfileUser, WritablePlace } from './profile.ts'

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
  if (proof?.result != null) return places(source, user, [...proof.result.tmpfs, ...keptWritable(source)])
  // Anything may write to /tmp, and no vendor's list names it.
  const planned = [...keptWritable(source), ...source.vendor.prepared, '/tmp']
  return places(
    source,
    user,
    planned.filter((path) => !isSystemFolder(path)),
  )
}

/** What the image gives to the user, whether or not a run wrote there. */
function keptWritable({ plan }: ProfileSource): readonly string[] {
  return [...grantedFolders(decided(plan, 'grant')), ...plan.handed, ...madeHome(plan.account)]
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
  const homes = madeHome(plan.account)
  const files = facts.files.known
    ? { ...facts.files, value: withMoved(facts.files.value, decided(plan, 'move-home'), user) }
    : facts.files
  return outermost(own).map((path) =>
    place(path, { ...facts, files }, decided(plan, 'grant'), user, homes.includes(path)),
  )
}

function place(
  path: string,
  facts: ImageFacts,
  grants: readonly Grant[],
  user: ProfileUser,
  isNew: boolean,
): WritablePlace {
  const { uid, gid } = user
  // Where the files are not known, what is there must not be hidden.
  const folder = facts.files.known
    ? writableFolder(path, grants, facts.files.value, user)
    : { uid, gid, mode: /^(\/var)?\/tmp$/.test(path) ? 0o1777 : 0o755, filled: !isNew && !isPassing(path) }
  const isState =
    isStatePlace(path) ||
    (isBelowSystem(path) && STATE_NAME.test(baseName(path))) ||
    isNew ||
    (isInWorkdir(path, facts) && !hasOthers(path, facts, grants, user))
  const passing = isPassing(path) || PASSING_NAME.test(baseName(path))
  // A tmpfs is empty after a restart, and small: only for what is made anew then.
  const kind = passing ? (folder.filled ? 'copy' : 'tmpfs') : isState ? 'state' : 'copy'
  return { kind, path, ...folder }
}

/** Where a program keeps what nobody told it another place for. */
export function isInWorkdir(path: string, { config }: ImageFacts): boolean {
  return config.workdir !== '/' && isInside(path, config.workdir)
}

/** The image has something there that is not the program's to change, its code most likely: what is kept would be that too. */
function hasOthers(path: string, { files }: ImageFacts, grants: readonly Grant[], { uid }: ProfileUser): boolean {
  if (!files.known) return true
  const own = new Set(grants.flatMap((grant) => (/^(own|create)-/.test(grant.kind) ? [grant.path] : [])))
  return files.value.list(path).some((name) => {
    const below = `${path}/${name}`
    return files.value.entry(below)?.uid !== uid && !own.has(below)
  })
}

/**
 * What `docker run --user` on the image as it is would break. A mount can replace an empty folder and a VOLUME; what
 * is in a file of the image, the command or the folder's own content needs an image of its own.
 */
export function asIs(plan: StagePlan, facts: ImageFacts): AsIs {
  const volumes = facts.config.volumes.flatMap((volume) => normalisePath(volume, facts.config.workdir) ?? [])
  const grants = decided(plan, 'grant').map((grant) => ({ grant, mountable: isMountable(grant, facts, volumes) }))
  const mounted = grants
    .filter(
      ({ grant, mountable }) =>
        mountable && !(isWithinOne(grant.path, volumes) && grants.some((one) => isAround(one.grant.path, grant.path))),
    )
    .map(({ grant }) => written(grant, 'a mount gives it to the user'))
  const unmounted = grants
    .filter(({ mountable }) => !mountable)
    .map(({ grant }) => written(grant, 'the image has to change'))
  const edits = decided(plan, 'edit-file').map(({ path, reason }) => `${path} has to change: ${reason}`)
  const command = decided(plan, 'set-command').map(({ reason }) => `the command has to change: ${reason}`)
  const start = decided(plan, 'set-workdir').map(({ path, reason }) => `it has to start in ${path}: ${reason}`)
  const low = decided(plan, 'port')
    .filter(({ to }) => to === null)
    .map(({ from, reason }) => `port ${from} stays, and only some runtimes let a user have it: ${reason}`)
  const homes = decided(plan, 'move-home').map(
    ({ from, to }) => `${from} has to be in ${to}: it is found by the user's home`,
  )
  const { account } = plan
  const nameless = account !== null && account.creation !== 'exists' && account.creation !== 'none'
  const unnamed = nameless
    ? [`uid ${account.uid} has no account in the image: programs that look up their own name or home fail`]
    : []
  return {
    enough: unmounted.length + edits.length + command.length + start.length + homes.length + unnamed.length === 0,
    breaks: [...unmounted, ...edits, ...command, ...start, ...homes, ...unnamed, ...mounted, ...low],
  }
}

function isAround(outer: string, inner: string): boolean {
  return outer !== inner && isInside(inner, outer)
}

/** The command that gives a volume to the user gives all that is in it. */
function isWithinOne(path: string, volumes: readonly string[]): boolean {
  return volumes.some((volume) => isAround(volume, path))
}

function isMountable({ path, kind }: Grant, facts: ImageFacts, volumes: readonly string[]): boolean {
  if (isWithinOne(path, volumes)) return true
  if (kind !== 'own-directory' && kind !== 'create-directory' && kind !== 'sticky') return false
  if (volumes.includes(path)) return true
  // A tmpfs comes with the right owner; a new volume is root's where the folder is.
  return isPassing(path) && facts.files.known && facts.files.value.list(path).length === 0
}

function written({ path, kind, evidence }: Grant, what: string): string {
  const why = evidence[0]?.detail ?? ''
  const access =
    kind === 'traverse' || kind === 'group-read' ? 'cannot be read by the user' : 'cannot be written by the user'
  return `${path} ${access}${why === '' ? '' : ` (${why})`}: ${what}`
}
