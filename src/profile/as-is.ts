import type { ImageFacts } from '../image/facts.ts'
import { isInside, normalisePath } from '../places.ts'
import { decided, type Grant, type StagePlan } from '../plan/plan.ts'
import type { AsIs } from './profile.ts'
import { isPassing } from './writable-places.ts'

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
  const { account } = plan
  const nameless = account !== null && account.creation !== 'exists' && account.creation !== 'none'
  const unnamed = nameless
    ? [`uid ${account.uid} has no account in the image: programs that look up their own name or home fail`]
    : []
  return {
    enough: unmounted.length + edits.length + command.length + start.length + unnamed.length === 0,
    breaks: [...unmounted, ...edits, ...command, ...start, ...unnamed, ...mounted, ...low],
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
