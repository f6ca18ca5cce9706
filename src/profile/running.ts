import { listed } from '../plan/listed.ts'
import type { ProfileSource } from './make-profile.ts'
import { giveVolume, type Profile, type ProfileVolume, type Running, userText } from './profile.ts'
import { isPassing } from './writable-places.ts'

type Bare = Omit<Profile, 'notes' | 'running'>

/** What whoever has the image running as root today will meet: ports, volumes, `docker exec`, images that build upon it. */
export function runningNotes(profile: Bare, source: ProfileSource): readonly Running[] {
  if (profile.root) return []
  const said = (about: Running['about'], texts: readonly string[]): readonly Running[] =>
    texts.map((text) => ({ about, text }))
  return [
    ...said('ports', ports(profile)),
    ...said('data', data(profile, source)),
    ...said('shell', shell(profile, source)),
    ...said('children', children(profile, source)),
  ]
}

function ports(profile: Bare): readonly string[] {
  return profile.ports
    .filter(({ from, to }) => from !== to)
    .map(({ from, to, protocol }) => {
      const kind = protocol === 'tcp' ? '' : `/${protocol}`
      return `port ${from}${kind} is ${to} now: what published it as -p ${from}:${from}${kind} says -p ${from}:${to}${kind} and is found where it was; other containers call ${to}`
    })
}

function data(
  { image, user, volumes, owned, writable, readOnly }: Bare,
  { plan, result }: ProfileSource,
): readonly string[] {
  if (user === null || plan.outcome !== 'harden') return []
  const owner = userText(user.value)
  const kept = owned.filter((path) => !isPassing(path) && !path.startsWith('/etc/'))
  const named = kept.length === 0 ? '' : ` (${listed(kept)})`
  // A run with a read-only root has shown that it writes nothing.
  const writesNothing = readOnly.value && readOnly.known === 'measured' && writable.length === 0 && kept.length === 0
  if (volumes.length === 0 && writesNothing) return []
  if (volumes.length === 0)
    return [`folders of the host that it writes to${named} have to be writable for ${owner}: chown -R ${owner} FOLDER`]
  const cells = result.proof?.passed === true ? result.proof.cells : []
  const outcome = (name: string) => cells.find((cell) => cell.name === name)?.outcome
  // Names as in src/proof/volume-cells.ts.
  const [filled, given] = [outcome('volume that a root run filled'), outcome('the same volume, given to the user once')]
  const said = ({ path, prepared }: ProfileVolume): string => {
    const there = `a volume that is there already at ${path}`
    if (filled === 'pass') return `${there} works as it is (measured). If yours does not`
    // The folder that a new volume starts with is root's where the image is used as it is.
    if (given === 'pass')
      return `${there} has to be given to the user (measured)${prepared ? '' : ', and so has a new one'}`
    return `${there} may belong to root${prepared ? '' : ', and a new one does'}`
  }
  return volumes.map(
    (volume) => `${said(volume)}: once, with no container on it, ${giveVolume({ image }, 'VOLUME', volume)}`,
  )
}

function shell({ user }: Bare, { plan }: ProfileSource): readonly string[] {
  if (user === null || plan.outcome !== 'harden') return []
  return [`docker exec is ${userText(user.value)} as well: docker exec --user 0:0 where root is meant`]
}

function children({ image, user }: Bare, { facts, plan }: ProfileSource): readonly string[] {
  if (user === null || plan.outcome !== 'harden' || (!image.derived && image.original !== null)) return []
  const triggers = facts.config.onbuild.length > 0 ? ', and its ONBUILD triggers run as the user' : ''
  return [
    `a Dockerfile FROM ${image.name} that installs something says USER 0:0 before and USER ${userText(user.value)} after${triggers}`,
  ]
}
